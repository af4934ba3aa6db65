"""Words of the command line that are more than text or numbers, as operators write them."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

E = TypeVar("E", bound=StrEnum)

#: As ``Rejected.id``; a job id has a type before its digits.
REJECTED_ID = re.compile(r"[0-9a-f]{32}")
_WHOLE = re.compile(r"[0-9]{1,9}")
_AGE = re.compile(r"([0-9]{1,6})([mhd])")
#: Older than everything; calendars have no room for much more.
_LONGEST = timedelta(days=36_500)
_SECONDS = {"m": 60, "h": 3_600, "d": 86_400}


@dataclass(frozen=True)
class Address:
    """Where to listen.

    Attributes:
        host: An address of this machine; 0.0.0.0 for all of them.
        port: Of TCP.
    """

    host: str
    port: int


def address(text: str) -> Address:
    """Parse ``[HOST:]PORT``; without a host, of this machine alone.

    Raises:
        ValueError: It is of another form.
    """
    host, _, port = text.rpartition(":")
    if not port.isdecimal() or not 0 <= int(port) <= 65_535:  # noqa: PLR2004 - TCP's
        raise ValueError(f"must be a port or HOST:PORT, such as 8080 or 0.0.0.0:8080, but is {text!r}")
    return Address(host.strip("[]") or "127.0.0.1", int(port))


def age(text: str) -> timedelta:
    """Parse an age: a whole number, then m, h or d.

    Raises:
        ValueError: It is of another form.
    """
    match = _AGE.fullmatch(text)
    if not match:
        raise ValueError(f"must be a whole number followed by m, h or d, such as 90m, 12h or 7d, but is {text!r}")
    return timedelta(seconds=int(match[1]) * _SECONDS[match[2]])


def moment(text: str, now: datetime) -> datetime:
    """Parse a time: an age, counted back from now, or RFC 3339 with its offset.

    Args:
        text: As it was written.
        now: Aware.

    Raises:
        ValueError: It is of another form.
    """
    if _AGE.fullmatch(text):
        return now - min(age(text), _LONGEST)
    try:
        parsed = datetime.fromisoformat(text)
        utc = None if parsed.tzinfo is None else parsed.astimezone(UTC)
    except (ValueError, OverflowError):  # of another form, or before the first year
        utc = None
    if utc is None:
        forms = "an age such as 90m, 12h or 7d, or a time such as 2026-05-04T03:02:01Z"
        raise ValueError(f"must be {forms}, but is {text!r}")
    return utc


def word(text: str) -> str:
    """Refuse an empty text, which is what an unset variable of the shell leaves.

    Raises:
        ValueError: It is empty.
    """
    if not text:
        raise ValueError("must not be empty")
    return text


def path(text: str) -> Path:
    """Parse the path of a file or folder; an empty one would be the folder that the shell is in.

    Raises:
        ValueError: It is empty.
    """
    return Path(word(text))


def whole(least: int, most: int) -> Callable[[str], int]:
    """Return what parses a whole number within limits, both included."""

    def parse(text: str) -> int:
        if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least:,} to {most:,}, but is {text!r}")
        return int(text)

    return parse


def one_of(choices: type[E]) -> Callable[[str], E]:
    """Return what parses a member of an enum by its value, in small letters or large ones."""

    def parse(text: str) -> E:
        for member in choices:
            if member.value.casefold() == text.casefold():
                return member
        raise ValueError(f"must be one of {', '.join(choices)}, but is {text!r}")

    return parse
