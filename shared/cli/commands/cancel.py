"""``darkroom cancel``: end jobs that wait or run."""

from typing import Annotated

import typer

from shared.cli.options import SettingsFile

JobIds = Annotated[list[str], typer.Argument(metavar="JOB_ID…", help="Ids of jobs, from the log or the job table.")]


def cancel(job_ids: JobIds, settings: SettingsFile = None) -> None:
    """Cancel waiting or running jobs. A worker that holds one loses its lease."""
    from shared.cli.each import act_on_each

    act_on_each(job_ids, settings, lambda darkroom: darkroom.cancel.cancel, done="canceled")
