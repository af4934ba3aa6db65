"""``darkroom upload``: images from files, folders or the standard input."""

from typing import Annotated

import typer

from shared.cli.connect import Options, connect
from shared.cli.exits import Status, exit_on_error, stop
from shared.cli.options import AsJson, SettingsFile, Url, by
from shared.cli.output import open_output
from shared.cli.words import whole, word

Sources = Annotated[
    list[str],
    typer.Argument(metavar="FILE…", parser=by(word), help="Images, folders of images, or - for the standard input."),
]


def upload(
    sources: Sources,
    *,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", parser=by(word), help="The image's name, if it is one.")
    ] = None,
    prefix: Annotated[str, typer.Option("--prefix", metavar="TEXT", help="Goes before each name, as 2026/.")] = "",
    replace: Annotated[bool, typer.Option("--replace", help="Replace images of the same name.")] = False,
    parallel: Annotated[
        int, typer.Option("--parallel", metavar="N", parser=by(whole(1, 16)), help="How many at once, 16 at most.")
    ] = 4,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """Upload images. Jobs then analyse them.

    An image that is there already is left as it is. So after an interruption, give the same command again: it goes on.
    """
    from shared.cli.upload_plan import NameMissing, plan
    from shared.cli.upload_report import UploadReport
    from shared.cli.uploads import Uploader
    from shared.runtime import Runtime

    with exit_on_error("the upload stopped"):
        try:
            planned = plan(sources, prefix=prefix, name=name)
        except NameMissing as error:
            stop(Status.USAGE, str(error))
        uploader = Uploader(connect(Options(url, settings)), pool=Runtime().pool, replace=replace)
        with UploadReport(open_output(), planned, as_json=as_json) as report:
            for receipt in uploader.send_all(planned.uploads, parallel=parallel):
                report.add(receipt)
    if report.has_refusals:
        raise typer.Exit(Status.REFUSED)
