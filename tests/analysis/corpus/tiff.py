"""Hostile TIFF files.

Source:
    TIFF 6.0 (1992), sections 2, 3, 8, 9, 13, 14 and 22; Adobe, "TIFF Technical Note 1" (1995): SubIFDs; BigTIFF (2007).
"""

import struct
from functools import partial
from itertools import pairwise

from tests.analysis.corpus.kinds import (
    CORRUPT,
    ICC,
    OVER,
    UNSUPPORTED,
    XMP,
    Hostile,
    deflated_zeros,
    files,
    files_with,
    tiff_block,
)
from tests.analysis.corpus.originals import encode, scene

NONE, LZW, DEFLATE, PACKBITS = 1, 5, 8, 32773
_NEW = frozenset({UNSUPPORTED})
_ANY = frozenset({"ok", "too_many_chunks", *OVER}) | _NEW
_SHORT, _LONG = 3, 4
#: Those that libtiff knows, and a few that it doesn't.
COMPRESSIONS = (
    0, 2, 3, 4, 5, 6, 7, 8, 9, 32766, 32771, 32773, 32809, 32895, 32946, 33003, 34661, 34676, 34712, 34887, 34925,
    50000, 50001, 50002, 65000, 65535,
)  # fmt: skip

#: Tags by name.
TAGS = {
    "width": 256, "height": 257, "bits": 258, "compression": 259, "photometric": 262, "offsets": 273, "samples": 277,
    "rows": 278, "lengths": 279, "planar": 284, "predictor": 317, "tile_width": 322, "tile_height": 323,
    "tile_offsets": 324, "tile_lengths": 325, "sub": 330, "kind": 339, "subsampling": 530, "xmp": 700, "icc": 34675,
    "exif": 34665, "orientation": 274, "extra": 338,
}  # fmt: skip
_SHORTS = frozenset({"bits", "compression", "photometric", "samples", "planar", "predictor", "kind", "orientation"})


def tiff(pixels: bytes = bytes(64), *, following: int = 0, counts: dict[str, int] | None = None, **tags: int) -> bytes:
    """Build a grey image of one strip, 8 × 8 if nothing else is said; tags by name, None of them checked."""
    given = {"width": 8, "height": 8, "bits": 8, "compression": NONE, "photometric": 1, "samples": 1, **tags}
    size = 8 + 2 + 12 * (len(given) + (0 if "tile_width" in given else 3)) + 4
    if "tile_width" not in given:
        given = {"offsets": size, "rows": given["height"], "lengths": len(pixels), **given}
        size = 8 + 2 + 12 * len(given) + 4
        given["offsets"] = tags.get("offsets", size)
    entries = [
        (TAGS[name], _SHORT if name in _SHORTS else _LONG, (counts or {}).get(name, 1), value)
        for name, value in given.items()
    ]
    return tiff_block(sorted(entries), following, pixels)


def one_strip(side: int, how: int, pixels: bytes) -> bytes:
    """Build a large one in one strip."""
    return tiff(pixels, width=side, height=side, compression=how)


