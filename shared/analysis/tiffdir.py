"""The directories of a TIFF: read as a whole, and built anew without what nobody needs.

Source:
    Adobe, "TIFF Revision 6.0", 1992, section 2; CIPA DC-008-2023 (Exif 3.0), 4.6.3.
"""

import struct
from typing import NamedTuple

from shared.analysis.header import MAX_METADATA_BYTES, corrupt
from shared.errors import ImageRejected

ORDERS = {b"II*\x00": "<", b"MM\x00*": ">"}
ORIENTATION, _EXIF, _GPS, _MAKER_NOTE = 274, 34665, 34853, 37500

#: What stands in the first directory beside pixels and is worth reporting: make, model, software, date.
_DESCRIBING = frozenset({271, 272, ORIENTATION, 305, 306, _EXIF, _GPS})

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_CODES = {1: "B", 3: "H", 4: "I"}

#: Whole numbers of one field: a tall image has so many strips.
MAX_VALUES = 262_144
#: Of a field that goes into an EXIF block, and how many fields of one directory do.
_MAX_FIELD_BYTES, _MAX_KEPT = 1024, 128


class Field(NamedTuple):
    """One entry of a directory: its type, how many values, where they stand, and its 12 bytes."""

    kind: int
    number: int
    at: int
    raw: bytes

    @property
    def size(self) -> int:
        """Bytes of all its values; a type that is not known counts as bytes."""
        return self.number * _SIZES.get(self.kind, 1)


class Page:
    """One directory."""

    def __init__(self, data: bytes, order: str, fields: dict[int, Field]) -> None:
        self.data, self.order, self.fields = data, order, fields

    def values(self, tag: int, default: tuple[int, ...]) -> tuple[int, ...]:
        """Return whole numbers.

        Raises:
            ImageRejected: ``corrupt_image``; they are none, or more than ``MAX_VALUES``.
            struct.error: They stand outside the file.
        """
        field = self.fields.get(tag)
        if field is None:
            return default
        if field.kind not in _CODES or not 0 < field.number <= MAX_VALUES:
            raise corrupt(f"The TIFF has {field.number:,} values of type {field.kind} in field {tag}.")
        return struct.unpack_from(f"{self.order}{field.number}{_CODES[field.kind]}", self.data, field.at)

    def value(self, tag: int, default: int = 0) -> int:
        """Return the first of the whole numbers."""
        return self.values(tag, (default,))[0]

    def bytes(self, tag: int) -> bytes:
        """Return a field as it stands; empty when there is none, or one over ``MAX_METADATA_BYTES``."""
        field = self.fields.get(tag)
        return self.data[field.at : field.at + field.size] if field and field.size <= MAX_METADATA_BYTES else b""


def directory(data: bytes, order: str, offset: int) -> tuple[dict[int, Field], int]:
    """Read one directory; of a field that is there twice the first.

    Returns:
        Its fields by tag, and where the next directory stands, or 0.

    Raises:
        struct.error: It stands outside the file.
    """
    (count,) = struct.unpack_from(order + "H", data, offset)
    fields: dict[int, Field] = {}
    for at in range(offset + 2, offset + 2 + 12 * count, 12):
        tag, kind, values = struct.unpack_from(order + "HHI", data, at)
        inline = values * _SIZES.get(kind, 1) <= 4  # noqa: PLR2004 - as many bytes as an offset has
        start = at + 8 if inline else struct.unpack_from(order + "I", data, at + 8)[0]
        fields.setdefault(tag, Field(kind, values, start, data[at : at + 12]))
    (following,) = struct.unpack_from(order + "I", data, offset + 2 + 12 * count)
    return fields, following


def table(order: str, entries: list[bytes]) -> bytes:
    """Build a directory that is the last."""
    return struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)


def with_orientation(exif: bytes, value: int) -> bytes:
    """Return an EXIF block that gives another orientation, and says what it said otherwise.

    Args:
        exif: A TIFF structure, with or without the ``Exif`` prefix; may be empty or broken.
        value: 1-8.
    """
    block = exif.removeprefix(b"Exif\x00\x00")
    order = ORDERS.get(block[:4], "<")
    try:
        fields, _ = directory(block, order, struct.unpack_from(order + "I", block, 4)[0])
    except (struct.error, ImageRejected):
        order, block, fields = "<", b"II*\x00\x08\x00\x00\x00", {}
    entries = {tag: field.raw for tag, field in fields.items()}
    entries[ORIENTATION] = struct.pack(order + "HHIHH", ORIENTATION, 3, 1, value, 0)
    last = table(order, [raw for _, raw in sorted(entries.items())])
    return block[:4] + struct.pack(order + "I", len(block)) + block[8:] + last


def described(page: Page) -> bytes:
    """Build an EXIF block of its own from what the file says about the photograph."""
    start = page.data[:4] + struct.pack(page.order + "I", 8)
    return start + _packed(page, _DESCRIBING, 8)


def _packed(page: Page, tags: frozenset[int] | None, at: int) -> bytes:
    """Build a directory with its values behind it, to stand at byte ``at``; without maker notes and large fields."""
    kept = [(tag, field) for tag, field in sorted(page.fields.items()) if tags is None or tag in tags][:_MAX_KEPT]
    behind = at + 2 + 12 * len(kept) + 4
    entries, values = [], b""
    for tag, field in kept:
        left_out = tag == _MAKER_NOTE or field.size > _MAX_FIELD_BYTES
        body = b"" if left_out else page.data[field.at : field.at + field.size]
        offset, count = struct.pack(page.order + "I", behind + len(values)), len(body) // _SIZES.get(field.kind, 1)
        if tags is not None and tag in (_EXIF, _GPS):
            body, count = _pointed(page, field, behind + len(values)), 1
        elif field.size <= 4:  # noqa: PLR2004 - in place
            offset, body = field.raw[8:], b""
        entries.append(struct.pack(page.order + "HHI", tag, field.kind, count) + offset)
        values += body
    return table(page.order, entries) + values


def _pointed(page: Page, field: Field, at: int) -> bytes:
    """Build the directory that a field points to; one without entries where it is broken."""
    try:
        (offset,) = struct.unpack_from(page.order + "I", page.data, field.at)
        fields, _ = directory(page.data, page.order, offset)
    except struct.error:
        fields = {}
    return _packed(Page(page.data, page.order, fields), None, at)
