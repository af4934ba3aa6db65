"""``darkroom redrive``: open jobs again."""

from collections.abc import Callable
from typing import Annotated

import typer

from shared.cli.options import SettingsFile

Ids = Annotated[list[str], typer.Argument(metavar="ID…", help="Ids of jobs, from the log, or of rejected messages.")]


def redrive(ids: Ids, settings: SettingsFile = None) -> None:
    """Run failed or canceled jobs again, with all of their attempts. Try rejected messages again."""
    from shared.cli import rejected as rejections
    from shared.cli import words
    from shared.cli.each import act_on_each
    from shared.wiring.steps import Darkroom

    def act(darkroom: Darkroom) -> Callable[[str], object]:
        def one(identity: str) -> object:
            if words.REJECTED_ID.fullmatch(identity):
                rejections.redrive(darkroom.readmit, identity)
                return None
            return darkroom.redrive.redrive(identity)

        return one

    act_on_each(ids, settings, act, done="redriven")
