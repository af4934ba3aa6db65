"""From what an operator gives ``cancel``, ``redrive`` or ``delete`` to what is to be done."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.cli.acts import Act
from shared.cli.by_ids import by_ids
from shared.cli.exits import Status, stop
from shared.cli.filters import JobFilters
from shared.cli.operate import by_filters
from shared.cli.output import Column, Kind, Output
from shared.cli.request import Manner, Request
from shared.cli.selection import Selection


def act_on_jobs(act: Act, ids: Sequence[str], filters: JobFilters, manner: Manner, *, forget: bool = False) -> None:
    """Act on jobs by their ids, or on all that match.

    Raises:
        Exit: Always.
    """
    options, more = filters.options(), {"forget": True} if forget else {}
    if ids and options:
        stop(Status.USAGE, "Give ids or filters, not both.")
    if ids:
        by_ids(act, ids, manner, more)
    if not options:
        stop(Status.USAGE, "Give ids of jobs, or filters such as --state FAILED or --error CODE.")
    if filters.state is not None and filters.state not in act.states:
        stop(Status.USAGE, f"Only jobs in {' or '.join(act.states)} can be {act.words.past}.")
    request = Request(
        act=act,
        line=["darkroom", act.action, *options, *["--forget"] * forget],
        filters=dict(zip((option.removeprefix("--") for option in options[::2]), options[1::2], strict=True)) | more,
        select=lambda as_of: Selection("/jobs", _queries(filters, act, as_of)),
        show=_show,
        more=more,
    )
    by_filters(request, manner)


def _queries(filters: JobFilters, act: Act, as_of: datetime) -> list[Mapping[str, Any]]:
    """Return the query of a list for each state; what has come or ended since the operation began is left out."""
    states = act.usual_states if filters.state is None else (filters.state,)
    queries = [replace(filters, state=state).query(as_of) for state in states]
    times = [query["until"] for query in queries]
    until = min([as_of, *(time for time in times if isinstance(time, datetime))])
    return [{**query, "until": until, "brief": True} for query in queries]


def _show(output: Output, jobs: Sequence[Mapping[str, Any]]) -> None:
    """Show some of the jobs that match."""
    rows = [(job["id"], job["ref"], job["state"], (job.get("error") or {}).get("code", "")) for job in jobs]
    output.table([Column("id", Kind.ID), Column("ref", Kind.NAME), "state", "error"], rows)
