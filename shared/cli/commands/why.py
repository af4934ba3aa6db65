"""``darkroom why``: why a job is not done, or what keeps all that are late."""

from typing import Annotated

import typer

from shared.cli.connect import Options, connect
from shared.cli.exits import Status, exit_on_error, stop
from shared.cli.options import AsJson, SettingsFile, Url, by
from shared.cli.words import word

Thing = Annotated[
    str | None,
    typer.Argument(metavar="ID|IMAGE", parser=by(word), help="The id of a job, or the id or name of an image."),
]
IsAll = Annotated[bool, typer.Option("--all", help="All late jobs and today's failures, by their cause.")]


def why(
    thing: Thing = None,
    *,
    is_all: IsAll = False,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """Say why a job is not done. Of an ended job, say how it ended. Say what helps."""
    from shared.cli import lookup
    from shared.cli.causes import show_causes, show_reason
    from shared.cli.output import open_output

    with exit_on_error():
        if (thing is None) is not is_all:
            stop(Status.USAGE, "Give one job or image, or --all.")
        output, service = open_output(), connect(Options(url, settings))
        if thing is None:
            show_causes(service.call("GET", "/why").json(groups=list), output, as_json=as_json)
            return
        job_id = thing if lookup.is_job_id(thing) else lookup.find_job(service, thing).get("id")
        reason = lookup.get(service, f"/jobs/{job_id}/why", f"{thing}: No job has this id.", why=str)
        show_reason({"id": job_id, **reason}, output, as_json=as_json)
