"""A moment as text: the one form of it that people and programs are given. And a time, for people."""

from datetime import UTC, datetime, timedelta

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))


def rfc3339(moment: datetime | None) -> str | None:
    """Return a moment in RFC 3339, UTC, with milliseconds; None for None."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_moment(text: str) -> datetime:
    """Return the moment, in UTC, that ``rfc3339`` has written.

    Raises:
        ValueError: The text is none, or has no offset.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a moment has an offset")
    return moment.astimezone(UTC)


def span(time: timedelta) -> str:
    """Return a time in the largest unit of which it has two or more, rounded down: ``90 s``, ``15 min``, ``3 h``."""
    seconds = int(abs(time.total_seconds()))
    for size, unit in _UNITS:
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
