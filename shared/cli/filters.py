"""Which jobs a command is about: the same options for all commands, and the query of ``GET /jobs`` that they mean."""

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Annotated

import typer

from shared import clock
from shared.cli import words
from shared.cli.options import by
from shared.rules.jobs import State


def _moment(text: str) -> str:
    """Check the words of a time, and keep them: an age counts back from a moment that each command chooses."""
    words.moment(text, clock.wall())
    return text


Type = Annotated[
    str | None, typer.Option("--type", metavar="TYPE", parser=by(words.word), help="Only jobs of this type.")
]
InState = Annotated[
    State | None,
    typer.Option(
        "--state",
        metavar="STATE",
        parser=by(words.one_of(State)),
        autocompletion=lambda: list(State),
        help=f"Only {', '.join(State)}.",
    ),
]
Error = Annotated[
    str | None, typer.Option("--error", metavar="CODE", parser=by(words.word), help="Only with this error code.")
]
Ref = Annotated[
    str | None, typer.Option("--ref", metavar="PREFIX", parser=by(words.word), help="Only if the reference begins so.")
]
Flag = Annotated[
    str | None, typer.Option("--flag", metavar="FLAG", parser=by(words.word), help="Only with this flag in the report.")
]
Since = Annotated[
    str | None,
    typer.Option(
        "--since",
        metavar="TIME",
        parser=by(_moment),
        help="Only ended (if live: added) since: 90m, 7d or RFC 3339.",
    ),
]
Until = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", parser=by(_moment), help="Only ended (if live: added) before then."),
]


@dataclass(frozen=True, kw_only=True)
class JobFilters:
    """What was asked for; None leaves nothing out.

    Attributes:
        type: Of jobs.
        state: In which they are.
        error: The code of their error.
        ref: What their reference begins with.
        since: When they ended at the earliest or, while they live, were added: an age, or a time in RFC 3339.
        until: Before which that was, likewise.
        flag: That their report has.
    """

    type: str | None = None
    state: State | None = None
    error: str | None = None
    ref: str | None = None
    since: str | None = None
    until: str | None = None
    flag: str | None = None

    def query(self, now: datetime) -> dict[str, object]:
        """Return the parameters of ``GET /jobs``.

        Args:
            now: From which ages count.

        Raises:
            ValueError: A time is of another form.
        """
        return {
            "type": self.type,
            "state": None if self.state is None else self.state.value,
            "error": self.error,
            "ref_prefix": self.ref,
            "since": None if self.since is None else words.moment(self.since, now),
            "until": None if self.until is None else words.moment(self.until, now),
            "flag": self.flag,
        }

    def options(self) -> list[str]:
        """Return the options as somebody writes them, so that a command can be given again."""
        given = [(each.name, getattr(self, each.name)) for each in fields(self)]
        return [word for name, value in given if value is not None for word in (f"--{name}", str(value))]
