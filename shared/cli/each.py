"""Act on one id after another."""

from collections.abc import Callable
from pathlib import Path

import typer

from shared import wiring
from shared.cli import settings as app_settings
from shared.cli.exits import Status, exit_on_error
from shared.errors import Conflict, InvalidReference, NotFound
from shared.wiring.steps import Darkroom


def act_on_each(
    job_ids: list[str], settings: Path | None, act: Callable[[Darkroom], Callable[[str], object]], *, done: str
) -> None:
    """Act on each id, and print a line for it; one that is refused does not stop the others."""
    refused = 0
    with exit_on_error():
        one = act(wiring.build(app_settings.read(settings), threaded=False))
        for job_id in job_ids:
            try:
                one(job_id)
            except (InvalidReference, NotFound, Conflict) as error:
                refused += 1
                typer.echo(f"{job_id}: {error}")
            else:
                typer.echo(f"{job_id}: {done}")
        if refused:
            raise typer.Exit(Status.REFUSED)
