"""Hostile AVIF and HEIC files.

Source:
    ISO/IEC 14496-12:2022, 4.2 and 8.11: boxes, items and their places; ISO/IEC 23008-12:2022, 6.5 and 6.6: properties,
    derived images; AV1 Image File Format 1.1.0 (2022).
"""

import struct
from collections.abc import Callable

from PIL import Image, features

from tests.analysis.corpus.kinds import CORRUPT, OVER, UNSUPPORTED, Hostile, files, files_with
from tests.analysis.corpus.originals import encode, scene

_NEW = frozenset({UNSUPPORTED})
_ANY = frozenset({"ok", "too_many_chunks", *OVER}) | _NEW
BRANDS = (
    b"avif",
    b"avis",
    b"heic",
    b"heix",
    b"hevc",
    b"mif1",
    b"msf1",
    b"heim",
    b"miaf",
    b"jpeg",
    b"avci",
    b"\0\0\0\0",
)


def box(kind: bytes, body: bytes = b"", *, length: int | None = None) -> bytes:
    """Build a box; its length is right where none is given."""
    return struct.pack(">I", len(body) + 8 if length is None else length) + kind + body


def full(kind: bytes, body: bytes = b"", version: int = 0, flags: int = 0) -> bytes:
    """Build a box that has a version."""
    return box(kind, struct.pack(">I", version << 24 | flags) + body)


def kind_of(brand: bytes) -> bytes:
    """Build the first box."""
    return box(b"ftyp", brand + bytes(4) + brand + b"mif1miaf")


def size(width: int, height: int) -> bytes:
    """Build the property that says how large an image is."""
    return full(b"ispe", struct.pack(">II", width, height))


#: What a decoder is told, by the type of the item.
CODED = {
    b"av01": box(b"av1C", b"\x81\0\x0c\0"),
    b"hvc1": box(b"hvcC", b"\1\1\x60" + bytes(9) + b"\x5d\xf0\0\xfc\xfd\xf8\xf8\0\0\x0f\0"),
}


def place(item: int, at: int, length: int, how: int = 0) -> bytes:
    """Say where the bytes of an item are: in the file, in ``idat``, or in another item."""
    return struct.pack(">HHHHII", item, how, 0, 1, at, length)


