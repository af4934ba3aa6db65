"""``darkroom delete``: take ended jobs away."""

from typing import Annotated

import typer

from shared.cli.filters import Error, Flag, InState, Ref, Since, Type, Until
from shared.cli.options import AsJson, DryRun, JobIds, New, SettingsFile, Url, Yes

Forget = Annotated[bool, typer.Option("--forget", help="Also their keys, so that type and ref can be added again.")]


def delete(
    ids: JobIds = None,
    *,
    kind: Type = None,
    state: InState = None,
    error: Error = None,
    ref: Ref = None,
    since: Since = None,
    until: Until = None,
    flag: Flag = None,
    forget: Forget = False,
    dry_run: DryRun = False,
    yes: Yes = False,
    new: New = False,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """Delete ended jobs. Their reports and thumbnails go with them."""
    from shared.cli.acts import Act
    from shared.cli.filters import JobFilters
    from shared.cli.on_jobs import act_on_jobs
    from shared.cli.request import Manner

    filters = JobFilters(type=kind, state=state, error=error, ref=ref, since=since, until=until, flag=flag)
    manner = Manner(dry_run=dry_run, yes=yes, restart=new, as_json=as_json, url=url, settings=settings)
    act_on_jobs(Act.DELETE_JOBS, ids or [], filters, manner, forget=forget)
