"""Times of the API as people read them: how long ago, and how long. What is no time is an empty text."""

from datetime import UTC, datetime, timedelta

from shared.rules.timestamps import span

_SECOND, _TEN = timedelta(seconds=1), timedelta(seconds=10)


def parse(value: object) -> datetime | None:
    """Read a time in RFC 3339; None for all else, since what answers may be another release."""
    if not isinstance(value, str):
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def whole(value: object) -> str:
    """Return a time without a fraction of its second."""
    moment = parse(value)
    return "" if moment is None else f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def age(value: object, now: datetime) -> str:
    """Say how long ago a time was."""
    moment = parse(value)
    return "" if moment is None else span(max(now - moment, timedelta(0)))


def between(start: object, end: object) -> str:
    """Say how long it took from one time to another."""
    first, last = parse(start), parse(end)
    return "" if first is None or last is None else duration(last - first)


def seconds(value: object) -> str:
    """Say how long so many seconds are."""
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value < timedelta.max.total_seconds():
        return ""
    return duration(timedelta(seconds=value))


def duration(time: timedelta) -> str:
    """Return a time with as many digits as tell something: ``35 ms``, ``1.2 s``, ``12 s``, ``15 min``."""
    if time < _SECOND:
        return f"{max(time, timedelta(0)) / timedelta(milliseconds=1):.0f} ms"
    return f"{time / _SECOND:.1f} s" if time < _TEN else span(time)
