"""Columns of a row, each checked to be what it must be: others can write the table too."""

import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from shared.errors import RowDamaged
from shared.rules.jobs import JobError

Choice = TypeVar("Choice", bound=StrEnum)

#: Deeper than anything that is ever written here, and far from what exhausts the interpreter's stack.
MAX_DEPTH = 64
#: No span that anybody meant is longer: a thousand years.
_MAX_SECONDS = 1000 * 366 * 86_400.0
#: A string with its escapes, closed or not, or one bracket: brackets inside a string nest nothing.
_TOKEN = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"?|[\[\]{}]', re.DOTALL)
_STEP = {"[": 1, "{": 1, "]": -1, "}": -1}


class Columns:
    """The columns of one row.

    Every method raises ``RowDamaged`` where the column is of another type; the error names it, and not what it says.

    Args:
        entity: As the service gave it.
    """

    def __init__(self, entity: Mapping[str, Any]) -> None:
        self._entity = entity

    def text(self, name: str) -> str | None:
        """Return a text; None when the column is missing."""
        value = self._entity.get(name)
        return value if value is None or isinstance(value, str) else self._fail(name)

    def need_text(self, name: str) -> str:
        """Return a text that must be there."""
        value = self.text(name)
        return self._fail(name) if value is None else value

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a whole number, not negative."""
        value = self._or(name, default)
        return value if type(value) is int and value >= 0 else self._fail(name)

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a flag."""
        value = self._or(name, default)
        return value if isinstance(value, bool) else self._fail(name)

    def moment(self, name: str) -> datetime | None:
        """Return a moment, aware UTC."""
        value = self._entity.get(name)
        if value is None:
            return None
        return plain_time(value) if isinstance(value, datetime) else self._fail(name)

    def need_moment(self, name: str) -> datetime:
        """Return a moment that must be there."""
        value = self.moment(name)
        return self._fail(name) if value is None else value

    def span(self, name: str) -> timedelta | None:
        """Return a span that is kept in seconds."""
        value = self._entity.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MAX_SECONDS:
            self._fail(name)
        return timedelta(seconds=value)

    def choice(self, name: str, kind: type[Choice]) -> Choice:
        """Return one of a few words."""
        value = self.need_text(name)
        return kind(value) if value in [*kind] else self._fail(name)

    def data(self, name: str) -> bytes | None:
        """Return bytes; None where the row has no such column."""
        value = self._entity.get(name)
        return value if value is None or isinstance(value, bytes) else self._fail(name)

    def need_span(self, name: str) -> timedelta:
        """Return a span that must be there."""
        value = self.span(name)
        return self._fail(name) if value is None else value

    def json_object(self, name: str) -> dict[str, Any] | None:
        """Return an object of plain JSON that can be written back; None when the column is missing."""
        text = self.text(name)
        if text is None:
            return None
        value = _parse(text)
        return value if isinstance(value, dict) else self._fail(name)

    def plain_object(self, name: str) -> Mapping[str, Any] | None:
        """Return an object of a column that is itself a part of JSON; None when it is missing."""
        value = self._entity.get(name)
        return value if value is None or isinstance(value, dict) else self._fail(name)

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts of a column that is itself a part of JSON; none when it is missing."""
        value = self._or(name, ())
        good = isinstance(value, list | tuple) and all(isinstance(each, str) for each in value)
        return tuple(value) if good else self._fail(name)

    def share(self, name: str) -> float | None:
        """Return a number from 0 to 1; None when the column is missing."""
        value = self._entity.get(name)
        if value is None:
            return None
        good = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1
        return float(value) if good else self._fail(name)

    def error(self) -> JobError | None:
        """Return a job's error; None when the column is missing."""
        found = self.json_object("error")
        if found is None:
            return None
        code, message, at = (found.get(name) for name in ("code", "message", "at"))
        try:
            when = datetime.fromisoformat(at) if isinstance(at, str) else None
        except ValueError:
            when = None
        if not isinstance(code, str) or not isinstance(message, str) or when is None or when.tzinfo is None:
            self._fail("error")
        return JobError(code, message, when)

    def _or(self, name: str, default: object) -> Any:  # noqa: ANN401 - whatever stands there
        """Return a column, or what stands for it where it is missing: a service may give a null for it."""
        value = self._entity.get(name)
        return default if value is None else value

    def _fail(self, name: str) -> NoReturn:
        raise RowDamaged(f"{self._entity.get('RowKey', '')}: the column {name} is not what a release has written there")


def plain_time(value: datetime) -> datetime:
    """Return a plain aware datetime: the SDK's own kind compares and prints in its own way."""
    return datetime.combine(value.date(), value.time(), tzinfo=UTC)


def _parse(text: str) -> object:
    """Parse JSON; return None for a text that is not JSON, is too deep, or could not be written as UTF-8 again."""
    if _too_deep(text):
        return None
    try:
        value: object = json.loads(text, parse_constant=_refuse, parse_float=_finite)
        json.dumps(value, ensure_ascii=False).encode()
    except ValueError:  # no JSON, a number of thousands of digits, or half of a surrogate pair
        return None
    return value


def _too_deep(text: str) -> bool:
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += _STEP.get(token[0], 0)
        if depth > MAX_DEPTH:
            return True
    return False


def _refuse(_: str) -> NoReturn:
    raise ValueError


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise ValueError
    return number
