"""``darkroom rejected``: messages that name nothing real."""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Annotated

import typer

from shared.cli import words
from shared.cli.exits import Status, exit_on_error
from shared.cli.options import AsJson, SettingsFile

Only = Annotated[str | None, typer.Argument(metavar="ID", help="Only this message, in full.")]
Codes = Annotated[
    list[str] | None, typer.Option("--code", metavar="CODE", help="Only messages with this code. Repeatable.")
]
OlderThan = Annotated[
    timedelta | None,
    typer.Option(
        "--older-than",
        metavar="AGE",
        parser=words.age,
        help="Only messages rejected longer ago than 90m, 12h or 7d.",
    ),
]
Delete = Annotated[bool, typer.Option("--delete", help="Delete the messages, after a confirmation.")]
Yes = Annotated[bool, typer.Option("--yes", help="Delete without a confirmation.")]


def rejected(
    rejected_id: Only = None,
    *,
    code: Codes = None,
    older_than: OlderThan = None,
    delete: Delete = False,
    yes: Yes = False,
    as_json: AsJson = False,
    settings: SettingsFile = None,
) -> None:
    """List rejected messages, show one in full, or delete them."""
    from rich.console import Console

    from shared import wiring
    from shared.cli import rejected as rejections
    from shared.cli import settings as app_settings

    with exit_on_error():
        darkroom = wiring.build(app_settings.read(settings), threaded=False)
        if rejected_id is None:
            rows = chain.from_iterable(darkroom.forget.find(codes=code or (), older_than=older_than))
        else:
            row = darkroom.storage.rejections.get(rejected_id)
            if row is None:
                typer.echo(f"{rejected_id}: No rejected message has this id.")
                raise typer.Exit(Status.REFUSED)
            rows = chain([row])
        if delete:
            confirm: Callable[[str], object] = str if yes else lambda question: typer.confirm(question, abort=True)
            typer.echo(rejections.delete(darkroom.forget, list(rows), confirm))
        elif as_json:
            for row in rows:
                typer.echo(rejections.as_json(row))
        elif rejected_id is not None:
            typer.echo(rejections.as_text(next(rows)))
        else:
            rejections.print_list(Console(), rows)
