"""What an operator has asked for: an act, on what, and how."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any

from shared.cli.acts import Act
from shared.cli.output import Output
from shared.cli.selection import Selection

NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Manner:
    """How to act, and where: options that all of these commands have.

    Attributes:
        dry_run: Say what matches, and change nothing.
        yes: Do not ask.
        restart: Do not go on with an interrupted operation.
        as_json: Whether a program reads the results.
        url: Of the app.
        settings: A file of them.
    """

    dry_run: bool = False
    yes: bool = False
    restart: bool = False
    as_json: bool = False
    url: str | None = None
    settings: Path | None = None

    def words(self) -> Iterator[str]:
        """Yield the options with which an interrupted operation goes on."""
        yield from ["--yes"] * self.yes + ["--json"] * self.as_json
        yield from [] if self.url is None else ["--url", self.url]
        yield from [] if self.settings is None else ["--settings", str(self.settings)]


@dataclass(frozen=True, kw_only=True)
class Request:
    """An act on all that matches.

    Attributes:
        act: What is done.
        line: The command, without the options of its manner.
        filters: As the operator gave them, by their names.
        select: Makes lists of the time by the service's clock.
        show: Shows some of what matches.
        more: Fields of each call.
    """

    act: Act
    line: Sequence[str]
    filters: Mapping[str, Any]
    select: Callable[[datetime], Selection]
    show: Callable[[Output, Sequence[Mapping[str, Any]]], object]
    more: Mapping[str, Any] = field(default_factory=lambda: NOTHING)
