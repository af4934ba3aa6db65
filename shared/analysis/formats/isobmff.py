"""The boxes of HEIC and AVIF files, as far as the libraries do not report them.

pi-heif does not report how it turned an image. libavif does not report the bit depth, fails an image whose EXIF block
is broken, and gives the same reason for a file that is cut off and for one that it rejects because it is strict.

Source:
    ISO/IEC 14496-12:2022, 4.2 and 8.11: boxes, items; ISO/IEC 23008-12:2022, 6.5: image properties.
"""

import struct
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

#: Of a file type box that are read; real ones name about five brands.
MAX_BRANDS_BYTES = 256
#: In a row. A phone's photograph has some hundred; a file of a million empty boxes costs a second.
MAX_BOXES = 10_000

_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF = frozenset({b"avif", b"avis"})
_ANY = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})

#: What x and y become, by EXIF orientation (CIPA DC-008-2023, 4.6.5.1.4): x' = ax + by, y' = cx + dy, y downwards.
_TURNS = {
    (1, 0, 0, 1): 1,
    (-1, 0, 0, 1): 2,
    (-1, 0, 0, -1): 3,
    (1, 0, 0, -1): 4,
    (0, 1, 1, 0): 5,
    (0, -1, 1, 0): 6,
    (0, -1, -1, 0): 7,
    (0, 1, -1, 0): 8,
}
_METADATA = frozenset({b"Exif", b"mime", b"uri "})
_STILL_BRANDS = {
    b"msf1": b"mif1",
    b"avis": b"avif",
    b"hevc": b"heic",
    b"hevx": b"heix",
    b"hevm": b"heim",
    b"hevs": b"heis",
}
_TABLES = frozenset({b"iinf", b"iloc", b"iref", b"ipma"})
_Turn = tuple[int, int, int, int]


class Box(NamedTuple):
    """One box: its type, and where its body begins and ends."""

    kind: bytes
    body: int
    end: int


def brand(head: bytes) -> str | None:
    """Return the format: by the major brand or, if that only says "an image", by the first that says more.

    Args:
        head: The first ``MAX_BRANDS_BYTES`` of a file.
    """
    if head[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(head[:4]), len(head), MAX_BRANDS_BYTES)
    major, others = head[8:12], [head[at : at + 4] for at in range(16, end - 3, 4)]
    for name in [major, *(others if major in _ANY else ())]:
        if name in _HEIC or name in _AVIF:
            return "heic" if name in _HEIC else "avif"
    return None


def boxes(data: bytes, start: int, end: int) -> Iterator[Box]:
    """Yield the boxes between two places, up to the first broken one and at most ``MAX_BOXES``."""
    for _ in range(MAX_BOXES):
        if start + 8 > end:
            return
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            size, body = int.from_bytes(data[body : body + 8]), body + 8
        stop = start + size if size else end
        if stop < body:
            return
        yield Box(kind, body, stop)
        start = stop


def is_cut_off(data: bytes) -> bool:
    """Return whether a top-level box ends beyond the file."""
    ends = [box.end for box in boxes(data, 0, len(data))]
    return not ends or ends[-1] != len(data)


def inner(data: bytes, path: tuple[bytes, ...]) -> Iterator[Box]:
    """Yield the boxes within those of a path; of each kind, the first counts."""
    found = Box(b"", 0, len(data))
    for kind in path:
        found = next((box for box in boxes(data, found.body, found.end) if box.kind == kind), Box(b"", 0, 0))
        if kind == b"meta":
            found = found._replace(body=found.body + 4)
    return boxes(data, found.body, min(found.end, len(data)))


def orientation(data: bytes) -> int:
    """Return the orientation of the primary image, 1-8, by ``irot`` and ``imir``, which alone count in HEIF."""
    turn: _Turn = (1, 0, 0, 1)
    for box in _primary_properties(data):
        if box.kind == b"irot":
            for _ in range(data[box.body] & 3):
                turn = _times((0, 1, -1, 0), turn)
        elif box.kind == b"imir":
            turn = _times((-1, 0, 0, 1) if data[box.body] & 1 else (1, 0, 0, -1), turn)
    return _TURNS[turn]


def _times(left: _Turn, right: _Turn) -> _Turn:
    (a, b, c, d), (e, f, g, h) = left, right
    return a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h


