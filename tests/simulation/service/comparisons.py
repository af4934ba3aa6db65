"""How values compare in ``$filter``: as they do in Azurite, which is written in JavaScript.

A number and a text that spells one have an order, yet are not equal; times compare to the millisecond.
"""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

Compare = Callable[[object, object], bool]
#: Those of order take values of one kind; what has none raises ``TypeError``.
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "ne": operator.ne,
    "gt": operator.gt,
    "ge": operator.ge,
    "lt": operator.lt,
    "le": operator.le,
}


def by_type(verb: str, hint: str, *, exact: bool) -> Compare:
    """Return the comparison with a literal that says its type.

    Args:
        verb: Of the filter.
        hint: The type.
        exact: Whether times are compared to 100 ns.
    """
    compare, order = OPERATORS[verb], _exact_moment if exact and hint == "datetime" else _ORDERS[hint]
    return lambda left, right: _order(compare, order, left, right)


def plain(verb: str) -> Compare:
    """Return the comparison with any other literal, or of two properties."""
    return _equal(verb) if verb in ("eq", "ne") else _before_or_after(OPERATORS[verb])


def units(text: str) -> bytes:
    """Return what texts are sorted by: UTF-16 code units."""
    return text.encode("utf-16-be", "surrogatepass")


def _order(compare: Compare, order: Callable[[object], object], left: object, right: object) -> bool:
    """Compare two values of one type; neither matches where one is missing, or is of another type."""
    try:
        return compare(order(left), order(right))
    except (TypeError, ValueError, AttributeError):
        return False


def _equal(verb: str) -> Compare:
    def equal(left: object, right: object) -> bool:
        same = _kind_of(left) == _kind_of(right) and left == right
        return same if verb == "eq" else not same and left is not None and right is not None

    return equal


def _before_or_after(compare: Compare) -> Compare:
    def loose(left: object, right: object) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return compare(units(left), units(right))
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


def _moment(value: object) -> datetime:
    """Read a time, to the millisecond; JavaScript takes a number for milliseconds since 1970."""
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value / 1000, UTC)
    moment = datetime.fromisoformat(str(value))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _exact_moment(value: object) -> tuple[datetime, str]:
    """Read a time, to its last digit."""
    text, fraction = str(value).removesuffix("Z"), ""
    if "." in text:
        text, _, fraction = text.partition(".")
    return datetime.fromisoformat(text), fraction.ljust(7, "0")


def _text(value: object) -> bytes:
    if value is None:
        raise ValueError
    return units(str(value))


_ORDERS: dict[str, Callable[[object], object]] = {
    "datetime": _moment,
    "guid": _text,
    "binary": _text,
    "long": lambda value: int(str(value)),
}
