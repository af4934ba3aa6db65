"""The directories of a TIFF structure, as EXIF blocks have them; bounded, and no bytes make it raise.

It follows no chain of directories, so none can lead in a circle.

Source:
    TIFF 6.0 (1992), section 2; CIPA DC-008-2023 (Exif 3.0), 4.6.2 for the type UTF-8.
"""

import struct
from dataclasses import dataclass
from fractions import Fraction

#: Entries of one directory that are looked at; cameras write some dozens.
MAX_ENTRIES = 512
#: Values of one entry that are read; a position has three.
_MAX_VALUES = 4
#: Of one field that is read: all entries may point to the same bytes.
MAX_FIELD_BYTES = 1024

_ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _UNDEFINED, _SRATIONAL, _UTF8 = 1, 2, 3, 4, 5, 7, 10, 129
_SIZES = {_BYTE: 1, _ASCII: 1, _SHORT: 2, _LONG: 4, _RATIONAL: 8, _UNDEFINED: 1, _SRATIONAL: 8, _UTF8: 1}


@dataclass(frozen=True)
class Entry:
    """One field of a directory.

    Args:
        kind: Its type as TIFF numbers them.
        raw: Its values as they stand in the file, as far as the block has them; at most ``MAX_FIELD_BYTES``.
        order: ``<`` or ``>``.
    """

    kind: int
    raw: bytes
    order: str

    def whole(self) -> int | None:
        """Return the first value of a BYTE, SHORT or LONG."""
        code = {_BYTE: "B", _SHORT: "H", _LONG: "I"}.get(self.kind)
        if code is None or len(self.raw) < _SIZES[self.kind]:
            return None
        value: int = struct.unpack_from(self.order + code, self.raw)[0]
        return value

    def fractions(self) -> list[Fraction] | None:
        """Return the values of a RATIONAL, four at most; None when it is none, or one is divided by 0."""
        code = {_RATIONAL: "II", _SRATIONAL: "ii"}.get(self.kind)
        count = min(len(self.raw) // 8, _MAX_VALUES)
        if code is None or not count:
            return None
        numbers = struct.unpack_from(self.order + code * count, self.raw)
        if not all(numbers[1::2]):
            return None
        return [Fraction(above, below) for above, below in zip(numbers[::2], numbers[1::2], strict=True)]

    def text(self) -> bytes | None:
        """Return the characters of an ASCII or UTF-8 field, without what follows the first NUL."""
        return self.raw.partition(b"\0")[0] if self.kind in (_ASCII, _UTF8) else None


def first(block: bytes) -> dict[int, Entry]:
    """Return the first directory of a TIFF structure, by tag; empty when there is none.

    Args:
        block: With or without the prefix ``Exif``; any bytes.
    """
    block = block.removeprefix(b"Exif\x00\x00")
    order = _ORDERS.get(block[:4])
    if order is None or len(block) < 8:  # noqa: PLR2004 - the header
        return {}
    return _read(block, order, struct.unpack_from(order + "I", block, 4)[0])


def under(block: bytes, parent: dict[int, Entry], tag: int) -> dict[int, Entry]:
    """Return the directory that an entry points to, by tag; empty when there is none.

    Args:
        block: As of ``first``.
        parent: What that has returned.
        tag: Of the pointer.
    """
    pointer = parent.get(tag)
    offset = pointer.whole() if pointer and pointer.kind == _LONG else None
    return _read(block.removeprefix(b"Exif\x00\x00"), pointer.order, offset) if pointer and offset is not None else {}


def _read(block: bytes, order: str, offset: int) -> dict[int, Entry]:
    """Read the entries at an offset that are whole; of a tag that is there twice the first."""
    found: dict[int, Entry] = {}
    if offset + 2 > len(block):
        return found
    (count,) = struct.unpack_from(order + "H", block, offset)
    for at in range(offset + 2, offset + 2 + 12 * min(count, MAX_ENTRIES), 12):
        if at + 12 > len(block):
            break
        tag, kind, values = struct.unpack_from(order + "HHI", block, at)
        length = values * _SIZES.get(kind, 0)
        start = at + 8 if length <= 4 else struct.unpack_from(order + "I", block, at + 8)[0]  # noqa: PLR2004 - in place
        found.setdefault(tag, Entry(kind, block[start : start + min(length, MAX_FIELD_BYTES)], order))
    return found
