"""``$filter``: the part of OData that tables know, made into a test of rows and the range of keys that it can match.

Values of different types compare as they do in Azurite, which is written in JavaScript: a number and a text that spells
one have an order, yet are not equal.
"""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Protocol

from tests.simulation.service.entities import Order

Value = object
_Compare = Callable[[object, object], bool]
_TOKEN = re.compile(r"""\s*(?:([()])|('(?:[^']|'')*'?|"(?:[^"]|"")*"?)|([^\s()"']+))""")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?L?")
_HINTS = frozenset({"datetime", "guid", "binary", "x"})
_OPERATORS: dict[str, _Compare] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}
#: Larger than every text in UTF-16.
_LAST = b"\xff\xff\xff"


class Malformed(Exception):
    """The filter can't be read."""


class Sought(Protocol):
    """A row, or a table in the list of tables."""

    def value(self, name: str) -> object:
        """Return a property to compare, None where there is none."""


@dataclass(frozen=True)
class Filter:
    """A filter that has been read.

    Attributes:
        matches: Whether a row does.
        low: No row before this one matches.
        high: No row from this one on matches; None for no bound.
    """

    matches: Callable[[Sought], object]
    low: Order = (b"", b"")
    high: Order | None = None


@dataclass(frozen=True)
class _Node:
    value: Callable[[Sought], object]
    names: int = 0
    name: str | None = None
    literal: str | None = None
    hint: str | None = None
    bounds: tuple[tuple[str, str, str], ...] = ()


@lru_cache(maxsize=4096)
def read(text: str) -> Filter:
    """Read a filter.

    Raises:
        Malformed: It is not one.
    """
    if text in ("", "true", "false"):
        return Filter(lambda _: text != "false")
    node = _Parser(text).read()
    if not node.names:
        raise Malformed
    return Filter(node.value, *_range(node.bounds))


def _range(bounds: tuple[tuple[str, str, str], ...]) -> tuple[Order, Order | None]:
    """Return the keys between which rows can match all of these comparisons with keys."""
    partitions = [_units(text) for name, verb, text in bounds if (name, verb) == ("PartitionKey", "eq")]
    if not partitions:
        return (b"", b""), None
    low, high = b"", _LAST
    for name, verb, text in bounds:
        if name == "RowKey":
            if verb in ("eq", "ge", "gt"):
                low = max(low, _units(text))
            if verb == "lt":
                high = min(high, _units(text))
            if verb in ("eq", "le"):
                high = min(high, _units(text) + b"\x00")
    return (partitions[0], low), (partitions[0], high)


class _Parser:
    """One filter, token by token, by recursive descent."""

    def __init__(self, text: str) -> None:
        self._tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise Malformed
            self._tokens.append((("paren", "string", "word")[match.lastindex - 1], match[match.lastindex]))
            at = match.end()
        self._tokens.append(("end", ""))
        self._at = 0

    def read(self) -> _Node:
        """Read all of it."""
        node = self._or()
        if self._kind() != "end":
            raise Malformed
        return node

    def _kind(self) -> str:
        return self._tokens[self._at][0]

    def _word(self) -> str:
        kind, text = self._tokens[self._at]
        return text.lower() if kind == "word" else ""

    def _next(self) -> str:
        self._at += 1
        return self._tokens[self._at - 1][1]

    def _or(self) -> _Node:
        left = self._and()
        if self._word() != "or":
            return left
        self._next()
        right = self._or()
        return _Node(lambda row: left.value(row) or right.value(row), left.names + right.names)

    def _and(self) -> _Node:
        left = self._unary()
        if self._word() != "and":
            return left
        self._next()
        right = self._and()
        names, bounds = left.names + right.names, left.bounds + right.bounds
        return _Node(lambda row: left.value(row) and right.value(row), names, bounds=bounds)

    def _unary(self) -> _Node:
        if self._word() != "not":
            return self._group()
        self._next()
        inner = self._group()
        return _Node(lambda row: not inner.value(row), inner.names)

    def _group(self) -> _Node:
        if self._tokens[self._at] != ("paren", "("):
            return self._binary()
        self._next()
        inner = self._or()
        if self._next() != ")":
            raise Malformed
        return inner

    def _binary(self) -> _Node:
        left = self._operand()
        verb = self._word()
        if verb not in _OPERATORS:
            return left
        self._next()
        return _comparison(verb, left, self._operand())

    def _operand(self) -> _Node:
        kind, text = self._tokens[self._at]
        word = self._word()
        if kind in ("end", "paren") or word in _OPERATORS or word in ("and", "or", "not"):
            raise Malformed
        self._next()
        if kind == "string":
            return _constant(_unquoted(text))
        if word in ("true", "false"):
            return _constant(word == "true")
        if word in _HINTS and self._kind() == "string":
            return _typed(word, _unquoted(self._next()))
        if _NUMBER.fullmatch(text):
            return _typed("long", text[:-1]) if text.endswith("L") else _constant(float(text))
        return _Node(lambda row: row.value(text), 1, name=text)