def _primary_properties(data: bytes) -> list[Box]:
    """Return the property boxes of the primary image, in order; none if anything is broken."""
    meta = {box.kind: box for box in inner(data, (b"meta",))}
    parts = {box.kind: box for box in inner(data, (b"meta", b"iprp"))}
    if not {b"pitm", b"iprp"} <= meta.keys() or not {b"ipco", b"ipma"} <= parts.keys():
        return []
    pitm, properties = meta[b"pitm"].body, list(boxes(data, parts[b"ipco"].body, parts[b"ipco"].end))
    primary = int.from_bytes(data[pitm + 4 : pitm + (8 if data[pitm] else 6)])
    try:
        indices = _associations(data, parts[b"ipma"].body, primary)
    except (struct.error, IndexError):
        return []
    return [properties[index - 1] for index in indices if 0 < index <= len(properties)]


def _associations(data: bytes, at: int, item: int) -> tuple[int, ...]:
    """Return the numbers of an item's properties, from 1; its first entry counts."""
    version, flags, count = struct.unpack_from(">B3sI", data, at)
    code, width, mask = ("H", 2, 0x7FFF) if flags[2] & 1 else ("B", 1, 0x7F)
    at += 8
    for _ in range(count):
        (number,) = struct.unpack_from(">I" if version else ">H", data, at)
        at += 4 if version else 2
        if number == item:
            return tuple(index & mask for index in struct.unpack_from(f">{data[at]}{code}", data, at + 1))
        at += 1 + width * data[at]
    return ()


def av1_layout(data: bytes) -> tuple[bool, bool]:
    """Return whether any AV1 image of the file is 4:4:4, and whether any has more than 8 bits."""
    flags = [data[box.body + 2] for box in inner(data, (b"meta", b"iprp", b"ipco")) if box.kind == b"av1C"]
    return any(not flag & 0x1C for flag in flags), any(flag & 0x40 for flag in flags)


def largest_table(data: bytes) -> int:
    """Return the bytes of the largest kind of item table: libavif looks each item up in all others."""
    sizes: Counter[bytes] = Counter()
    for box in (*inner(data, (b"meta",)), *inner(data, (b"meta", b"iprp"))):
        if box.kind in _TABLES:
            sizes[box.kind] += box.end - box.body
    return max(sizes.values(), default=0)


def track_frames(data: bytes) -> int:
    """Return how many frames the longest track has, if the file is long enough for them; otherwise 1."""
    frames = 1
    for track in inner(data, (b"moov",)):
        media = data[track.body : min(track.end, len(data))] if track.kind == b"trak" else b""
        handler = next((box for box in inner(media, (b"mdia",)) if box.kind == b"hdlr"), None)
        if handler is None or media[handler.body + 8 : handler.body + 12] not in (b"pict", b"vide"):
            continue
        for box in inner(media, (b"mdia", b"minf", b"stbl")):
            if box.kind == b"stsz" and box.end <= len(media) and box.end - box.body >= 12:  # noqa: PLR2004 - its head
                size, count = struct.unpack_from(">II", media, box.body + 4)
                frames = max(frames, count if count * (size or 4) <= len(data) else 1)
    return frames


def still_alone(data: bytes) -> bytes:
    """Return a copy without metadata and tracks, and without brands that promise them, so that they fail no image."""
    copy = bytearray(without_metadata(data, all_of_it=True))
    for box in boxes(data, 0, len(data)):
        if box.kind == b"moov":
            copy[box.body - 8 : box.body] = data[box.body - 8 : box.body].replace(b"moov", b"free")
        elif box.kind == b"ftyp":
            for at in (box.body, *range(box.body + 8, min(box.end, len(data)) - 3, 4)):
                copy[at : at + 4] = _STILL_BRANDS.get(data[at : at + 4], data[at : at + 4])
    return bytes(copy)


def without_metadata(data: bytes, *, all_of_it: bool = False) -> bytes:
    """Return a copy of the same length, in which the items of metadata have a type that decoders skip.

    Args:
        data: The file.
        all_of_it: Not only items whose type is not ASCII: pi-heif 1.4 crashes if it is not UTF-8.
    """
    copy = bytearray(data)
    for entry in _item_types(data):
        at = entry.body + (10 if data[entry.body] >= 3 else 8)  # noqa: PLR2004 - version 3 has numbers of 32 bits
        kind, behind = data[at : at + 4], data[at + 4 : min(entry.end, len(data))]
        if not kind.isascii() or (kind in _METADATA and (all_of_it or not behind.isascii())):
            copy[at : at + 4] = b"free"
    return bytes(copy)


def _item_types(data: bytes) -> Iterator[Box]:
    for box in inner(data, (b"meta",)):
        if box.kind == b"iinf" and box.body < len(data):
            start = box.body + (6 if data[box.body] == 0 else 8)
            yield from (entry for entry in boxes(data, start, min(box.end, len(data))) if entry.kind == b"infe")
