"""``darkroom show``: one job or image."""

from typing import Annotated

import typer

from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url, by
from shared.cli.words import word

Thing = Annotated[
    str, typer.Argument(metavar="ID|IMAGE", parser=by(word), help="The id of a job, or the id or name of an image.")
]


def show(thing: Thing, *, as_json: AsJson = False, url: Url = None, settings: SettingsFile = None) -> None:
    """Show a job or an image. It prints the state, times, error and report."""
    from shared import clock
    from shared.cli import lookup
    from shared.cli.job_page import show_image, show_job
    from shared.cli.output import open_output

    with exit_on_error():
        output, service = open_output(), connect(Options(url, settings))
        is_job = lookup.is_job_id(thing)
        found = lookup.find_job(service, thing) if is_job else lookup.find_image(service, thing)
        if as_json:
            output.json_line(found)
        elif is_job:
            show_job(output, found, clock.wall())
        else:
            show_image(output, found, clock.wall())