def _unquoted(token: str) -> str:
    return token[1:-1].replace(token[0] * 2, token[0])


def _constant(value: object) -> _Node:
    return _Node(lambda _: value, literal=value if isinstance(value, str) else None)


def _typed(hint: str, text: str) -> _Node:
    return _Node(lambda _: text, literal=text, hint="binary" if hint == "x" else hint)


def _comparison(verb: str, left: _Node, right: _Node) -> _Node:
    names = left.names + right.names
    compare = _OPERATORS[verb]
    if left.hint or right.hint:
        hint = left.hint or right.hint or ""
        order = _ORDERS[hint]
        return _Node(lambda row: _ordered(compare, order, left.value(row), right.value(row)), names)
    bounds = ()
    if left.name in ("PartitionKey", "RowKey") and right.literal is not None:
        bounds = ((left.name, verb, right.literal),)
    loose = _equal(verb) if verb in ("eq", "ne") else _before_or_after(compare)
    return _Node(lambda row: loose(left.value(row), right.value(row)), names, bounds=bounds)


def _ordered(compare: _Compare, order: Callable[[object], object], left: object, right: object) -> bool:
    """Compare two values of one type; neither matches where one is missing, or is of another type."""
    try:
        return compare(order(left), order(right))
    except (TypeError, ValueError, AttributeError):
        return False


def _equal(verb: str) -> _Compare:
    def equal(left: object, right: object) -> bool:
        same = _kind_of(left) == _kind_of(right) and left == right
        return same if verb == "eq" else not same and left is not None and right is not None

    return equal


def _before_or_after(compare: _Compare) -> _Compare:
    def loose(left: object, right: object) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return compare(_units(left), _units(right))
        return compare(_number(left), _number(right))

    return loose


def _kind_of(value: object) -> str:
    return "number" if isinstance(value, float | int) and not isinstance(value, bool) else type(value).__name__


def _number(value: object) -> float:
    """Read a value as a number; what is none compares as false with everything."""
    if value is None:
        return float("nan")
    try:
        return float(value or 0) if isinstance(value, str | bool | int | float) else float("nan")
    except ValueError:
        return float("nan")


def _units(text: str) -> bytes:
    return text.encode("utf-16-be", "surrogatepass")


def _moment(value: object) -> datetime:
    """Read a time, to the millisecond."""
    moment = datetime.fromisoformat(value)  # type: ignore[arg-type] # another type is an error that the caller knows
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _guid(value: object) -> str:
    import base64  # noqa: PLC0415

    text = str(value)
    return text if "-" in text else base64.b64decode(text).decode()


def _binary(value: object) -> str:
    return str(value)


_ORDERS: dict[str, Callable[[object], object]] = {
    "datetime": _moment,
    "guid": _guid,
    "binary": _binary,
    "long": int,  # type: ignore[call-overload]
}
