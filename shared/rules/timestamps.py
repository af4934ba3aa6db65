"""A moment as text: the one form of it that people and programs are given."""

from datetime import datetime


def rfc3339(moment: datetime | None) -> str | None:
    """Return a moment in RFC 3339, UTC, with milliseconds; None for None."""
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
