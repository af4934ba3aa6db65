"""How long a timer may rest, by its schedule: the longest time between two ticks.

Source:
    https://learn.microsoft.com/azure/azure-functions/functions-bindings-timer#ncrontab-expressions, read 2026-11.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise, product

_MONTHS = ("", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
#: Lowest and highest value of each field, and the names that it may have instead.
_FIELDS: tuple[tuple[int, int, Sequence[str]], ...] = (
    (0, 59, ()),
    (0, 59, ()),
    (0, 23, ()),
    (1, 31, ()),
    (1, 12, _MONTHS),
    (0, 6, _WEEKDAYS),
)
#: Days that are looked at: each 29 February is among them.
_FIRST, _WINDOW = datetime(2024, 1, 1, tzinfo=UTC), timedelta(days=4 * 365 + 1)
_DAY = timedelta(days=1)


@lru_cache(maxsize=16)
def longest_pause(schedule: str) -> timedelta:
    """Return the longest time between two ticks of a schedule.

    Args:
        schedule: An NCRONTAB expression with six fields. A tick matches all of them.

    Returns:
        Up to four years; zero for what can't be read, since the host starts no such timer.
    """
    try:
        fields = [_values(text, *each) for text, each in zip(schedule.upper().split(), _FIELDS, strict=True)]
    except ValueError:
        return timedelta(0)
    seconds, minutes, hours, days, months, weekdays = fields
    times = [
        timedelta(hours=hour, minutes=minute, seconds=second)
        for hour, minute, second in product(hours, minutes, seconds)
    ]
    dates = [
        date
        for date in (_FIRST + number * _DAY for number in range(_WINDOW.days))
        if date.day in days and date.month in months and date.isoweekday() % 7 in weekdays
    ]
    over_night = max((later - date for date, later in pairwise(dates)), default=_WINDOW) + times[0] - times[-1]
    return max([over_night, *(later - time for time, later in pairwise(times))])


def _values(text: str, low: int, high: int, names: Sequence[str]) -> list[int]:
    """Return what a field matches, in ascending order; raise ``ValueError`` where it is malformed."""
    values: set[int] = set()
    for part in text.split(","):
        span, has_step, step = part.partition("/")
        begin, is_range, end = span.partition("-")
        if span == "*":
            first, last = low, high
        else:
            first = _value(begin, names)
            last = _value(end, names) if is_range else high if has_step else first
        chosen = range(first, last + 1, int(step) if has_step else 1)
        if not low <= first <= last <= high or not chosen:
            raise ValueError(text)
        values.update(chosen)
    return sorted(values)


def _value(text: str, names: Sequence[str]) -> int:
    return names.index(text[:3]) if text and text[:3] in names else int(text)
