"""How settings are declared, and the parsers of their values; the error of each says what a value must be."""

import re
from collections.abc import Callable
from dataclasses import field
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from shared.rules.names import LABEL, TABLE
from shared.settings.enums import Isolation

Choice = TypeVar("Choice", bound=StrEnum)
T = TypeVar("T")


def matching(
    pattern: str, requirement: str, make: Callable[[str], T], fits: Callable[[str], bool] = lambda _: True
) -> Callable[[str], T]:
    """Return a parser of text that a pattern matches whole.

    Args:
        pattern: What a text must match.
        requirement: What the error says that it must be.
        make: Makes the value of a text.
        fits: What else must be true of a text that matches.
    """
    compiled = re.compile(pattern)

    def parse(text: str) -> T:
        if not compiled.fullmatch(text) or not fits(text):
            raise ValueError(requirement)
        return make(text)

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from ``low`` to ``high``."""
    requirement = f"must be a whole number from {low:,} to {high:,}"
    return matching(r"\d{1,15}", requirement, int, lambda text: low <= int(text) <= high)


def seconds(low: float, high: float) -> Callable[[str], timedelta]:
    """Return a parser of spans, written as seconds from ``low`` to ``high``."""
    requirement = f"must be a number of seconds from {low:,g} to {high:,g}"
    return matching(
        r"\d{1,9}(\.\d{1,6})?",
        requirement,
        lambda text: timedelta(seconds=float(text)),
        lambda text: low <= float(text) <= high,
    )


def days(high: int) -> Callable[[str], timedelta]:
    """Return a parser of spans, written as whole days up to ``high``."""
    requirement = f"must be a whole number of days from 0 to {high:,}"
    return matching(r"\d{1,15}", requirement, lambda text: timedelta(days=int(text)), lambda text: int(text) <= high)


def one_of(kind: type[Choice]) -> Callable[[str], Choice]:
    """Return a parser of an enumeration's values."""
    return matching("|".join(map(re.escape, kind)), f"must be one of {', '.join(kind)}", kind)


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


def _limit(text: str) -> float:
    """Return the seconds of a limit as the host has it; infinite for -1."""
    if text == "-1":
        return float("inf")
    days, _, time = text.rpartition(".")
    hours, minutes, rest = (int(part) for part in time.split(":"))
    return float(int(days or 0) * 86_400 + hours * 3600 + minutes * 60 + rest)


_LABELS = "characters: a-z, 0-9 and single hyphens between them"
boolean = matching("true|false", "must be true or false", lambda text: text == "true")
container = matching(rf"(?=.{{3,63}}\Z){LABEL}", f"must have 3 to 63 {_LABELS}", str)
queue = matching(rf"(?=.{{3,56}}\Z){LABEL}", f"must have 3 to 56 {_LABELS}", str)
table = matching(TABLE, "must be a letter followed by 2 to 62 letters and digits", str)
setting_name = matching(r"[A-Za-z_][A-Za-z0-9_:.-]{0,126}", "must be the name of an app setting", str)
job_type = matching(
    r"[a-z][a-z0-9-]{0,30}", "must be a lower-case letter followed by up to 30 of a-z, 0-9 and hyphens", str
)
cron = matching(r"\S+( \S+){5}", "must be an NCRONTAB expression with six fields, such as 0 * * * * *", str)
timeout = matching(r"(\d+\.)?\d\d:\d\d:\d\d|-1", "must be hh:mm:ss, d.hh:mm:ss or -1, as in host.json", _limit)


def setting(name: str, parse: Callable[[str], T], default: str, meaning: str, *, shown: bool = True) -> T:
    """Declare a field: the environment's name, how to read it, the default as one would write it, what it means.

    The value of one that is not ``shown`` is in no error and no ``repr``: it may be a secret.
    """
    facts = {"name": name, "parse": parse, "default": default, "meaning": meaning, "shown": shown}
    return field(default=parse(default), metadata=facts, repr=shown)


def isolation(text: str) -> Isolation:
    """Parse where images are analysed; say what became of a choice that is gone."""
    if text == "thread":
        raise ValueError("must be process or off (thread was removed, because a thread can't be stopped; use process)")
    return one_of(Isolation)(text)
