"""What one row is: keys, typed properties, limits, and how it is written as JSON."""

import base64
import binascii
import json
import math
import re
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import quote

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.exchange import Refusal, Unreadable

Order = tuple[bytes, bytes]

MINIMAL = "application/json;odata=minimalmetadata"
NONE = "application/json;odata=nometadata"
FULL = "application/json;odata=fullmetadata"

_LONGEST_KEY = 512
_LARGEST_VALUE = 64 * 1024
_BAD_KEY = re.compile(r"[\x00-\x1f\x7f-\x9f/\\#?]")
#: JavaScript writes larger ones with an exponent.
_LARGEST_WHOLE = 1e21
_INTEGER = re.compile(r"[+-]?\d+")
_NOT_FINITE = frozenset({"NaN", "Infinity", "-Infinity"})
_TYPE = "@odata.type"
#: Written beside a value, as the value's JSON does not tell the type.
_ANNOTATED = frozenset({"Edm.Binary", "Edm.DateTime", "Edm.Guid", "Edm.Int64"})


class Property(NamedTuple):
    """One property of a row.

    Attributes:
        type: Edm type.
        operand: What filters compare: Int64, DateTime and Binary as text, a Guid as base64 of its text.
        plain: Its JSON pair.
        minimal: The same, behind its type where the value does not tell that.
    """

    type: str
    operand: object
    plain: str
    minimal: str


@dataclass(slots=True, frozen=True)
class Row:
    """A stored row.

    Attributes:
        partition: PartitionKey.
        row_key: RowKey.
        order: Both keys as what they are sorted by: UTF-16 code units.
        properties: By name, without the system's own.
        timestamp: Of the last write.
        etag: Of the last write.
    """

    partition: str
    row_key: str
    order: Order
    properties: Mapping[str, Property]
    timestamp: str
    etag: str

    def value(self, name: str) -> object:
        """Return what a filter compares; None where the row has no such property."""
        found = self.properties.get(name)
        if found is not None:
            return found.operand
        if name == "PartitionKey":
            return self.partition
        if name == "RowKey":
            return self.row_key
        return self.timestamp if name == "Timestamp" else None

    def json(self, head: Mapping[str, str], metadata: str, select: AbstractSet[str] | None) -> str:
        """Write the row.

        Args:
            head: ``odata.`` annotations that go first.
            metadata: How much else is annotated.
            select: Names of properties; None for all.
        """
        pairs = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in head.items()]
        own = (("PartitionKey", self.partition), ("RowKey", self.row_key), ("Timestamp", self.timestamp))
        pairs += [f'"{name}":{json.dumps(value)}' for name, value in own if select is None or name in select]
        if metadata == FULL and (select is None or "Timestamp" in select):
            pairs.append('"Timestamp@odata.type":"Edm.DateTime"')
        chosen = self.properties.items() if select is None else self._select(select)
        plain = metadata == NONE
        pairs += [one.plain if plain else one.minimal for _, one in chosen]
        return "{" + ",".join(pairs) + "}"

    def _select(self, select: AbstractSet[str]) -> list[tuple[str, Property]]:
        return [(name, one) for name, one in self.properties.items() if name in select]


def order_of(partition: str, row_key: str) -> Order:
    """Return what rows are sorted by: UTF-16 code units, not code points."""
    return partition.encode("utf-16-be", "surrogatepass"), row_key.encode("utf-16-be", "surrogatepass")


def make_row(partition: str, row_key: str, properties: Mapping[str, Property], moment: datetime) -> Row:
    """Make a row as it is after a write at this time."""
    timestamp = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}0Z"
    etag = f"W/\"datetime'{quote(timestamp)}'\""
    return Row(partition, row_key, order_of(partition, row_key), properties, timestamp, etag)


def check_key(key: str) -> None:
    """Refuse a key that the service does not take.

    Raises:
        Refusal: It is longer than 1 KiB, or has a character that keys may not have.
    """
    if units(key) > _LONGEST_KEY or _BAD_KEY.search(key):
        raise invalid_input()


def check_sizes(body: Mapping[str, Any]) -> None:
    """Refuse a property that is too large, or of no known type.

    Raises:
        Refusal: ``PropertyValueTooLarge``; ``InvalidInput`` for a date that is empty.
    """
    for name, value in body.items():
        if not isinstance(value, str):
            continue
        kind = body.get(name + _TYPE)
        if kind is not None and kind not in _READERS:
            raise Unreadable(status=500)
        if len(value) > _LARGEST_VALUE // 4 and _bytes(value, kind) > _LARGEST_VALUE:
            raise Refusal(400, "PropertyValueTooLarge", _VALUE_TOO_LARGE)
        if not value and kind == "Edm.DateTime":
            raise invalid_input()


