"""``darkroom jobs``: the list of jobs."""

from typing import Annotated

import typer

from shared.cli import filters
from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url, by
from shared.cli.words import whole

Limit = Annotated[int, typer.Option("--limit", metavar="N", parser=by(whole(1, 1_000_000)), help="So many at most.")]
IsWatch = Annotated[bool, typer.Option("--watch", help="Show what changes, until Ctrl-C.")]


def jobs(
    *,
    kind: filters.Type = None,
    state: filters.InState = None,
    error: filters.Error = None,
    ref: filters.Ref = None,
    since: filters.Since = None,
    until: filters.Until = None,
    flag: filters.Flag = None,
    limit: Limit = 50,
    watch: IsWatch = False,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """List jobs. Live ones come first, then ended ones, the latest first."""
    from shared import clock
    from shared.cli.job_list import show, show_changes
    from shared.cli.output import open_output
    from shared.cli.watch import Watch
    from shared.runtime import Runtime

    chosen = filters.JobFilters(type=kind, state=state, error=error, ref=ref, since=since, until=until, flag=flag)
    with exit_on_error():
        query = {**chosen.query(clock.wall()), "brief": True}
        output, service = open_output(), connect(Options(url, settings))
        if watch:
            show_changes(
                Watch(service, "/jobs", {**query, "limit": min(limit, 200)}, Runtime()),
                output,
                as_json=as_json,
                wall=clock.wall,
            )
        else:
            show(service, query, output, limit=limit, as_json=as_json, now=clock.wall())
