"""Hostile BMP files.

Source:
    Microsoft, [MS-WMF] 2.2.2.9 "DeviceIndependentBitmap", and "Bitmap Compression" (RLE4, RLE8).
"""

import struct

from tests.analysis.corpus.kinds import CORRUPT, OVER, UNSUPPORTED, Hostile, files

RGB, RLE8, RLE4, FIELDS = 0, 1, 2, 3
_ANY = frozenset({"ok", UNSUPPORTED, *OVER})


def bmp(
    width: int, height: int, bits: int = 24, how: int = RGB, pixels: bytes = b"", *, colours: int = 0, start: int = 54,
    size: int = 40, planes: int = 1, between: bytes = b"",
) -> bytes:  # fmt: skip
    """Build a file with the header of 40 bytes."""
    info = struct.pack("<IiiHHIIiiII", size, width, height, planes, bits, how, 0, 0, 0, colours, 0)
    rest = info + between + pixels
    return b"BM" + struct.pack("<IHHI", len(rest) + 14, 0, 0, start + len(between)) + rest


def rle(width: int, height: int, pixels: bytes, how: int = RLE8) -> bytes:
    """Build one that is run-length encoded, with a palette."""
    return bmp(width, height, 8 if how == RLE8 else 4, how, pixels, between=bytes(1024 if how == RLE8 else 64))


def _runs(side: int) -> bytes:
    row = b"\xff\0" * (side // 255) + bytes((side % 255, 0)) + b"\0\0"
    return rle(side, side, row * side + b"\0\1")


FILES: list[Hostile] = [
    *files(
        "bmp",
        {
            "30,000 × 30,000 in runs": lambda: _runs(30_000),
            "65,535 × 65,535 of nothing": lambda: bmp(65_535, 65_535),
            "2^31 − 1 × 2^31 − 1": lambda: bmp(2**31 - 1, 2**31 - 1, 1),
            "−2^31 high": lambda: bmp(8, -(2**31), pixels=bytes(999)),
            "−2^31 wide": lambda: bmp(-(2**31), 8, pixels=bytes(999)),
            "0 × 0": lambda: bmp(0, 0),
        },
        OVER | {UNSUPPORTED},
    ),
    *files(
        "bmp",
        {
            "3 bits": lambda: bmp(8, 8, 3, pixels=bytes(999)),
            "0 bits": lambda: bmp(8, 8, 0, pixels=bytes(999)),
            "no pixels": lambda: bmp(500, 500),
            "half of its pixels": lambda: bmp(500, 500, pixels=bytes(500 * 250 * 3)),
            "a header of 0 bytes": lambda: bmp(8, 8, size=0, pixels=bytes(999)),
            "a header of 4 GB": lambda: bmp(8, 8, size=0xFFFFFFFF, pixels=bytes(999)),
            "pixels 4 GB away": lambda: bmp(8, 8, start=0xFFFFFFFF, pixels=bytes(999)),
            "4 thousand million colours": lambda: bmp(8, 8, 8, colours=0xFFFFFFFF, pixels=bytes(9999)),
            "an unknown compression": lambda: bmp(8, 8, 24, 99, bytes(999)),
        },
        CORRUPT | {UNSUPPORTED},
    ),
    *files(
        "bmp",
        {
            "8,000 × 8,000 in runs, which the gates let in": lambda: _runs(8000),
            "4,000 × 4,000 in runs of one": lambda: rle(4000, 4000, (b"\1\0" * 4000 + b"\0\0") * 4000 + b"\0\1"),
            "ten million ends of lines": lambda: rle(64, 64, b"\0\0" * 10_000_000),
            "five million jumps": lambda: rle(64, 64, b"\0\2\0\0" * 5_000_000),
            "a million jumps far out": lambda: rle(64, 64, b"\0\2\xff\xff" * 1_000_000),
            "runs in four bits": lambda: rle(4000, 4000, b"\xff\0" * 62_745 + b"\0\1", RLE4),
            "absolute runs that are cut off": lambda: rle(640, 640, b"\0\xff"),
            "pixels within the header": lambda: bmp(8, 8, start=0, pixels=bytes(999)),
            "pixels upside down": lambda: bmp(8, -8, pixels=bytes(192)),
            "runs upside down": lambda: rle(64, -64, b"\x40\0\0\0" * 64 + b"\0\1"),
            "masks that overlap": lambda: bmp(8, 8, 32, FIELDS, bytes(256), between=b"\xff" * 16),
            "masks of nothing": lambda: bmp(8, 8, 16, FIELDS, bytes(256), between=bytes(16)),
            "65,535 planes": lambda: bmp(8, 8, planes=65_535, pixels=bytes(999)),
            "the short header": lambda: (
                b"BM" + bytes(8) + b"\x1a\0\0\0" + struct.pack("<IHHHH", 12, 8, 8, 1, 24) + bytes(192)
            ),
            "an image within": lambda: bmp(8, 8, 0, 5, b"\x89PNG\r\n\x1a\n" + bytes(99)),
        },
        _ANY,
    ),
]
