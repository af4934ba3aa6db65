"""Any JSON as lines that a person reads: reports come from workers, and may hold whatever they like."""

from collections.abc import Mapping
from typing import Any

from shared.cli.layout import middle

#: How much of a value is shown.
_DEPTH, _ITEMS, _CHARACTERS = 5, 40, 300


def text(value: object) -> str:
    """Return a text as it is, nothing for null, and any other value in one line."""
    return value if isinstance(value, str) else _value(value, _DEPTH)


def sections(value: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - any JSON
    """Return a name and a line for each member of an object that says something; one line for all else."""
    members = value.items() if isinstance(value, Mapping) else [("", value)]
    lines = [(str(name), _value(member, _DEPTH)) for name, member in members]
    return [(name, line) for name, line in lines if line]


def _value(value: object, depth: int) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping | list):
        return _members(value, depth - 1) if depth else "…"
    return middle(str(value), _CHARACTERS)


def _members(value: Mapping[Any, Any] | list[Any], depth: int) -> str:
    if isinstance(value, list):
        parts = [f"({part})" if isinstance(item, Mapping) else part for item, part in _parts(value, depth)]
    else:
        named = zip(value, _parts(list(value.values()), depth), strict=False)
        parts = [
            f"{name}: ({part})" if isinstance(item, Mapping) else f"{name}: {part}"
            for name, (item, part) in named
            if part
        ]
    more = ["…"] if len(value) > _ITEMS else []
    return ", ".join([*parts[:_ITEMS], *more])


def _parts(values: list[Any], depth: int) -> list[tuple[Any, str]]:
    return [(value, _value(value, depth)) for value in values[: _ITEMS + 1]]
