"""How settings are declared, and the parsers of their values; the error of each says what a value must be."""

import re
from collections.abc import Callable
from dataclasses import field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from shared.rules.names import LABEL, TABLE

Choice = TypeVar("Choice", bound=StrEnum)
T = TypeVar("T")


def matching(pattern: str, requirement: str) -> Callable[[str], str]:
    """Return a parser of text that a pattern matches whole; ``requirement`` says what it must be."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(requirement)
        return text

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from ``low`` to ``high``."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,15}", text) or not low <= int(text) <= high:
            raise ValueError(f"must be a whole number from {low:,} to {high:,}")
        return int(text)

    return parse


def seconds(low: float, high: float) -> Callable[[str], timedelta]:
    """Return a parser of spans, written as seconds from ``low`` to ``high``."""

    def parse(text: str) -> timedelta:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text) or not low <= float(text) <= high:
            raise ValueError(f"must be a number of seconds from {low:,g} to {high:,g}")
        return timedelta(seconds=float(text))

    return parse


def days(high: int) -> Callable[[str], timedelta]:
    """Return a parser of spans, written as whole days up to ``high``."""
    parse = integer(0, high)
    return lambda text: timedelta(days=parse(text))


def boolean(text: str) -> bool:
    """Parse ``true`` or ``false``."""
    if text not in ("true", "false"):
        raise ValueError("must be true or false")
    return text == "true"


def one_of(kind: type[Choice]) -> Callable[[str], Choice]:
    """Return a parser of an enumeration's values."""

    def parse(text: str) -> Choice:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"must be one of {', '.join(kind)}") from None

    return parse


def several_of(folder: Path, *also: str) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of names between commas: each of ``also`` or, by its stem, a file of Python in the folder.

    The folder is listed when something is parsed; no file of it is run.
    """

    def parse(text: str) -> tuple[str, ...]:
        files = {path.stem for path in folder.glob("*.py") if re.fullmatch(r"[a-z][a-z0-9_]*", path.stem)}
        names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
        if not files.union(also).issuperset(names):
            raise ValueError(f"must be names from {', '.join(sorted(files.union(also)))}, separated by commas")
        return names

    return parse


container = matching(
    rf"(?=.{{3,63}}\Z){LABEL}", "must have 3 to 63 characters: a-z, 0-9 and single hyphens between them"
)
queue = matching(rf"(?=.{{3,56}}\Z){LABEL}", "must have 3 to 56 characters: a-z, 0-9 and single hyphens between them")
table = matching(TABLE, "must be a letter followed by 2 to 62 letters and digits")
setting_name = matching(r"[A-Za-z_][A-Za-z0-9_:.-]{0,126}", "must be the name of an app setting")
job_type = matching(r"[a-z][a-z0-9-]{0,30}", "must be a lower-case letter followed by up to 30 of a-z, 0-9 and hyphens")
cron = matching(r"\S+( \S+){5}", "must be an NCRONTAB expression with six fields, such as 0 * * * * *")
timeout = matching(r"(\d+\.)?\d\d:\d\d:\d\d|-1", "must be hh:mm:ss, d.hh:mm:ss or -1, as in host.json")


def setting(name: str, parse: Callable[[str], T], default: str, meaning: str, *, shown: bool = True) -> T:
    """Declare a field: the environment's name, how to read it, the default as one would write it, what it means.

    The value of one that is not ``shown`` is in no error and no ``repr``: it may be a secret.
    """
    facts = {"name": name, "parse": parse, "default": default, "meaning": meaning, "shown": shown}
    return field(default=parse(default), metadata=facts, repr=shown)
