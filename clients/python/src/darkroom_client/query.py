"""Queries of a URL, and times as the service reads them."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeAlias
from urllib.parse import urlencode

#: What is asked for, by name.
Fields: TypeAlias = Mapping[str, str | int | datetime | None]


def encode(fields: Fields) -> str:
    """Return a query; what is None is left out."""
    given = {name: value for name, value in fields.items() if value is not None}
    return urlencode({name: rfc3339(each) if isinstance(each, datetime) else each for name, each in given.items()})


def rfc3339(moment: datetime) -> str:
    """Return an aware time as the service reads it."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
