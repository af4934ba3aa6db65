"""``$filter``: the part of OData that tables know, made into a test of rows and the range of keys that can match."""

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from tests.simulation.service.comparisons import OPERATORS, by_type, plain, units
from tests.simulation.service.entities import Order

_TOKEN = re.compile(
    r"""\s*(?:
    (?P<paren>[()])
    | (?P<hint>datetime|guid|binary|x)(?=['"])
    | (?P<string>'(?:[^']|'')*'? | "(?:[^"]|"")*"?)
    | (?P<word>[^\s()"']+)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?L?")
#: Behind every key: none is longer than 1 KiB.
_LAST = b"\xff" * 1025


class Malformed(Exception):
    """The filter can't be read."""


class Predicate(Protocol):
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

    matches: Callable[[Predicate], object]
    low: Order = (b"", b"")
    high: Order | None = None


@dataclass(frozen=True)
class _Node:
    value: Callable[[Predicate], object]
    names: int = 0
    name: str | None = None
    literal: str | None = None
    hint: str | None = None
    bounds: tuple[tuple[str, str, str], ...] = ()


@lru_cache(maxsize=4096)
def read(text: str, *, exact: bool = False) -> Filter:
    """Read a filter.

    Args:
        text: As it was sent, decoded.
        exact: Whether times are compared to 100 ns.

    Raises:
        Malformed: It is not one.
    """
    if text in ("", "true", "false"):
        return Filter(lambda _: text != "false")
    node = _Parser(text, exact=exact).read()
    if not node.names:
        raise Malformed
    return Filter(node.value, *_range(node.bounds))


def _range(bounds: tuple[tuple[str, str, str], ...]) -> tuple[Order, Order | None]:
    """Return the keys between which rows can match all of these comparisons with keys."""
    partitions = [units(text) for name, verb, text in bounds if (name, verb) == ("PartitionKey", "eq")]
    if not partitions:
        return (b"", b""), None
    low, high = b"", _LAST
    for name, verb, text in bounds:
        if name == "RowKey":
            if verb in ("eq", "ge", "gt"):
                low = max(low, units(text))
            if verb == "lt":
                high = min(high, units(text))
            if verb in ("eq", "le"):
                high = min(high, units(text) + b"\x00")
    return (partitions[0], low), (partitions[0], high)


class _Parser:
    """One filter, token by token, by recursive descent."""

    def __init__(self, text: str, *, exact: bool) -> None:
        self._exact = exact
        self._tokens: list[tuple[str, str]] = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None:
                raise Malformed
            kind = match.lastgroup or ""
            self._tokens.append((kind, match[kind]))
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
        if verb not in OPERATORS:
            return left
        self._next()
        return _comparison(verb, left, self._operand(), exact=self._exact)

    def _operand(self) -> _Node:
        kind, text = self._tokens[self._at]
        word = self._word()
        if kind in ("end", "paren") or word in OPERATORS or word in ("and", "or", "not"):
            raise Malformed
        self._next()
        if kind == "string":
            return _constant(_unquote(text))
        if word in ("true", "false"):
            return _constant(word == "true")
        if kind == "hint":
            return _type(text.lower(), _unquote(self._next()))
        if _NUMBER.fullmatch(text):
            return _type("long", text[:-1]) if text.endswith("L") else _constant(float(text))
        return _Node(lambda row: row.value(text), 1, name=text)


def _unquote(token: str) -> str:
    return token[1:-1].replace(token[0] * 2, token[0])


def _constant(value: object) -> _Node:
    return _Node(lambda _: value, literal=value if isinstance(value, str) else None)


def _type(hint: str, text: str) -> _Node:
    if hint in ("binary", "x"):
        hint, text = "binary", base64.b64encode(_unhex(text)).decode()
    if hint == "guid":
        text = base64.b64encode(text.encode()).decode()
    return _Node(lambda _: text, hint=hint)


def _unhex(text: str) -> bytes:
    """Read hexadecimal digits as far as there are any."""
    digits = re.match(r"(?:[0-9a-fA-F]{2})*", text)
    return bytes.fromhex(digits[0] if digits else "")


def _comparison(verb: str, left: _Node, right: _Node, *, exact: bool) -> _Node:
    hint = left.hint or right.hint
    compare = plain(verb) if hint is None else by_type(verb, hint, exact=exact)
    bounds: tuple[tuple[str, str, str], ...] = ()
    if left.name in ("PartitionKey", "RowKey") and right.literal is not None:
        bounds = ((left.name, verb, right.literal),)
    return _Node(lambda row: compare(left.value(row), right.value(row)), left.names + right.names, bounds=bounds)
