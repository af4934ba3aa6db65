"""``darkroom analyze``: analyse files of this machine."""

from pathlib import Path
from typing import Annotated

import typer

from shared.cli.exits import Status, exit_on_error
from shared.cli.options import AsJson, SettingsFile, by
from shared.cli.words import path

Files = Annotated[
    list[Path], typer.Argument(metavar="FILE…", parser=by(path), help="Local image files. No storage is needed.")
]


def analyze(files: Files, *, as_json: AsJson = False, settings: SettingsFile = None) -> None:
    """Analyse local files. Jobs do it in the same way. The exit status is 1 if a file has no report."""
    from shared.cli import analyze as analysis
    from shared.cli import settings as app_settings
    from shared.cli.output import open_output
    from shared.settings.settings import Settings

    with exit_on_error("no image was analysed"):
        reports = analysis.reports(files, Settings.read(app_settings.read(settings)))
        output = open_output()
        good = analysis.print_json(output, reports) if as_json else analysis.print_table(output, reports)
        if not good:
            raise typer.Exit(Status.REFUSED)
