"""When a timer is due: NCRONTAB expressions and constant intervals; pure.

Six fields: second, minute, hour, day, month, day of week (0 is Sunday); five mean second 0. A moment must match
*all* fields, day and day of week included, unlike cron's. Times are UTC, as on Azure without WEBSITE_TIME_ZONE.

Source:
    https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions, read 2026-11.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from localhost.host.settings import time_span

_MONTHS = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905
)
_DAYS = "sunday monday tuesday wednesday thursday friday saturday".split()  # noqa: SIM905
_SHORTEST_NAME = 3
#: 29 February on a given weekday may be 40 years away (around 2100); what comes later never comes.
_HORIZON = timedelta(days=41 * 366)


@dataclass(frozen=True)
class Field:
    """One field of an expression: its name, bounds, and the words it takes (from ``low`` up)."""

    name: str
    low: int
    high: int
    words: tuple[str, ...] = ()


FIELDS = (
    Field("second", 0, 59),
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day", 1, 31),
    Field("month", 1, 12, tuple(_MONTHS)),
    Field("day of week", 0, 6, tuple(_DAYS)),
)


class Schedule(Protocol):
    """When a timer is due."""

    @property
    def adjusts_for_dst(self) -> bool:
        """Whether it follows the clock on the wall (a constant interval does not)."""
        ...

    def after(self, moment: datetime) -> datetime:
        """Return the first due moment later than ``moment``, aware UTC."""
        ...


@dataclass(frozen=True)
class Constant:
    """Due every ``interval``, counted from the moment asked about."""

    interval: timedelta
    adjusts_for_dst: bool = False

    def after(self, moment: datetime) -> datetime:
        """Return the first due moment later than ``moment``."""
        return moment + self.interval


@dataclass(frozen=True)
class Cron:
    """Due at each second that matches all six sets."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    adjusts_for_dst: bool = True

    def after(self, moment: datetime) -> datetime:
        """Return the first due moment later than ``moment``, on a whole second.

        Raises:
            ValueError: No day of the calendar matches (30 February).
        """
        start = moment.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        day = start.date()
        while day - start.date() < _HORIZON:
            # Python counts Monday as 0, NCRONTAB Sunday.
            if day.month in self.months and day.day in self.days and (day.weekday() + 1) % 7 in self.weekdays:
                earliest = start.time() if day == start.date() else time()
                for due in self._times(earliest):
                    return datetime.combine(day, due, UTC)
            day += timedelta(days=1)
        raise ValueError("No day of the calendar matches the schedule.")

    def _times(self, earliest: time) -> Iterator[time]:
        """Yield the due times of one matching day from ``earliest`` on, ascending."""
        for hour in sorted(h for h in self.hours if h >= earliest.hour):
            for minute in sorted(self.minutes):
                if (hour, minute) < (earliest.hour, earliest.minute):
                    continue
                for second in sorted(self.seconds):
                    if (hour, minute, second) >= (earliest.hour, earliest.minute, earliest.second):
                        yield time(hour, minute, second)


def parse(text: str) -> Schedule:
    """Read an NCRONTAB expression or a time span.

    Raises:
        ValueError: It is neither, or it never comes.
    """
    parts = text.split()
    if len(parts) == 1:
        interval = time_span(text)
        if interval <= timedelta(0):
            raise ValueError("A constant interval must be above zero.")
        return Constant(interval)
    if len(parts) == len(FIELDS) - 1:
        parts.insert(0, "0")
    if len(parts) != len(FIELDS):
        raise ValueError(f"{text!r} has {len(parts)} fields; NCRONTAB has six: second minute hour day month weekday.")
    seconds, minutes, hours, days, months, weekdays = map(_values, parts, FIELDS)
    cron = Cron(seconds, minutes, hours, days, months, weekdays)
    cron.after(datetime(2000, 1, 1, tzinfo=UTC))
    return cron


def _values(text: str, field: Field) -> frozenset[int]:
    """Return the values that a comma-separated list names."""
    return frozenset(value for item in text.split(",") for value in _item(item, field))


def _item(text: str, field: Field) -> range:
    span, slash, every = text.partition("/")
    step = 1
    if slash:
        if not every.isdecimal() or int(every) < 1:
            raise ValueError(f"{text!r}: the step of the field {field.name} must be a number from 1 on.")
        step = int(every)
    if span == "*":
        return range(field.low, field.high + 1, step)
    first, dash, last = span.partition("-")
    low = _value(first, field)
    # ``5/10`` runs to the end of the field; ``5`` alone is one value.
    high = _value(last, field) if dash else (field.high if slash else low)
    if high < low:
        raise ValueError(f"{text!r}: the range of the field {field.name} runs backwards.")
    return range(low, high + 1, step)


def _value(text: str, field: Field) -> int:
    if len(text) >= _SHORTEST_NAME:
        for index, word in enumerate(field.words):
            if word.startswith(text.lower()):
                return field.low + index
    if not text.isdecimal() or not field.low <= int(text) <= field.high:
        raise ValueError(f"{text!r} is no {field.name}: {field.low} to {field.high}.")
    return int(text)
