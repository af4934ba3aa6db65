"""WebP: this module reads size and chunks, because Pillow allocates the canvas twice when it opens a file.

A file of 30 bytes can demand 1 GB, so Pillow opens only a file that passes the memory gate.

Source:
    RFC 9649 (2024), section 2: the RIFF container; RFC 6386 (2011), 9.1: the VP8 frame header.
"""

import struct
from collections.abc import Iterator

from PIL import Image
from PIL.WebPImagePlugin import WebPImageFile

from shared.analysis.formats.header import corrupt
from shared.analysis.formats.picture import Picture, open_with
from shared.analysis.interface import Limits

_ALPHA = 0x10

#: libwebp's animation decoder keeps the canvas twice, Pillow two more copies.
_BYTES_PER_PX = 16

#: Of one file. Real animations have some hundred frames; a file of a million empty chunks costs a second.
MAX_CHUNKS = 100_000


def read(data: bytes, limits: Limits) -> Picture:
    """Open a WebP.

    Args:
        data: The file, starting with ``RIFF``, a length and ``WEBP``.
        limits: The limit of memory decides whether the library gets the file.

    Raises:
        ImageRejected: ``corrupt_image``: cut off, or no image chunk first.
        struct.error, IndexError: The header is cut off.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise corrupt(f"The WebP is cut off: it should have {end:,} bytes, but has {len(data):,}.")
    width, height, has_alpha = _canvas(data)
    frames, icc = _extras(data, end)
    if width * height * _BYTES_PER_PX <= limits.max_decode_bytes:
        image: Image.Image = open_with(WebPImageFile, data, "webp")
        if image.size != (width, height):
            raise corrupt("The WebP states two different sizes.")
    else:
        image = Image.new("RGB", (1, 1))  # the gates reject the file, so nobody decodes it
        image.format = WebPImageFile.format
    return Picture(
        format="webp",
        image=image,
        width_px=width,
        height_px=height,
        mode="RGBA" if has_alpha else "RGB",
        has_alpha=has_alpha,
        frames=max(1, frames),
        icc=icc,
        bytes_per_px=_BYTES_PER_PX,
    )


def _canvas(data: bytes) -> tuple[int, int, bool]:
    """Return width, height and whether there is alpha."""
    kind = data[12:16]
    if kind == b"VP8X":
        width, height = (int.from_bytes(data[at : at + 3], "little") + 1 for at in (24, 27))
        return width, height, bool(data[20] & _ALPHA)
    if kind == b"VP8L":
        (packed,) = struct.unpack_from("<I", data, 21)
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, bool(packed >> 28 & 1)
    if kind == b"VP8 " and data[23:26] == b"\x9d\x01\x2a":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF, False
    raise corrupt("The WebP doesn't start with an image chunk.")


def _extras(data: bytes, end: int) -> tuple[int, bytes]:
    """Return how many frames the file has, and its first colour profile."""
    frames, icc = 0, b""
    for kind, start, length in _chunks(data, end):
        frames += kind == b"ANMF"
        if kind == b"ICCP":
            icc = icc or data[start : start + length]
    return frames, icc


def _chunks(data: bytes, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start of the body and length of each chunk, in order."""
    position = 12
    for _ in range(MAX_CHUNKS):
        if position + 8 > end:
            return
        kind, length = struct.unpack_from("<4sI", data, position)
        yield kind, position + 8, length
        position += 8 + length + (length & 1)
    raise corrupt(f"The WebP has more than {MAX_CHUNKS:,} chunks.")
