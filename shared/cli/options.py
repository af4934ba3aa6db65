"""Options that several commands share."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from shared.cli.words import path, word

T = TypeVar("T")


def by(parse: Callable[[str], T]) -> Callable[[object], T]:
    """Return what reads an option by a parser and says what that says, in place of typer's words for a wrong value.

    Args:
        parse: Raises ``ValueError`` with a sentence that follows the option's name.
    """

    def read(value: object) -> T:
        try:
            return parse(str(value))  # a default comes here too, as what it is
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return read


Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", parser=by(word), help="Ask the app at this address. Key: DARKROOM_KEY."),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="FILE", parser=by(path), help="A local.settings.json file; the environment wins."
    ),
]
JobIds = Annotated[
    list[str] | None,
    typer.Argument(metavar="ID|IMAGE…", parser=by(word), help="Jobs or images; or give filters."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object a line.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what matches, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask first.")]
New = Annotated[bool, typer.Option("--new", help="Do not go on with an interrupted operation.")]
