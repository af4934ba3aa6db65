"""The formats: how their files start, and how the libraries that decode them open them.

``sniff`` reads ``HEAD_BYTES`` and imports no library. ``readers`` does, and only the child process may call it.
"""

from dataclasses import dataclass

from shared.analysis.formats.isobmff import MAX_BRANDS_BYTES, brand

#: Bytes of a file that decide its format.
HEAD_BYTES = MAX_BRANDS_BYTES

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

_BMP_HEADERS = frozenset({12, 16, 40, 52, 56, 64, 108, 124})
_STARTS = {
    "jpeg": (b"\xff\xd8\xff",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "gif": (b"GIF87a", b"GIF89a"),
    "tiff": (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"),
}


@dataclass(frozen=True)
class Format:
    """One format that can be analysed.

    Args:
        name: Its name in reports.
    """

    name: str

    @property
    def mime(self) -> str:
        """Its MIME type."""
        return f"image/{self.name}"


def sniff(head: bytes) -> Format | None:
    """Return a file's format, by its bytes alone.

    Args:
        head: Its first ``HEAD_BYTES``; more is ignored.

    Returns:
        None if no decoder reads it.
    """
    head = head[:HEAD_BYTES]
    name = next((name for name, starts in _STARTS.items() if head.startswith(starts)), None) or brand(head)
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        name = "webp"
    if head.startswith(b"BM") and int.from_bytes(head[14:18], "little") in _BMP_HEADERS:  # many texts start with BM
        name = "bmp"
    return Format(name) if name else None


def type_mismatch(declared_type: str | None, mime: str) -> bool:
    """Return whether the uploader declared another type than the bytes have; octet-stream declares nothing."""
    declared = (declared_type or "").partition(";")[0].strip().lower()
    return declared not in _SAYS_NOTHING and _ALIASES.get(declared, declared) != mime
