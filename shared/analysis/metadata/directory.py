"""Read the directories of an EXIF block, tolerantly and within limits; no bytes make it raise.

A TIFF file is such a block too. No chain of directories is followed, so none can be a circle. docs/design.md,
"Decisions", compares this with libraries.

Source:
    TIFF 6.0 (1992), section 2; BigTIFF (2007); CIPA DC-008-2023 (Exif 3.0), 4.6.2 for the type UTF-8.
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from shared.analysis.metadata.fields import SIZES, Field

#: That are read of a directory; cameras write some dozens.
MAX_ENTRIES = 512
#: After so many entries of unknown types in a row, a directory has ended.
_MAX_UNKNOWN = 4
#: That are read of a field: all entries may point to the same bytes.
MAX_FIELD_BYTES = 1024

#: The structure may start after one prefix or two, an offset or padding.
_HEADER_WITHIN = 64
#: Both byte orders, also with the magic number in the wrong one, as some programs write it; 43 is BigTIFF.
_HEADER = re.compile(rb"II(?:\*\x00|\x00\*|\+\x00)|MM(?:\x00\*|\*\x00|\x00\+)")

_EXIF_POINTER, _GPS_POINTER = 0x8769, 0x8825
_POINTERS = (_EXIF_POINTER, _GPS_POINTER)
#: No directory can be within the header.
_HEADER_BYTES = 8

Directory = dict[int, Field]


@dataclass(frozen=True)
class Directories:
    """The directories of a block; each is empty if it is missing or unreadable.

    Args:
        primary: The first directory.
        exif: The EXIF directory.
        gps: The GPS directories that any pointer leads to.
        exif_lost: A pointer to EXIF leads nowhere.
        gps_lost: A pointer to GPS leads nowhere, or to a directory that is cut off.
    """

    primary: Directory
    exif: Directory
    gps: tuple[Directory, ...]
    exif_lost: bool = False
    gps_lost: bool = False


@dataclass(frozen=True)
class _Layout:
    """How numbers are written: byte order, and whether in the wider fields of BigTIFF."""

    order: str
    big: bool

    @property
    def cell(self) -> int:
        """Bytes of a value or an offset within an entry."""
        return 8 if self.big else 4

    def offset(self, block: bytes, at: int) -> int | None:
        """Return the offset that is written at a place; None beyond the end."""
        return _number(block, at, self.order + ("Q" if self.big else "I"))


def read(block: bytes) -> Directories | None:
    """Read the directories of a block.

    Args:
        block: A TIFF structure, with any prefix; any bytes.

    Returns:
        None if no first directory can be read.
    """
    header = _HEADER.search(block[:_HEADER_WITHIN])
    if not header:
        return None
    block = block[header.start() :]
    for layout, offset in _beginnings(block):
        primary = _entries(block, layout, offset)
        if primary:
            return _under(block, layout, primary, offset)
    return None


def _beginnings(block: bytes) -> Iterator[tuple[_Layout, int]]:
    """Yield where the first directory may be: as the header says, in either byte order, and right after the header."""
    order = "<" if block[:2] == b"II" else ">"
    big = b"+" in block[2:4]
    layouts = [_Layout(order, big), _Layout("><"[order == ">"], big)]
    for layout in layouts:
        offset = layout.offset(block, 8 if big else 4)
        if offset is not None:
            yield layout, offset
    for layout in layouts:
        yield layout, 16 if big else 8


def _under(block: bytes, layout: _Layout, primary: Directory, offset: int) -> Directories:
    """Read the directories that the first one points to, and the one that follows it."""
    exif, exif_lost = _follow(block, layout, primary.get(_EXIF_POINTER))
    following = _entries(block, layout, _next(block, layout, offset))
    found = [_follow(block, layout, directory.get(_GPS_POINTER)) for directory in (primary, exif, following)]
    return Directories(
        primary=primary,
        exif=exif,
        gps=tuple(gps for gps, _ in found if gps),
        exif_lost=exif_lost,
        gps_lost=any(lost for _, lost in found),
    )


def _follow(block: bytes, layout: _Layout, pointer: Field | None) -> tuple[Directory, bool]:
    """Return the directory that a pointer of any type leads to, and whether it, or a part of it, is lost."""
    if pointer is None:
        return {}, False
    offsets = [offset for offset in pointer.offsets() if offset]
    for offset in offsets:
        directory = _entries(block, layout, offset)
        if directory:
            return directory, _cut(block, layout, offset)
    # A program that removes a directory leaves zero. An empty directory is readable.
    empty = (
        offset for offset in offsets if offset >= _HEADER_BYTES and _number(block, offset, layout.order + "H") == 0
    )
    return {}, bool(offsets) and next(empty, None) is None


def _next(block: bytes, layout: _Layout, offset: int) -> int:
    """Return the offset of the next directory; 0 for none."""
    count, first, width = _shape(block, layout, offset)
    return layout.offset(block, first + count * width) or 0


def _shape(block: bytes, layout: _Layout, offset: int) -> tuple[int, int, int]:
    """Return how many entries a directory says it has, where the first is, and how long each is."""
    count = _number(block, offset, layout.order + ("Q" if layout.big else "H")) or 0
    return (count, offset + 8, 20) if layout.big else (count, offset + 2, 12)


def _cut(block: bytes, layout: _Layout, offset: int) -> bool:
    count, first, width = _shape(block, layout, offset)
    return first + count * width > len(block)


def _entries(block: bytes, layout: _Layout, offset: int) -> Directory:
    """Read the complete entries at an offset; of several for one tag, the first.

    Returns:
        Nothing if the bytes are not a directory: fewer than half of the entries have a known type.
    """
    count, first, width = _shape(block, layout, offset) if offset >= _HEADER_BYTES else (0, 0, 1)
    found: Directory = {}
    looked = seen = known = 0
    for at in range(first, first + width * min(count, MAX_ENTRIES), width):
        if at + width > len(block):
            break
        tag, kind, values = struct.unpack_from(layout.order + ("HHQ" if layout.big else "HHI"), block, at)
        looked, good = looked + 1, kind in SIZES or tag in _POINTERS
        seen, known = (looked, known + 1) if good else (seen, known)
        if looked - seen > _MAX_UNKNOWN:
            break
        found.setdefault(tag, _field(block, layout, kind, values, at + width - layout.cell))
    return found if 2 * known >= seen else {}


def _field(block: bytes, layout: _Layout, kind: int, values: int, cell: int) -> Field:
    length = values * SIZES.get(kind, 0)
    start = cell if length <= layout.cell else layout.offset(block, cell) or 0
    raw = block[start : start + min(length, MAX_FIELD_BYTES)]
    lost = kind not in SIZES or len(raw) < min(length, MAX_FIELD_BYTES)
    return Field(kind, raw, layout.order, block[cell : cell + layout.cell], lost)


def _number(block: bytes, at: int, code: str) -> int | None:
    if not 0 <= at <= len(block) - struct.calcsize(code):
        return None
    value: int = struct.unpack_from(code, block, at)[0]
    return value
