"""What goes into an analysis and what comes out, as plain values. Imports no image library."""

from dataclasses import dataclass
from typing import Any

#: Extension and MIME type of each format that a thumbnail may have.
THUMBNAIL_FORMATS = {"webp": ("webp", "image/webp"), "jpeg": ("jpg", "image/jpeg"), "png": ("png", "image/png")}


@dataclass(frozen=True, kw_only=True)
class Source:
    """One version of a blob, as storage describes it.

    Args:
        container: Name of its container.
        name: Its name within the container.
        etag: Its version, without quotes.
        size_bytes: Its length by its properties, 0 or more.
        declared_type: The content type, unchecked; None if the uploader gave no type.
        content_encoding: The ``Content-Encoding``, unchecked; None if the uploader gave no encoding. The analysis
            undoes it.
        sha256: Of the stored bytes, 64 hexadecimal digits, where the caller has it; otherwise the analysis computes it.
    """

    container: str
    name: str
    etag: str
    size_bytes: int
    declared_type: str | None
    content_encoding: str | None = None
    sha256: str | None = None


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What an image may cost. Each limit is inclusive and has its own error code.

    Args:
        max_bytes: Length of the blob, before it is downloaded (``too_many_bytes``).
        max_decode_bytes: Estimated memory of the decoder, width x height x bytes a pixel (``too_much_memory``).
        max_pixels: Stored width x height (``too_many_pixels``).
        max_side_px: The longer stored side (``too_large_side``).
        max_progressive_scans: Scans of a JPEG (``too_many_scans``), each of which costs a pass over all coefficients.
        max_png_chunks: Chunks of a PNG apart from full ones of image data (``too_many_chunks``).
    """

    max_bytes: int = 64 * 1024 * 1024
    max_decode_bytes: int = 512_000_000
    max_pixels: int = 256_000_000
    max_side_px: int = 65_535
    max_progressive_scans: int = 100
    max_png_chunks: int = 1_000


@dataclass(frozen=True, kw_only=True)
class ThumbnailSpec:
    """Which thumbnails to make.

    Args:
        long_edge_px: The longer side, 1 or more; a smaller image keeps its size.
        format: ``webp``, ``jpeg`` or ``png``.
        quality: 1-100; without effect on PNG.
        max_bytes: A file that is larger is made again with a shorter side; None for any size.

    Raises:
        ValueError: The format is not one of these.
    """

    long_edge_px: int = 320
    format: str = "webp"
    quality: int = 80
    max_bytes: int | None = None

    def __post_init__(self) -> None:
        if self.format not in THUMBNAIL_FORMATS:
            raise ValueError(f"thumbnail format {self.format!r} must be one of {', '.join(THUMBNAIL_FORMATS)}")

    @property
    def extension(self) -> str:
        """File extension, without a dot."""
        return THUMBNAIL_FORMATS[self.format][0]

    @property
    def mime(self) -> str:
        """MIME type."""
        return THUMBNAIL_FORMATS[self.format][1]


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a report contains.

    Args:
        include_gps: The coordinates of an image, and not only whether it has any.
        analyzers: Names of analyzers, in the order of their sections; ``core`` stands for the built-in ones.
    """

    include_gps: bool = False
    analyzers: tuple[str, ...] = ("core",)


@dataclass(frozen=True, kw_only=True)
class Thumbnail:
    """A small upright copy in sRGB, over white, without metadata.

    Args:
        data: The encoded file.
        width_px: Its width, 1 or more.
        height_px: Its height, 1 or more.
        mime: Its MIME type.
        extension: Its file extension, without a dot.
    """

    data: bytes
    width_px: int
    height_px: int
    mime: str
    extension: str


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """The result of an analysis.

    Args:
        report: The report, ready for ``json.dumps``; its version is ``REPORT_SCHEMA``.
        thumbnail: None if none was requested, or if the image is over a limit.
    """

    report: dict[str, Any]
    thumbnail: Thumbnail | None
