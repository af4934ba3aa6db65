"""``darkroom jobs``: the list of jobs."""

from typing import Annotated

import typer

from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url


def jobs(
    *,
    kind: Annotated[str | None, typer.Option("--type", metavar="TYPE", help="Only of this type.")] = None,
    limit: Annotated[int, typer.Option("--limit", metavar="N", min=1, help="So many at most.")] = 50,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """List jobs: live ones first, then ended ones, the latest first."""
    from shared.cli.output import Column, Kind, open_output
    from shared.cli.service import items

    with exit_on_error():
        output, service = open_output(), connect(Options(url, settings))
        found = items(service, "/jobs", {"type": kind}, limit=limit)
        if as_json:
            for job in found:
                output.json_line(job)
        else:
            columns: list[Column | str] = [Column("id", Kind.ID), "state", Column("ref", Kind.NAME)]
            output.table(columns, [[job["id"], job["state"], job["ref"]] for job in found])
