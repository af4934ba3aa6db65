"""What production shows of all jobs, whichever release it is of: figures and lists. Nothing here decides anything."""

from collections.abc import Mapping
from typing import Any

from shared.rules.invariants import Rule
from shared.rules.jobs import Job
from tests.simulation.entry_points import Darkroom
from tests.simulation.releases import module_of

#: What ``verify`` says of an index row that copies its job as it was.
STALE = str(Rule.INDEX_STALE)
_PAGE = 1_000
#: Columns of a job that a list shows, by the names that they have in its row.
_COLUMNS = (
    "type",
    "ref",
    "version",
    "retagged",
    "token",
    "attempts",
    "attempts_base",
    "abandons",
    "progress",
    "cursor",
)


def figures(darkroom: Darkroom) -> Mapping[str, Mapping[str, int]]:
    """Return how many jobs there are by type and state, as they are counted now, whoever has counted lately."""
    darkroom.statistics.count()
    return darkroom.statistics._count_all(darkroom.now()).jobs


def jobs(darkroom: Darkroom) -> list[Mapping[str, Any]]:
    """Return all jobs as lists show them, on one page: columns by their names in rows, and the id."""
    query = module_of(darkroom.settings, "steps.operators.lookup").JobQuery()
    page = darkroom.lookup.list(query, limit=_PAGE)
    assert page.after is None
    return [_columns(each.job) for each in page.items]


def _columns(job: Job) -> Mapping[str, Any]:
    return {"id": job.id, "state": str(job.state), **{name: getattr(job, name) for name in _COLUMNS}}
