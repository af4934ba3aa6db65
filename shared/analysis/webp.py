"""WebP files, up to their pixels.

Source:
    RFC 9649 (2024), section 2: the RIFF container; RFC 6386 (2011), 9.1: the VP8 frame header.
"""

import struct
from collections.abc import Iterator

from shared.analysis.facts import Limits
from shared.analysis.header import MAX_METADATA_BYTES, Header, corrupt

_ALPHA = 0x10
_METADATA = frozenset({b"EXIF", b"XMP ", b"ICCP", b"C2PA"})

#: libwebp's animation decoder holds the canvas twice, Pillow two more copies.
_BYTES_PER_PX = 16

#: Chunks of one file. Real animations have some hundreds of frames; without a bound a file of empty chunks keeps
#: Python busy for seconds.
MAX_CHUNKS = 100_000


def read(data: bytes, _limits: Limits) -> Header:
    """Read the header of a WebP.

    Args:
        data: The file, beginning with ``RIFF``, a length and ``WEBP``.

    Raises:
        ImageRejected: ``corrupt_image``; cut off, or no image chunk first.
        struct.error, IndexError: The header is cut off.
    """
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise corrupt(f"The WebP is cut off: it should have {end:,} bytes and has {len(data):,}.")
    readers = {b"VP8 ": _lossy, b"VP8L": _lossless, b"VP8X": _extended}
    reader = readers.get(data[12:16])
    if reader is None:
        raise corrupt("The WebP doesn't begin with an image chunk.")
    width, height, flags = reader(data)
    frames, extras = _extras(data, end)
    manifest = extras.get(b"C2PA")
    return Header(
        format="webp",
        width_px=width,
        height_px=height,
        mode="RGBA" if flags & _ALPHA else "RGB",
        has_alpha=bool(flags & _ALPHA),
        frames=max(1, frames),
        exif=extras.get(b"EXIF", b""),
        xmp=extras.get(b"XMP ", b""),
        icc=extras.get(b"ICCP", b""),
        c2pa=manifest is not None,
        manifest=manifest or b"",
        bytes_per_px=_BYTES_PER_PX,
        spans=((0, len(data)),),
    )


def _lossy(data: bytes) -> tuple[int, int, int]:
    """Return width, height and flags of a VP8 key frame."""
    if data[23:26] != b"\x9d\x01\x2a":
        raise corrupt("The WebP doesn't begin with a key frame.")
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF, 0


def _lossless(data: bytes) -> tuple[int, int, int]:
    """Return width, height and flags of a VP8L image."""
    (packed,) = struct.unpack_from("<I", data, 21)
    return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1, _ALPHA if packed >> 28 & 1 else 0


def _extended(data: bytes) -> tuple[int, int, int]:
    """Return width, height and flags of a canvas with extras."""
    flags = data[20]
    width, height = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
    return width, height, flags


def _extras(data: bytes, end: int) -> tuple[int, dict[bytes, bytes]]:
    """Return how many frames the file has, and the first chunk of each kind of metadata, unless it is too large.

    The flags of the header are not asked: no flag tells of a C2PA manifest.
    """
    frames = 0
    extras: dict[bytes, bytes] = {}
    for kind, start, length in _chunks(data, end):
        frames += kind == b"ANMF"
        if kind in _METADATA:
            extras.setdefault(kind, data[start : start + length] if length <= MAX_METADATA_BYTES else b"")
    return frames, extras


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
