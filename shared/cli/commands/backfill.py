"""``darkroom backfill``: record every image of the container now, and not when the timer comes to it."""

from typing import Annotated

import typer

from shared.cli.connect import Options, connect
from shared.cli.exits import exit_on_error
from shared.cli.options import AsJson, SettingsFile, Url, by
from shared.cli.words import whole


def backfill(
    *,
    seconds: Annotated[
        int,
        typer.Option(
            "--slice", metavar="SECONDS", parser=by(whole(1, 120)), help="How long one request may walk, 120 at most."
        ),
    ] = 15,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """Record images without jobs. It walks through the whole container.

    The walk goes on where the timer's has stopped; after an interruption, give the same command again.
    """
    from shared.cli.output import open_output
    from shared.cli.walks import Backfill
    from shared.runtime import Runtime

    with exit_on_error("the walk stopped"):
        output, service = open_output(), connect(Options(url, settings))
        with output.progress("walking") as progress:
            walk = Backfill(service, progress, say=output.note, runtime=Runtime())
            walk.run(seconds=seconds)
    if as_json:
        output.json_line({"blobs": walk.blobs, "new": walk.new})
    else:
        output.line(f"{walk.blobs:,} blobs, {walk.new:,} of them new.")