def meta(
    properties: list[bytes], kinds: list[bytes], *, refs: bytes = b"", data: bytes = b"", places: bytes = b"",
    primary: int = 1, items: int | None = None,
) -> bytes:  # fmt: skip
    """Build the directory of items; each has all properties."""
    number = len(kinds) if items is None else items
    infos = b"".join(full(b"infe", struct.pack(">HH", at + 1, 0) + kind + b"\0", 2) for at, kind in enumerate(kinds))
    each = bytes((len(properties), *range(1, len(properties) + 1)))
    told = b"".join(struct.pack(">H", at + 1) + each for at in range(len(kinds)))
    found = places or b"".join(place(at + 1, 0, max(1, len(data)), 1) for at in range(len(kinds)))
    return full(b"meta", b"".join((
        full(b"hdlr", bytes(4) + b"pict" + bytes(13)),
        full(b"pitm", struct.pack(">H", primary)),
        full(b"iloc", struct.pack(">BBH", 0x44, 0, len(found) // 16) + found, 1),
        full(b"iinf", struct.pack(">H", min(number, 0xFFFF)) + infos),
        full(b"iref", refs) if refs else b"",
        box(b"iprp", box(b"ipco", b"".join(properties)) + full(b"ipma", struct.pack(">I", len(kinds)) + told)),
        box(b"idat", data) if data else b"",
    )))  # fmt: skip


def _one(width: int, height: int, kind: bytes, *more: bytes) -> bytes:
    return meta([size(width, height), CODED[kind], *more], [kind], data=b"\x12\0\x0a\x0a" + b"\xff" * 200)


def _derive(kind: bytes, coded: bytes, to: list[int], body: bytes) -> bytes:
    """Derive the first image from others, itself among them where it is in the list."""
    refs = box(b"dimg", struct.pack(f">HH{len(to)}H", 1, len(to), *to))
    return meta([size(64, 64), CODED[coded]], [kind, coded], refs=refs, data=body)


def _nest(depth: int, kind: bytes) -> bytes:
    """Nest boxes, each said to reach to the end."""
    whole = 8 * depth
    return b"".join(struct.pack(">I4s", whole - 8 * at, kind) for at in range(depth))


def _film(samples: bytes) -> bytes:
    """Build a film of one track, with a table of samples."""
    track = box(b"trak", box(b"mdia", box(b"minf", box(b"stbl", samples))))
    return box(b"moov", full(b"mvhd", b"\xff" * 96) + track)


def _for(brand: bytes, coded: bytes) -> dict[str, Callable[[], bytes]]:
    """Build the files of one of both formats: some that may end in anything."""
    start, item = kind_of(brand), CODED[coded]
    grid = b"\0\0\xff\xff" + struct.pack(">HH", 64, 64)
    return {
        "nothing but its kind": lambda: start,
        "10,000 nested boxes": lambda: start + _nest(10_000, b"moov"),
        "10,000 nested directories": lambda: start + _nest(10_000, b"meta"),
        "10,000 nested properties": lambda: start + full(b"meta", box(b"iprp", _nest(10_000, b"ipco"))),
        "300,000 free boxes": lambda: start + box(b"free") * 300_000 + _one(64, 64, coded),
        "a box of length 0": lambda: start + box(b"meta", length=0) + bytes(99),
        "a box of length 7": lambda: start + box(b"meta", bytes(99), length=7),
        "a box of 2^64 − 1 bytes": lambda: start + box(b"meta", b"\xff" * 8, length=1) + bytes(99),
        "boxes that overlap": lambda: start + box(b"meta", _one(64, 64, coded), length=0x70) + _one(64, 64, coded)[40:],
        "an image of garbage": lambda: start + _one(64, 64, coded),
        "an image without a size": lambda: start + meta([item], [coded], data=b"\xff" * 99),
        "a grid of itself": lambda: start + _derive(b"grid", coded, [1, 1], b"\0\0\0\1" + struct.pack(">HH", 64, 64)),
        "a grid of 256 × 256": lambda: start + _derive(b"grid", coded, [2] * 65_535, grid),
        "an overlay of itself": lambda: start + _derive(b"iovl", coded, [1], bytes(2) + b"\xff" * 30),
        "an identity of itself": lambda: start + _derive(b"iden", coded, [1], b"\0"),
        "an item within itself": lambda: start + meta([size(64, 64), item], [coded], places=place(1, 0, 99, 2)),
        "60,000 items": lambda: start + meta([size(64, 64), item], [coded] * 60_000, data=b"\xff" * 99),
        "65,535 missing items": lambda: start + meta([item], [], items=65_535),
        "255 sizes": lambda: start + meta([size(at, at) for at in range(255, 1, -1)], [coded], data=b"\xff" * 9),
        "a piece out of 0 parts": lambda: start + _one(64, 64, coded, box(b"clap", bytes(32))),
        "a piece far out": lambda: start + _one(64, 64, coded, box(b"clap", b"\x7f\xff\xff\xff\0\0\0\1" * 4)),
        "turned by 255": lambda: start + _one(64, 64, coded, box(b"irot", b"\xff"), box(b"imir", b"\xff")),
        "a profile of garbage": lambda: start + _one(64, 64, coded, box(b"colr", b"prof" + b"\xff" * 5000)),
        "an item 4 GB away": lambda: start + meta([size(9, 9), item], [coded], places=place(1, 2**32 - 9, 2**32 - 9)),
        "a primary item that isn't there": lambda: start + meta([size(64, 64)], [coded], primary=9, data=b"x"),
        "a film of 2^32 − 1 pictures": lambda: start + _film(full(b"stsz", b"\0\0\0\0\xff\xff\xff\xff")),
    }  # fmt: skip


def _large(brand: bytes, coded: bytes) -> dict[str, Callable[[], bytes]]:
    start = kind_of(brand)
    return {
        "2^32 − 1 a side": lambda: start + _one(2**32 - 1, 2**32 - 1, coded),
        "65,535 a side": lambda: start + _one(65_535, 65_535, coded),
        "30,000 × 30,000": lambda: start + _one(30_000, 30_000, coded),
        "0 × 0": lambda: start + _one(0, 0, coded),
    }


def _real(old: bytes, new: bytes) -> Callable[[], bytes]:
    """Change a real file in one place."""
    return lambda: encode(scene(), "AVIF", speed=10).replace(old, new) if features.check("avif") else b"?"


def _flat(side: int) -> bytes:
    """Return a real file of one colour."""
    return encode(Image.new("RGB", (side, side)), "AVIF", speed=10) if features.check("avif") else b"?"


_FORMATS = {"avif": (b"avif", b"av01"), "heic": (b"heic", b"hvc1")}
_SCENE = struct.pack(">II", 96, 64)

FILES: list[Hostile] = [
    *(one for name, told in _FORMATS.items() for one in files(name, _for(*told), _ANY)),
    *(one for name, told in _FORMATS.items() for one in files(name, _large(*told), OVER | _NEW)),
    *files("avif", {
        "said to be 7,000 × 7,000": _real(_SCENE, struct.pack(">II", 7000, 7000)),
        "said to be 2^31 wide": _real(_SCENE, struct.pack(">II", 2**31, 1)),
        "said to be 1 × 1": _real(_SCENE, struct.pack(">II", 1, 1)),
        "said to be of 10 bits": _real(b"av1C\x81", b"av1C\xe1"),
        "36 megapixels said to be one": lambda: _flat(6000).replace(size(6000, 6000), size(1, 1)),
        "no pixels": _real(b"mdat", b"free"),
    }, _ANY),
    *files("avif", {"no directory": _real(b"meta", b"free")}, CORRUPT | _NEW),
    *files_with("brand", lambda brand: kind_of(brand) + _one(64, 64, b"av01"), {
        brand.hex(): brand for brand in BRANDS
    }, _ANY),
]  # fmt: skip
