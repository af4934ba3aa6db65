"""HEIC and AVIF files: boxes of one kind, pixels of another.

Source:
    ISO/IEC 14496-12:2022, 4.2 and 8.11: boxes, items; ISO/IEC 23008-12:2022, 6.5 and 6.6: image properties, grids;
    AV1 Image File Format 1.1.0, 2022, section 2.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from shared.analysis.header import corrupt

#: Boxes, items, extents, references and associations of one file. A phone's photograph has about 500; without a bound
#: a file of empty boxes keeps Python busy for seconds.
MAX_STEPS = 100_000

#: A file type box is looked at up to here; real ones name about five brands.
MAX_BRANDS_BYTES = 256

_HEIC = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_AVIF = frozenset({b"avif", b"avis"})
_ANY = frozenset({b"mif1", b"mif2", b"msf1", b"miaf"})
C2PA_UUID = bytes.fromhex("d8fec3d61b0e483c92975828877ec481")


class Box(NamedTuple):
    """One box: its type, where its body begins and ends, and where the type stands."""

    kind: bytes
    body: int
    end: int
    name: int = 0


class Steps:
    """How much more there may be to look at."""

    def __init__(self) -> None:
        self._left = MAX_STEPS

    def take(self, count: int = 1) -> None:
        """Take some.

        Raises:
            ImageRejected: ``corrupt_image``; there are no more.
        """
        self._left -= count
        if self._left < 0:
            raise corrupt(f"The file has more than {MAX_STEPS:,} boxes, items and references.")


@dataclass
class Items:
    """What a ``meta`` box says.

    Args:
        primary: Number of the item that is the image; 0 when there is none.
        kinds: Type of each item, by number.
        names: Where that type stands in the file.
        places: Byte ranges of each item's data.
        properties: Boxes of the property container, in order.
        used: Numbers of the properties of each item, from 1, in order.
        references: Type, from which item, to which items.
    """

    primary: int = 0
    kinds: dict[int, bytes] = field(default_factory=dict)
    names: dict[int, int] = field(default_factory=dict)
    places: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    properties: list[Box] = field(default_factory=list)
    used: dict[int, list[int]] = field(default_factory=dict)
    references: list[tuple[bytes, int, tuple[int, ...]]] = field(default_factory=list)

    def of(self, item: int) -> list[Box]:
        """Return the properties of an item, in order."""
        return [self.properties[index - 1] for index in self.used.get(item, ()) if 0 < index <= len(self.properties)]

    def referring(self, kind: bytes, to: int) -> list[int]:
        """Return the items that refer to another."""
        return [source for name, source, targets in self.references if name == kind and to in targets]

    def referred(self, kind: bytes, source: int) -> tuple[int, ...]:
        """Return the items that an item refers to."""
        return next((targets for name, item, targets in self.references if name == kind and item == source), ())


def brand(head: bytes) -> str | None:
    """Tell ``heic`` or ``avif`` by the brands of a file.

    Args:
        head: Its first ``MAX_BRANDS_BYTES``.

    Returns:
        What the major brand says, or else the first of the compatible ones that says anything; None for others.
    """
    if head[4:8] != b"ftyp":
        return None
    end = min(int.from_bytes(head[:4]), MAX_BRANDS_BYTES, len(head))
    major, others = head[8:12], [head[at : at + 4] for at in range(16, end - 3, 4)]
    for name in (major, *(others if major in _ANY else ())):
        if name in _HEIC or name in _AVIF:
            return "heic" if name in _HEIC else "avif"
    return None


def boxes(data: bytes, start: int, end: int, steps: Steps) -> Iterator[Box]:
    """Yield the boxes in a byte range, in order.

    Raises:
        ImageRejected: ``corrupt_image``; one goes beyond the range.
    """
    while start < end:
        steps.take()
        if start + 8 > end:
            raise corrupt(f"The file is cut off at byte {end:,}: half a box.")
        size, kind = struct.unpack_from(">I4s", data, start)
        body = start + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, body)
            body += 8
        stop = start + size if size else end
        if not body <= stop <= end:
            raise corrupt(f"The file is cut off: a box at byte {start:,} ends at {stop:,} of {end:,}.")
        yield Box(kind, body, stop, start + 4)
        start = stop


def found(data: bytes, path: tuple[bytes, ...], within: Box, steps: Steps) -> Box | None:
    """Return the first box under a path of types."""
    box = within
    for kind in path:
        child = next((child for child in boxes(data, box.body, box.end, steps) if child.kind == kind), None)
        if child is None:
            return None
        box = child
    return box


def items(data: bytes, meta: Box, steps: Steps) -> Items:
    """Read a ``meta`` box.

    Raises:
        ImageRejected: ``corrupt_image``; an item's data goes beyond the file, or there is too much of anything.
        struct.error, IndexError: It is cut off.
    """
    read, idat, iloc = Items(), Box(b"idat", 0, 0), None
    for box in boxes(data, meta.body + 4, meta.end, steps):
        if box.kind == b"pitm":
            read.primary = int.from_bytes(data[box.body + 4 : box.body + (6 if data[box.body] == 0 else 8)])
        elif box.kind == b"iinf":
            _read_types(data, box, read, steps)
        elif box.kind == b"iref":
            _read_references(data, box, read, steps)
        elif box.kind == b"iprp":
            _read_properties(data, box, read, steps)
        elif box.kind == b"iloc":
            iloc = box
        elif box.kind == b"idat":
            idat = box
    if iloc:
        _read_places(data, iloc, idat, read, steps)
    return read


def _read_types(data: bytes, box: Box, read: Items, steps: Steps) -> None:
    start = box.body + (6 if data[box.body] == 0 else 8)
    for entry in boxes(data, start, box.end, steps):
        if entry.kind != b"infe":
            continue
        wide = data[entry.body] >= 3  # noqa: PLR2004 - version 3 has numbers of 32 bits
        number = int.from_bytes(data[entry.body + 4 : entry.body + (8 if wide else 6)])
        at = entry.body + (10 if wide else 8)
        read.kinds[number], read.names[number] = data[at : at + 4], at


def _read_references(data: bytes, box: Box, read: Items, steps: Steps) -> None:
    code, width = (">H", 2) if data[box.body] == 0 else (">I", 4)
    for entry in boxes(data, box.body + 4, box.end, steps):
        source, count = struct.unpack_from(code + "H", data, entry.body)
        steps.take(count)
        targets = struct.unpack_from(f">{count}{code[1]}", data, entry.body + width + 2)
        read.references.append((entry.kind, source, targets))


def _read_properties(data: bytes, box: Box, read: Items, steps: Steps) -> None:
    for part in boxes(data, box.body, box.end, steps):
        if part.kind == b"ipco":
            read.properties = list(boxes(data, part.body, part.end, steps))
        elif part.kind == b"ipma":
            _read_associations(data, part, read, steps)


def _read_associations(data: bytes, box: Box, read: Items, steps: Steps) -> None:
    version, flags, count = struct.unpack_from(">B3sI", data, box.body)
    code, width, mask = (">H", 2, 0x7FFF) if flags[2] & 1 else (">B", 1, 0x7F)
    at = box.body + 8
    for _ in range(count):
        (number,) = struct.unpack_from(">I" if version else ">H", data, at)
        at += 4 if version else 2
        steps.take(1 + data[at])
        used = struct.unpack_from(f">{data[at]}{code[1]}", data, at + 1)
        read.used.setdefault(number, []).extend(index & mask for index in used)
        at += 1 + width * data[at]


def _read_places(data: bytes, box: Box, idat: Box, read: Items, steps: Steps) -> None:
    """Read where each item's data stands: in the file, or in the ``idat`` box."""
    version, sizes = data[box.body], struct.unpack_from(">H", data, box.body + 4)[0]
    at = box.body + 6

    def number(length: int) -> int:
        nonlocal at
        at += length
        if at > box.end:
            raise corrupt(f"The table of items is cut off at byte {box.end:,}.")
        return int.from_bytes(data[at - length : at])

    offset, length, base, index = sizes >> 12, sizes >> 8 & 15, sizes >> 4 & 15, (sizes & 15 if version else 0)
    wide = 4 if version == 2 else 2  # noqa: PLR2004 - version 2 has numbers of 32 bits
    for _ in range(number(wide)):
        item = number(wide)
        method = number(2) & 15 if version else 0
        number(2)
        origin = number(base) + (idat.body if method == 1 else 0)
        steps.take(1 + (extents := number(2)))
        for _ in range(extents):
            number(index)
            start = origin + number(offset)
            stop = start + number(length)
            if stop > len(data):
                raise corrupt(f"The file is cut off: item {item} ends at byte {stop:,} of {len(data):,}.")
            read.places.setdefault(item, []).append((start, stop) if method < 2 else (0, 0))  # noqa: PLR2004 - another item
