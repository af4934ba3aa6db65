"""How settings are declared and written: parsers, each with the shape that it wants said in its error."""

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


def matching(pattern: str, shape: str) -> Callable[[str], str]:
    """Return a parser of text that a pattern matches whole; ``shape`` says in words what it wants."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"want {shape}")
        return text

    return parse


def integer(low: int, high: int) -> Callable[[str], int]:
    """Return a parser of whole numbers from ``low`` to ``high``."""

    def parse(text: str) -> int:
        if not re.fullmatch(r"\d{1,15}", text) or not low <= int(text) <= high:
            raise ValueError(f"want a whole number from {low:,} to {high:,}")
        return int(text)

    return parse


def seconds(low: float, high: float) -> Callable[[str], timedelta]:
    """Return a parser of spans, written as seconds from ``low`` to ``high``."""

    def parse(text: str) -> timedelta:
        if not re.fullmatch(r"\d{1,9}(\.\d{1,6})?", text) or not low <= float(text) <= high:
            raise ValueError(f"want seconds from {low:,g} to {high:,g}")
        return timedelta(seconds=float(text))

    return parse


def days(low: int, high: int) -> Callable[[str], timedelta]:
    """Return a parser of spans, written as whole days from ``low`` to ``high``."""
    parse = integer(low, high)
    return lambda text: timedelta(days=parse(text))


def boolean(text: str) -> bool:
    """Parse ``true`` or ``false``."""
    if text not in ("true", "false"):
        raise ValueError("want true or false")
    return text == "true"


def one_of(kind: type[Choice]) -> Callable[[str], Choice]:
    """Return a parser of an enumeration's values."""

    def parse(text: str) -> Choice:
        try:
            return kind(text)
        except ValueError:
            raise ValueError(f"want one of {', '.join(kind)}") from None

    return parse


def several_of(folder: Path, *also: str) -> Callable[[str], tuple[str, ...]]:
    """Return a parser of names between commas: each of ``also`` or, by its stem, a file of Python in the folder.

    The folder is looked at when something is parsed, and nothing in it is run.
    """

    def parse(text: str) -> tuple[str, ...]:
        files = {path.stem for path in folder.glob("*.py") if re.fullmatch(r"[a-z][a-z0-9_]*", path.stem)}
        names = tuple(dict.fromkeys(part.strip() for part in text.split(",")))
        if not files.union(also).issuperset(names):
            raise ValueError(f"want names out of {', '.join(sorted(files.union(also)))}, with commas between")
        return names

    return parse


container = matching(rf"(?=.{{3,63}}\Z){LABEL}", "3 to 63 of a-z, 0-9 and single '-' inside")
queue = matching(rf"(?=.{{3,56}}\Z){LABEL}", "3 to 56 of a-z, 0-9 and single '-' inside")
table = matching(TABLE, "a letter, then 2 to 62 letters and digits")
name = matching(r"[A-Za-z_][A-Za-z0-9_:.-]{0,126}", "the name of an app setting")
job_type = matching(r"[a-z][a-z0-9-]{0,30}", "a lower-case letter, then up to 30 of a-z, 0-9 and '-'")
cron = matching(r"\S+( \S+){5}", "an NCRONTAB expression with six fields, such as 0 * * * * *")
timeout = matching(r"(\d+\.)?\d\d:\d\d:\d\d|-1", "hh:mm:ss, d.hh:mm:ss or -1, as in host.json")


def setting(name: str, parse: Callable[[str], T], default: str, meaning: str, *, shown: bool = True) -> T:
    """Declare a field: the environment's name, how to read it, the default as one would write it, what it means.

    One that is not ``shown`` stands in no error and no ``repr``: somebody may have put a secret there.
    """
    facts = {"name": name, "parse": parse, "default": default, "meaning": meaning, "shown": shown}
    return field(default=parse(default), metadata=facts, repr=shown)
