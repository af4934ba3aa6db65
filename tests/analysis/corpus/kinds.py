"""What one hostile file is, and the bricks that most of them are built from."""

import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from typing import TypeVar

#: What a format that isn't known yet ends in; any file may.
UNSUPPORTED = "unsupported_format"
#: A reader has found out, or its decoder has.
CORRUPT = frozenset({"corrupt_image"})
#: Beyond a gate, or found out before it came to that.
OVER = frozenset({"too_large_side", "too_many_pixels", "too_much_memory", "corrupt_image"})
#: Whatever the image library makes of it, as long as it is a report or a rejection.
ALIVE = frozenset({*OVER, "ok", "too_many_scans", "too_many_chunks", "empty_blob"})

Part = TypeVar("Part")


@dataclass(frozen=True)
class Hostile:
    """One hostile file.

    Args:
        name: Its format and what is wrong with it.
        make: Builds it; some are large, so none is kept.
        ends: The codes in which it may end, ``ok`` for a report without an error.
    """

    name: str
    make: Callable[[], bytes]
    ends: frozenset[str] = ALIVE


def files_with(
    kind: str, make: Callable[[Part], bytes], parts: Mapping[str, Part], ends: frozenset[str] = ALIVE
) -> list[Hostile]:
    """Make a file of one format with each part; they end alike."""
    return files(kind, {name: partial(make, part) for name, part in parts.items()}, ends)


def files(kind: str, makers: Mapping[str, Callable[[], bytes]], ends: frozenset[str] = ALIVE) -> list[Hostile]:
    """Name the files of one format that end alike."""
    return [Hostile(f"{kind}: {name}", make, ends) for name, make in makers.items()]


@cache
def deflated_zeros(mebibytes: int) -> bytes:
    """Deflate so many MiB of zeros at once, by repeating one that is packed.

    Source:
        RFC 1950 (1996), 2.2: the frame and the checksum, which is the length here; RFC 1951 (1996), 3.2.3: blocks.
    """
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    adler = (mebibytes << 20) % 65521 << 16 | 1
    return b"\x78\xda" + block * mebibytes + b"\x03\x00" + struct.pack(">I", adler)


def tiff_block(entries: list[tuple[int, int, int, int]], following: int = 0, tail: bytes = b"") -> bytes:
    """Build a little-endian TIFF of one directory.

    Args:
        entries: Tag, type, count and value of each.
        following: Where the next directory is said to be.
        tail: What stands behind the directory.

    Source:
        TIFF 6.0 (1992), section 2: the header and the directory.
    """
    fields = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + fields + struct.pack("<I", following) + tail


#: EXIF blocks that mislead who reads them.
EXIF = {
    "a directory that follows itself": tiff_block([(0x0112, 3, 1, 6)], following=8),
    "an EXIF directory that is its own": tiff_block([(0x8769, 4, 1, 8), (0x8825, 4, 1, 8)]),
    "counts of 4 thousand million": tiff_block([(tag, 5, 0xFFFFFFFF, 8) for tag in (0x0112, 0x010F, 0x0132)]),
    "65,535 entries": b"II*\0\x08\0\0\0\xff\xff" + struct.pack("<HHII", 0x010F, 2, 0xFFFF, 0) * 3000,
    "an offset beyond the end": b"II*\0\xff\xff\xff\xff",
    "orientation 65,535": tiff_block([(0x0112, 3, 1, 0xFFFF)]),
    "orientation as text": tiff_block([(0x0112, 2, 1, 6)]),
    "rationals over 0": tiff_block([(0x829A, 5, 1, 26), (0x829D, 10, 1, 26)], tail=bytes(32)),
    "GPS beyond the world": tiff_block([(0x8825, 4, 1, 26)], tail=tiff_block([(1, 2, 2, 78), (2, 5, 3, 0)])[8:]),
    "no directory": b"MM\0*\0\0\0\0",
}

LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + at, b"&%c;" % (97 + at) * 10) for at in range(12))
    + b']><x:xmpmeta xmlns:x="adobe:ns:meta/">&m;</x:xmpmeta>'
)
NESTED_XML = b"<x:xmpmeta>" + b"<a>" * 15_000

#: XMP packets that mislead who reads them.
XMP = {
    "a thousand million laughs": LAUGHS,
    "15,000 nested elements": NESTED_XML,
    "a file of this machine": b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x:xmpmeta>&e;</x:xmpmeta>',
    "no UTF-8": b"<x:xmpmeta \xff\xfe\xc0\x80>",
    "an attribute of 60,000 bytes": b'<x:xmpmeta a="' + b"<" * 60_000,
}


def jumbf(depth: int) -> bytes:
    """Nest JUMBF superboxes, which is what C2PA manifests are made of, each longer than what holds it.

    Source:
        ISO/IEC 19566-5:2023, annex B: a superbox is a ``jumb`` box that begins with a ``jumd`` box.
    """
    return struct.pack(">I4sI4s16sBH", 0x7FFFFFFF, b"jumb", 27, b"jumd", b"c2pa" * 4, 3, 0) * depth


#: Colour profiles that mislead who reads them: the header's length, 132 bytes and a tag table.
ICC = {
    "garbage": b"garbage" * 100,
    "a tag table of 4 thousand million": struct.pack(">I", 3144) + b"lcms\x02\x10\0\0mntrRGB XYZ " + bytes(12)
    + b"acsp" + bytes(88) + b"\xff\xff\xff\xff" + b"\xff" * 3012,
    "tags that overlap": struct.pack(">I", 528) + b"lcms\x02\x10\0\0mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(88)
    + struct.pack(">I", 33) + b"".join(struct.pack(">4sII", b"rTRC", 128, 400) for _ in range(33)),
    "for grey": struct.pack(">I", 132) + b"lcms\x02\x10\0\0mntrGRAYXYZ " + bytes(12) + b"acsp" + bytes(92),
    "empty": b"\0",
}  # fmt: skip