def lzw_zeros(number: int) -> bytes:
    """Pack zeros with the widest codes first; each code is one zero longer than the one before."""
    bits, width, done, run = [(256, 9)], 9, 0, 0
    while done < number:
        bits.append((0 if run == 0 else 257 + run, width))
        run, done = run + 1, done + run + 1
        width = 9 + (257 + run >= 511) + (257 + run >= 1023) + (257 + run >= 2047)
        if run == 3800:
            bits.append((256, width))
            width, run = 9, 0
    bits.append((257, width))
    text = "".join(f"{code:0{size}b}" for code, size in bits)
    return int(text.ljust(-(-len(text) // 8) * 8, "0"), 2).to_bytes(-(-len(text) // 8))


def _chain(number: int, *, loop: bool) -> bytes:
    """Chain directories of one entry each."""
    places = [8 + 18 * at for at in range(number)] + [8 if loop else 0]
    entry = struct.pack("<HHHII", 1, 256, 4, 1, 8)
    return b"II*\0\x08\0\0\0" + b"".join(entry + struct.pack("<I", after) for _, after in pairwise(places))


def _nest(depth: int) -> bytes:
    """Nest directories in directories."""
    return b"II*\0\x08\0\0\0" + b"".join(
        struct.pack("<HHHIII", 1, 330, 4, 1, 8 + 18 * (at + 1), 0) for at in range(depth)
    )


def _strips(number: int) -> bytes:
    """Let all strips be the same bytes: a file of a megabyte that has many."""
    pixels = deflated_zeros(1)
    size = 8 + 2 + 12 * 9 + 4
    tables = struct.pack("<I", size + 8 * number) * number + struct.pack("<I", len(pixels)) * number
    counts = {"offsets": number, "lengths": number}
    tags = {"width": 1024, "height": number, "rows": 1, "compression": DEFLATE, "offsets": size}
    return tiff(tables + pixels, counts=counts, lengths=size + 4 * number, **tags)


def _float(value: float) -> bytes:
    return tiff(struct.pack("<64f", *[value] * 64), bits=32, kind=3)


def _big() -> bytes:
    """Build a BigTIFF that is said to have 2^64 − 1 entries."""
    return b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 2**64 - 1) + bytes(999)


def _with(tag: str, body: bytes) -> bytes:
    """Add a tag whose value stands at the end."""
    size = 8 + 2 + 12 * 10 + 4
    return tiff(bytes(64) + body, counts={tag: len(body)}, **{tag: size + 64})


FILES: list[Hostile] = [
    *files("tiff", {
        "10,000 × 10,000 deflated": lambda: one_strip(10_000, DEFLATE, deflated_zeros(96)),
        "60,000 × 60,000 deflated": lambda: one_strip(60_000, DEFLATE, deflated_zeros(3434)),
        "20,000 × 20,000 in runs": lambda: one_strip(20_000, PACKBITS, b"\x81\0" * 3_125_001),
        "30,000 × 30,000 by LZW": lambda: one_strip(30_000, LZW, lzw_zeros(90_000_000)),
        "2^32 − 1 a side": lambda: one_strip(2**32 - 1, NONE, bytes(64)),
        "0 × 0": lambda: tiff(width=0, height=0),
        "tiles of 2^31": lambda: tiff(tile_width=2**31, tile_height=2**31, tile_offsets=8, tile_lengths=64),
        "65,535 samples": lambda: tiff(samples=65_535),
        "tiles of 60,000 × 60,000 for 64 pixels": lambda: tiff(
            tile_width=60_000, tile_height=60_000, tile_offsets=150, tile_lengths=64, compression=DEFLATE
        ),
    }, OVER | _NEW),
    *files("tiff", {
        "no directory": lambda: b"II*\0\0\0\0\0" + bytes(64),
        "a directory beyond the end": lambda: b"II*\0\xff\xff\xff\x7f" + bytes(64),
        "pixels beyond the end": lambda: tiff(offsets=0x7FFFFFFF),
        "half of its pixels": lambda: tiff(bytes(999), width=64, height=64),
        "half of its pixels, deflated": lambda: one_strip(4096, DEFLATE, deflated_zeros(8)),
        "half of its pixels by LZW": lambda: one_strip(1000, LZW, lzw_zeros(500_000)),
        "half of its pixels in runs": lambda: one_strip(1000, PACKBITS, b"\x81\0" * 3900),
        "no strips": lambda: tiff_block([(256, 4, 1, 8), (257, 4, 1, 8), (258, 3, 1, 8), (262, 3, 1, 1)]),
        "65,535 entries": lambda: b"II*\0\x08\0\0\0\xff\xff" + bytes(999),
    }, CORRUPT | _NEW),
    *files("tiff", {
        "8,000 × 8,000 deflated, which the gates let in": lambda: one_strip(8000, DEFLATE, deflated_zeros(62)),
        "8,000 × 8,000 by LZW, which the gates let in": lambda: one_strip(8000, LZW, lzw_zeros(64_000_000)),
        "8,000 × 8,000 in runs, which the gates let in": lambda: one_strip(8000, PACKBITS, b"\x81\0" * 500_000),
        "a million directories": lambda: _chain(1_000_000, loop=False) + bytes(64),
        "directories in a loop": lambda: _chain(3, loop=True),
        "an image that follows itself": lambda: tiff(following=8),
        "100,000 nested directories": lambda: _nest(100_000) + bytes(64),
        "a directory within itself": lambda: tiff(sub=8),
        "an EXIF directory that is its own": lambda: tiff(exif=8),
        "60,000 strips that are one": lambda: _strips(60_000),
        "a million strips that are one": lambda: _strips(1_000_000),
        "4 thousand million strips": lambda: tiff(counts={"offsets": 0xFFFFFFFF, "lengths": 0xFFFFFFFF}),
        "4 thousand million widths": lambda: tiff(counts={"width": 0xFFFFFFFF}),
        "4 thousand million depths": lambda: tiff(counts={"bits": 0xFFFFFFFF}),
        "strips of 0 rows": lambda: tiff(rows=0),
        "strips of 2^32 − 1 rows": lambda: tiff(rows=2**32 - 1),
        "strips of no bytes": lambda: tiff(counts={"lengths": 0}),
        "tiles of one pixel": lambda: tiff(
            tile_width=1, tile_height=1, tile_offsets=8, tile_lengths=1, width=4000, height=4000
        ),
        "tiles of 0": lambda: tiff(tile_width=0, tile_height=0, tile_offsets=8, tile_lengths=64),
        "64 bits": lambda: tiff(bytes(512), bits=64),
        "0 bits": lambda: tiff(bits=0),
        "7 bits": lambda: tiff(bits=7),
        "numbers that are none": lambda: _float(float("nan")),
        "infinity": lambda: _float(float("inf")),
        "numbers that are too large": lambda: _float(3e38),
        "a BigTIFF of 2^64 − 1 entries": _big,
        "colour planes apart": lambda: tiff(bytes(192), samples=3, photometric=2, planar=2),
        "photometric 65,535": lambda: tiff(photometric=65_535),
        "YCbCr sampled by 0": lambda: tiff(bytes(192), samples=3, photometric=6, subsampling=0),
        "a palette without one": lambda: tiff(photometric=3),
        "orientation 99": lambda: tiff(orientation=99),
        "predictor 3 on bytes": lambda: tiff(predictor=3, compression=DEFLATE, pixels=deflated_zeros(1)),
        "2^32 − 1 extra samples": lambda: tiff(counts={"extra": 0xFFFFFFFF}, extra=8),
        "every tag twice": lambda: tiff(counts={}, width=8).replace(b"\x01\x01\x04", b"\x00\x01\x04"),
    }, _ANY),
    *files_with("tiff compression", lambda how: tiff(bytes(range(64)) * 9, compression=how), {
        str(how): how for how in COMPRESSIONS
    }, _ANY),
    *files_with("tiff compression in colour", lambda how: encode(scene(), "TIFF").replace(
        struct.pack("<HHIHH", 259, 3, 1, 1, 0), struct.pack("<HHIHH", 259, 3, 1, how, 0)
    ), {str(how): how for how in (5, 6, 7, 8, 32773, 34676, 34712, 50001)}, _ANY),
    *files_with("tiff xmp", partial(_with, "xmp"), XMP, _ANY),
    *files_with("tiff icc", partial(_with, "icc"), ICC, _ANY),
]  # fmt: skip
