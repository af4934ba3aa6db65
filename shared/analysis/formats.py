"""Which formats there are, told by their bytes; a declared type is only ever compared, never believed."""

import struct
from collections.abc import Callable
from dataclasses import dataclass

from shared.analysis import bmp, gif, heif, isobmff, jpeg, png, tiff, tiffdir, webp
from shared.analysis.facts import Limits
from shared.analysis.header import Header, corrupt
from shared.errors import ImageRejected

_ALIASES = {
    "image/jpg": "image/jpeg",
    "image/pjpeg": "image/jpeg",
    "image/x-png": "image/png",
    "image/apng": "image/png",
    "image/tif": "image/tiff",
    "image/x-tiff": "image/tiff",
    "image/x-bmp": "image/bmp",
    "image/x-ms-bmp": "image/bmp",
    "image/avif-sequence": "image/avif",
    "image/heif": "image/heic",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heic",
}
_SAYS_NOTHING = frozenset({"", "application/octet-stream", "binary/octet-stream"})


@dataclass(frozen=True)
class Format:
    """One format that can be analysed.

    Args:
        mime: Its MIME type.
        matches: Tells it by a file's first ``isobmff.MAX_BRANDS_BYTES``.
        read: Reads a file's header; struct.error and IndexError mean that it is cut off.
    """

    mime: str
    matches: Callable[[bytes], bool]
    read: Callable[[bytes, Limits], Header]


FORMATS = (
    Format("image/jpeg", lambda head: head.startswith(b"\xff\xd8\xff"), jpeg.read),
    Format("image/png", lambda head: head.startswith(png.SIGNATURE), png.read),
    Format("image/webp", lambda head: head[:4] == b"RIFF" and head[8:12] == b"WEBP", webp.read),
    Format("image/gif", lambda head: head.startswith(gif.SIGNATURES), gif.read),
    Format("image/tiff", lambda head: head.startswith((*tiffdir.ORDERS, *tiff.BIG)), tiff.read),
    Format("image/heic", lambda head: isobmff.brand(head) == "heic", heif.read_heic),
    Format("image/avif", lambda head: isobmff.brand(head) == "avif", heif.read_avif),
    Format("image/bmp", bmp.matches, bmp.read),
)


def sniff(data: bytes) -> Format:
    """Tell a file's format.

    Args:
        data: The file, 1 byte or more.

    Raises:
        ImageRejected: ``unsupported_format``; it is none that we decode.
    """
    head = data[: isobmff.MAX_BRANDS_BYTES]
    for known in FORMATS:
        if known.matches(head):
            return known
    raise ImageRejected(
        "unsupported_format",
        f"The {len(data):,} bytes are no JPEG, PNG, WebP, GIF, TIFF, HEIC, AVIF or BMP, whatever the name says.",
    )


def read_header(known: Format, data: bytes, limits: Limits) -> Header:
    """Read what a file says about its image.

    Raises:
        ImageRejected: ``corrupt_image``: the header is cut off or contradicts itself. ``unsupported_format``: a variant
            of the format that is not decoded.
    """
    try:
        return known.read(data, limits)
    except (struct.error, IndexError) as error:
        raise corrupt(f"The file is cut off within its header, at {len(data):,} bytes.") from error


def type_mismatch(declared_type: str | None, mime: str) -> bool:
    """Tell whether the uploader declared another type than the bytes have; "some bytes" declares nothing."""
    declared = (declared_type or "").partition(";")[0].strip().lower()
    return declared not in _SAYS_NOTHING and _ALIASES.get(declared, declared) != mime
