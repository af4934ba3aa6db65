"""Hostile WebP files.

Source:
    RFC 9649 (2024), section 2: the RIFF container; section 3: the lossless bitstream. RFC 6386 (2011), 9.1.
"""

import struct

from PIL import Image

from tests.analysis.corpus.kinds import CORRUPT, EXIF, ICC, OVER, XMP, Hostile, files, files_with, jumbf
from tests.analysis.corpus.originals import encode, scene


def chunk(kind: bytes, body: bytes = b"", *, length: int | None = None) -> bytes:
    """Build one chunk, padded; its length is right where none is given."""
    return kind + struct.pack("<I", len(body) if length is None else length) + body + bytes(len(body) & 1)


def riff(*chunks: bytes, length: int | None = None) -> bytes:
    """Build a file."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body) if length is None else length) + body


def vp8x(flags: int, width: int, height: int) -> bytes:
    """Build the chunk that says how large the canvas is."""
    sides = struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sides)


def lossless(width: int, height: int, rest: bytes = bytes(16)) -> bytes:
    """Build a lossless image whose pixels are whatever the rest says."""
    return chunk(b"VP8L", b"\x2f" + struct.pack("<I", width - 1 | height - 1 << 14) + rest)


def lossy(width: int, height: int, rest: bytes = bytes(32)) -> bytes:
    """Build a key frame that says how large it is."""
    return chunk(b"VP8 ", b"\x10\0\0\x9d\x01\x2a" + struct.pack("<HH", width, height) + rest)


def _image() -> bytes:
    """Return the image chunk of a real file of 96 × 64."""
    return encode(scene(), "WEBP")[12:]


def _frame(image: bytes, width: int = 96, height: int = 64, x: int = 0) -> bytes:
    place = struct.pack("<I", x)[:3] + bytes(3) + struct.pack("<I", width - 1)[:3] + struct.pack("<I", height - 1)[:3]
    return chunk(b"ANMF", place + bytes((1, 0, 0, 0)) + image)


def _moving(*frames: bytes, width: int = 96, height: int = 64) -> bytes:
    return riff(vp8x(0x02, width, height), chunk(b"ANIM", bytes(6)), *frames)


def _with(flags: int, *extras: bytes) -> bytes:
    return riff(vp8x(flags, 96, 64), _image(), *extras)


def _even(side: int) -> bytes:
    return encode(Image.new("RGB", (side, side), "red"), "WEBP", lossless=True, method=0)


FILES: list[Hostile] = [
    *files("webp", {"32 megapixels, which the gates let in": lambda: _even(5656)}, frozenset({"ok"})),
    *files(
        "webp",
        {
            "lossless, 16,384 a side": lambda: riff(lossless(16_384, 16_384)),
            "lossy, 16,383 a side": lambda: riff(lossy(16_383, 16_383)),
            "a canvas of 2^24 a side": lambda: riff(vp8x(0, 1 << 24, 1 << 24), _image()),
            "a moving canvas of 15,000 a side": lambda: _moving(_frame(_image()), width=15_000, height=15_000),
            "a file cut to its canvas": lambda: riff(vp8x(0x12, 16_000, 16_000)),
        },
        OVER,
    ),
    *files(
        "webp",
        {
            "300,000 frames": lambda: _moving(_frame(lossless(1, 1), 1, 1) * 300_000, width=1, height=1),
            "a million empty chunks": lambda: _with(0x08, chunk(b"junk") * 1_000_000),
            "0 × 0": lambda: riff(lossy(0, 0)),
            "lossless garbage": lambda: riff(lossless(500, 500, b"\xff" * 4000)),
            "lossy garbage": lambda: riff(lossy(500, 500, b"\xff" * 4000)),
            "a canvas without an image": lambda: riff(vp8x(0, 500, 500)),
            "longer than it is": lambda: riff(_image(), length=0xFFFFFFF0),
            "length 0": lambda: riff(_image(), length=0),
            "an image chunk of 4 GB": lambda: riff(chunk(b"VP8 ", b"\x10\0\0\x9d\x01\x2a", length=0xFFFFFFFF)),
            "a RIFF in a RIFF": lambda: riff(chunk(b"RIFF", riff(_image()))),
            "no key frame": lambda: riff(chunk(b"VP8 ", b"\x11\0\0\x9d\x01\x2a\x08\0\x08\0")),
        },
        CORRUPT,
    ),
    *files(
        "webp",
        {
            "30,000 frames": lambda: _moving(_frame(_even(1)[12:], 1, 1) * 30_000, width=1, height=1),
            "a canvas of another size": lambda: riff(vp8x(0, 4000, 4000), _image()),
            "a frame beyond the canvas": lambda: _moving(_frame(_image(), x=1 << 20)),
            "a frame of another size": lambda: _moving(_frame(_image(), 9000, 9000), width=9000, height=9000),
            "moving without frames": _moving,
            "still but said to move": lambda: _with(0x02),
            "alpha garbage": lambda: riff(vp8x(0x10, 96, 64), chunk(b"ALPH", b"\xff" * 999), _image()),
            "packed alpha": lambda: riff(vp8x(0x10, 96, 64), chunk(b"ALPH", b"\x01" + bytes(9)), _image()),
            "metadata of 4 GB": lambda: _with(0x08, chunk(b"EXIF", b"II*\0", length=0xFFFFFFFF)),
            "a frame in a frame": lambda: _moving(_frame(_frame(_frame(_image())))),
            "C2PA garbage": lambda: _with(0x00, chunk(b"C2PA", jumbf(3000))),
            "all flags": lambda: _with(0xFF),
            "a first and a second image": lambda: riff(_image(), _image(), lossless(16_384, 16_384)),
        },
    ),
    *files_with("webp exif", lambda block: _with(0x08, chunk(b"EXIF", block)), EXIF),
    *files_with("webp xmp", lambda packet: _with(0x04, chunk(b"XMP ", packet)), XMP),
    *files_with("webp icc", lambda icc: riff(vp8x(0x20, 96, 64), chunk(b"ICCP", icc), _image()), ICC),
]  # fmt: skip
