"""The parts of a report that need no pixels, as JSON values."""

from typing import Any

from shared.analysis import icc_name, schema
from shared.analysis.formats.header import Header
from shared.analysis.gates import OverLimit
from shared.analysis.interface import Source, Thumbnail

#: Version of the report's shape. A reader refuses a higher one.
REPORT_SCHEMA = 1

#: Who made the report: name and version of the project.
ANALYZER = "darkroom/0.2.0"


def envelope(over: OverLimit | None, warnings: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the head of a report; only a partial one has an ``error``.

    Args:
        over: The limit that the image is over; None if it was analysed.
        warnings: Codes of what was ignored; the report has each once.
    """
    head: dict[str, Any] = {"schema": REPORT_SCHEMA, "analyzer": ANALYZER, "status": "partial" if over else "ok"}
    if over:
        head["error"] = {"code": over.code, "message": over.message}
    return {**head, "warnings": list(dict.fromkeys(warnings))}


def source_unread(source: Source) -> schema.Source:
    """Describe a blob that was not downloaded; what only its bytes could say is null."""
    return {
        "name": source.name,
        "etag": source.etag,
        "bytes": source.size_bytes,
        "sha256": None,
        "declared_type": source.declared_type,
        "mime": None,
        "type_mismatch": None,
    }


def source_read(source: Source, stored: bytes) -> schema.Source:
    """Describe a blob that was read.

    Args:
        source: What storage says about it.
        stored: The whole blob.
    """
    return {**source_unread(source), "bytes": len(stored), "sha256": source.sha256 or digest(stored)}


def digest(stored: bytes) -> str:
    """Return the SHA-256 of a blob."""
    import hashlib  # noqa: PLC0415 - with OpenSSL, which a child does not need: its parent has hashed the blob

    return hashlib.sha256(stored).hexdigest()


def image(header: Header, orientation: int) -> schema.Image:
    """Describe an image by its header.

    Args:
        header: Of the file.
        orientation: EXIF orientation, 1-8.
    """
    sides = header.width_px, header.height_px
    display_width, display_height = sides if orientation < 5 else reversed(sides)  # noqa: PLR2004 - 5 to 8 swap the axes
    return {
        "format": header.format,
        "width_px": header.width_px,
        "height_px": header.height_px,
        "display_width_px": display_width,
        "display_height_px": display_height,
        "orientation": orientation,
        "mode": header.mode,
        "has_alpha": header.has_alpha,
        "animated": header.frames > 1,
        "frames": header.frames,
        "progressive": header.progressive,
        "jpeg_quality": header.jpeg_quality,
        "icc": icc_name.description(header.icc),
    }


def thumbnail(small: Thumbnail) -> schema.Thumbnail:
    """Describe a thumbnail; who stores it adds the place."""
    return {"width_px": small.width_px, "height_px": small.height_px, "bytes": len(small.data), "mime": small.mime}


def timing(decode_seconds: float, analyze_seconds: float) -> schema.Timing:
    """Return how long the analysis took, in milliseconds to one decimal.

    Args:
        decode_seconds: From bytes to the working image.
        analyze_seconds: All the rest of the analysis.
    """
    return {"decode_ms": round(decode_seconds * 1000, 1), "analyze_ms": round(analyze_seconds * 1000, 1)}
