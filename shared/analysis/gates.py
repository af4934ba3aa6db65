"""The gates: compare what an image will cost with the limits, before anything is decoded.

Memory is estimated for each pixel, because pixels alone do not say it: Pillow's own limit lets a WebP of 380 KB take
2.2 GB, and refuses a JPEG panorama that decodes in 100 MB.
"""

from dataclasses import dataclass

from shared.analysis.formats.header import Header
from shared.analysis.interface import Limits


@dataclass(frozen=True)
class OverLimit:
    """An image is over a limit.

    Args:
        code: Of the limit.
        message: For a person, with the figure and the limit.
    """

    code: str
    message: str


def check_size(size_bytes: int, limits: Limits) -> OverLimit | None:
    """Compare the length of a blob with its limit."""
    return _check("too_many_bytes", "The blob has {:,} bytes. The limit is {:,}.", size_bytes, limits.max_bytes)


def check_header(header: Header, limits: Limits) -> OverLimit | None:
    """Compare a header with the limits; return the first that the image is over."""
    side, pixels = max(header.width_px, header.height_px), header.width_px * header.height_px
    return (
        _check("too_large_side", "The longer side has {:,} pixels. The limit is {:,}.", side, limits.max_side_px)
        or _check("too_many_pixels", "The image has {:,} pixels. The limit is {:,}.", pixels, limits.max_pixels)
        or _check(
            "too_much_memory",
            "Decoding needs about {:,} bytes of memory. The limit is {:,}.",
            header.decode_bytes,
            limits.max_decode_bytes,
        )
        or _check(
            "too_many_scans",
            "The JPEG has at least {:,} scans. The limit is {:,}.",
            header.scans,
            limits.max_progressive_scans,
        )
        or _check(
            "too_many_chunks",
            "The PNG has at least {:,} chunks. The limit is {:,}.",
            header.chunks,
            limits.max_png_chunks,
        )
    )


def _check(code: str, message: str, figure: int, limit: int) -> OverLimit | None:
    return OverLimit(code, message.format(figure, limit)) if figure > limit else None