def check_row(row: Row, behaviour: Behaviour) -> None:
    """Refuse a row that would be too large.

    Raises:
        Refusal: ``TooManyProperties``, or ``EntityTooLarge``.
    """
    if behaviour.most_properties is not None and len(row.properties) > behaviour.most_properties:
        raise Refusal(400, "TooManyProperties", _TOO_MANY)
    if behaviour.largest_row is not None and _stored_bytes(row) > behaviour.largest_row:
        raise Refusal(400, "EntityTooLarge", TOO_LARGE)


def _stored_bytes(row: Row) -> int:
    """Return what a row takes, by the formula of the service's documentation (capacity of tables)."""
    keys = 4 + 2 * (units(row.partition) + units(row.row_key))
    return keys + sum(8 + 2 * units(name) + _property_bytes(one) for name, one in row.properties.items())


def _property_bytes(one: Property) -> int:
    if one.type in ("Edm.String", "Edm.Binary"):
        return 4 + _bytes(str(one.operand), one.type)
    return _FIXED.get(one.type, 8)


def _bytes(value: str, kind: str | None) -> int:
    return _decode(value) if kind == "Edm.Binary" else 2 * units(value)


TOO_LARGE = "The entity is larger than the maximum allowed size (1MB)."
_TOO_MANY = "The entity contains more properties than allowed."
_FIXED = {"Edm.Boolean": 1, "Edm.Int32": 4, "Edm.Guid": 16}
_VALUE_TOO_LARGE = (
    "The property value exceeds the maximum allowed size (64KB). If the property value is a string, it is UTF-16 "
    "encoded and the maximum number of characters should be 32K or less."
)


def properties_of(body: Mapping[str, Any]) -> dict[str, Property]:
    """Read the properties of a request's JSON; a null is no property.

    Raises:
        Refusal: A value is not of the type that stands beside it.
    """
    return {
        name: _property(name, value, body.get(name + _TYPE))
        for name, value in body.items()
        if name not in _SYSTEM and not name.endswith(_TYPE) and (value is not None or name + _TYPE in body)
    }


_SYSTEM = frozenset({"PartitionKey", "RowKey", "Timestamp", "odata.etag"})


def _property(name: str, value: Any, kind: str | None) -> Property:  # noqa: ANN401 - whatever JSON has
    kind = kind or _infer(value)
    try:
        value = _READERS[kind](value)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise invalid_input() from None
    pair = f"{json.dumps(name)}:{json.dumps(value)}"
    annotated = kind in _ANNOTATED or (kind == "Edm.Double" and isinstance(value, str))
    minimal = f'{json.dumps(name + _TYPE)}:"{kind}",{pair}' if annotated else pair
    operand = base64.b64encode(value.encode()).decode() if kind == "Edm.Guid" else value
    return Property(kind, operand, pair, minimal)


def _infer(value: object) -> str:
    if isinstance(value, bool):
        return "Edm.Boolean"
    if isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
        return "Edm.Int32"
    return "Edm.Double" if isinstance(value, float) else "Edm.String"


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _int32(value: object) -> int | float:
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise ValueError
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    number = float(value)
    return int(number) if number.is_integer() and abs(number) < _LARGEST_WHOLE else number


def _boolean(value: object) -> bool:
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}[_text(value)]


def _double(value: object) -> float | str:
    if value in _NOT_FINITE:
        return str(value)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _moment(value: object) -> str:
    text = _text(value)
    return text if text.endswith("Z") or not _LOCAL.fullmatch(text) else text + "Z"


_LOCAL = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?)?")
_READERS = {
    "Edm.Binary": _text,
    "Edm.Boolean": _boolean,
    "Edm.DateTime": _moment,
    "Edm.Double": _double,
    "Edm.Guid": _text,
    "Edm.Int32": _int32,
    "Edm.Int64": _text,
    "Edm.String": _text,
}


def invalid_input(message: str = "An error occurred while processing this request.") -> Refusal:
    """Return the service's answer to what it can't read."""
    return Refusal(400, "InvalidInput", message)


def units(text: str) -> int:
    """Return a text's length in UTF-16 code units, as the service counts."""
    return len(text) if text.isascii() else len(text.encode("utf-16-be", "surrogatepass")) // 2


def _decode(text: str) -> int:
    try:
        return len(base64.b64decode(text))
    except (binascii.Error, ValueError):
        return len(text)
