"""Hostile PNG files.

Source:
    W3C, "Portable Network Graphics (PNG) Specification (Third Edition)", 2025, sections 5 and 11.
"""

import random
import struct
import zlib

from tests.analysis.corpus.kinds import (
    CORRUPT,
    EXIF,
    ICC,
    OVER,
    UNSUPPORTED,
    XMP,
    Hostile,
    deflated_zeros,
    files,
    files_with,
    jumbf,
)

SIGNATURE = b"\x89PNG\r\n\x1a\n"
MANY = frozenset({"too_many_chunks"})


def chunk(kind: bytes, body: bytes = b"", *, crc: int | None = None) -> bytes:
    """Build one chunk; its checksum is right where none is given."""
    told = zlib.crc32(kind + body) if crc is None else crc
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", told)


def header(width: int = 8, height: int = 8, bits: int = 8, colour: int = 2, *how: int) -> bytes:
    """Build IHDR; ``how`` is compression, filter and interlace."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, bits, colour, *(how or (0, 0, 0))))


def png(*chunks: bytes, head: bytes | None = None, pixels: bytes | None = None) -> bytes:
    """Build a file of 8 × 8 black pixels, with chunks in between."""
    image = chunk(b"IDAT", zlib.compress(bytes(25 * 8)) if pixels is None else pixels)
    return b"".join((SIGNATURE, header() if head is None else head, *chunks, image, chunk(b"IEND")))


def black(width: int, height: int, bits: int = 8, colour: int = 6) -> bytes:
    """Build a black PNG of any size that is complete but for less than one MiB of zeros too many."""
    row = 1 + width * bits * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour] // 8
    return png(head=header(width, height, bits, colour), pixels=deflated_zeros((row * height >> 20) + 1))


def _frames(number: int) -> bytes:
    control = struct.pack(">IIIIIHHBB", 1, 8, 8, 0, 0, 1, 1, 0, 0)
    one = chunk(b"fcTL", control) + chunk(b"fdAT", b"\0\0\0\2" + zlib.compress(bytes(25 * 8)))
    return png(chunk(b"acTL", struct.pack(">II", number, 0))) [:-12] + one * number + chunk(b"IEND")  # fmt: skip


def _text(kind: bytes, mebibytes: int) -> bytes:
    middle = b"k\0\1\0\0\0" if kind == b"iTXt" else b"k\0\0"
    return png(chunk(kind, middle + deflated_zeros(mebibytes)))


def _noise(width: int, height: int) -> bytes:
    """Build an image that is as long as it can be: its pixels don't pack."""
    pixels = random.Random(0).randbytes(width * height * 3)
    rows = b"".join(b"\0" + pixels[at : at + width * 3] for at in range(0, len(pixels), width * 3))
    return png(head=header(width, height), pixels=zlib.compress(rows, 0))


FILES: list[Hostile] = [
    *files(
        "png",
        {
            "64 megapixels, which the gates let in": lambda: black(8000, 8000),
            "62 MB of noise, which the gates let in": lambda: _noise(4600, 4500),
        },
        frozenset({"ok"}),
    ),
    *files(
        "png",
        {
            "50,000 × 50,000": lambda: black(50_000, 50_000, 1, 0),
            "2^31 − 1 a side": lambda: png(head=header(2**31 - 1, 2**31 - 1)),
            "2^32 − 1 × 1": lambda: png(head=header(2**32 - 1, 1)),
            "255 megapixels of one bit": lambda: black(16_000, 15_900, 1, 0),
            "0 × 0": lambda: png(head=header(0, 0)),
        },
        OVER,
    ),
    *files(
        "png",
        {
            "300,000 frames": lambda: _frames(300_000),
            "100,000 crumbs of pixels": lambda: png(chunk(b"IDAT", b"\x78") * 100_000),
            "200,000 texts": lambda: png(chunk(b"tEXt", b"a\0b") * 200_000),
            "a million empty chunks": lambda: png(chunk(b"IDAT") * 1_000_000),
        },
        MANY,
    ),
    *files(
        "png",
        {
            "no image data": lambda: SIGNATURE + header() + chunk(b"IEND"),
            "no header": lambda: SIGNATURE + chunk(b"IDAT") + chunk(b"IEND"),
            "the end first": lambda: SIGNATURE + chunk(b"IEND") + header(),
            "pixels with a wrong checksum": lambda: SIGNATURE + header() + chunk(b"IDAT", b"x", crc=0) + chunk(b"IEND"),
            "a chunk of 4 GB": lambda: SIGNATURE + header() + b"\xff\xff\xff\xffIDAT" + bytes(64),
            "pixels that don't unpack": lambda: png(pixels=b"\x78\xda" + b"\xff" * 600),
            "no stop": lambda: SIGNATURE + header() + chunk(b"IDAT", zlib.compress(bytes(200))),
            "colour type 7": lambda: png(head=header(8, 8, 8, 7)),
            "3 bits": lambda: png(head=header(8, 8, 3, 0)),
        },
        CORRUPT,
    ),
    *files(
        "png",
        {
            "8 GB of pixels for 64": lambda: png(pixels=deflated_zeros(8192)),
            "a colour profile of 2 GB": lambda: png(chunk(b"iCCP", b"icc\0\0" + deflated_zeros(2048))),
            "zTXt of 2 GB": lambda: _text(b"zTXt", 2048),
            "iTXt of 2 GB": lambda: _text(b"iTXt", 2048),
            "900 × zTXt of 64 MB": lambda: png(chunk(b"zTXt", b"k\0\0" + deflated_zeros(64)) * 900),
            "compression 9": lambda: png(head=header(8, 8, 8, 2, 9, 0, 0)),
            "half of the pixels": lambda: png(pixels=zlib.compress(bytes(25 * 4))),
            "two headers": lambda: png(header(60_000, 60_000)),
            "interlace 7": lambda: png(head=header(8, 8, 8, 2, 0, 0, 7)),
            "interlaced as if it were": lambda: png(head=header(8, 8, 8, 2, 0, 0, 1)),
            "a palette without one": lambda: png(head=header(8, 8, 8, 3)),
            "a palette of one colour": lambda: png(chunk(b"PLTE", bytes(3)), head=header(8, 8, 8, 3)),
            "a palette of 65,537 bytes": lambda: png(chunk(b"PLTE", bytes(65_537)), head=header(8, 8, 8, 3)),
            "transparency of 100,000 entries": lambda: png(chunk(b"tRNS", bytes(100_000)), head=header(8, 8, 8, 3)),
            "transparency of one byte": lambda: png(chunk(b"tRNS", b"x")),
            "2^32 − 1 frames": lambda: png(chunk(b"acTL", b"\xff" * 8)),
            "frame control of one byte": lambda: png(chunk(b"acTL", b"\0"), chunk(b"fcTL", b"\0")),
            "filters that there are none of": lambda: png(pixels=zlib.compress(b"\xfe" * 200)),
            "a chunk without letters": lambda: png(chunk(b"\0\0\0\0")),
            "C2PA garbage": lambda: png(chunk(b"caBX", jumbf(3000))),
        },
    ),
    *files(
        "png",
        {"an Apple chunk first": lambda: SIGNATURE + chunk(b"CgBI", bytes(4)) + png()[8:]},
        frozenset({UNSUPPORTED}),
    ),
    *files_with("png exif", lambda block: png(chunk(b"eXIf", block)), EXIF),
    *files_with("png xmp", lambda packet: png(chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + packet)), XMP),
    *files_with("png icc", lambda icc: png(chunk(b"iCCP", b"icc\0\0" + zlib.compress(icc))), ICC),
]  # fmt: skip
