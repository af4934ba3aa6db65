"""``darkroom cancel``: end jobs that wait or run."""

from shared.cli.filters import Error, Flag, InState, Ref, Since, Type, Until
from shared.cli.options import AsJson, DryRun, JobIds, New, SettingsFile, Url, Yes


def cancel(
    ids: JobIds = None,
    *,
    kind: Type = None,
    state: InState = None,
    error: Error = None,
    ref: Ref = None,
    since: Since = None,
    until: Until = None,
    flag: Flag = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    new: New = False,
    as_json: AsJson = False,
    url: Url = None,
    settings: SettingsFile = None,
) -> None:
    """Cancel live jobs. They wait or run; a worker that holds one loses its lease."""
    from shared.cli.acts import Act
    from shared.cli.filters import JobFilters
    from shared.cli.on_jobs import act_on_jobs
    from shared.cli.request import Manner

    filters = JobFilters(type=kind, state=state, error=error, ref=ref, since=since, until=until, flag=flag)
    manner = Manner(dry_run=dry_run, yes=yes, restart=new, as_json=as_json, url=url, settings=settings)
    act_on_jobs(Act.CANCEL_JOBS, ids or [], filters, manner)
