"""A list of jobs, once or followed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from typing import Any

from shared.cli import moments
from shared.cli.layout import Cell, Line
from shared.cli.output import STYLES, Column, Kind, Output
from shared.cli.service import Service, items
from shared.cli.values import text
from shared.cli.watch import Body, Watch, changes

_HEADS = ("id", "state", "age", "error", "reference")
_KINDS = (Kind.ID, Kind.WORD, Kind.WORD, Kind.NAME, Kind.NAME)


def lay_out(output: Output, jobs: Sequence[dict[str, Any]], now: datetime, *, heads: bool = True) -> list[Line]:
    """Return the lines of a table; without a job none, and without an error no column of errors.

    Args:
        output: Whose width the table has.
        jobs: As the API lists them.
        now: From which ages count: since a job ended or, while it lives, since it was added.
        heads: Whether the columns have heads.
    """
    rows = [_cells(job, now) for job in jobs]
    if not rows:
        return []
    places = [at for at, head in enumerate(_HEADS) if head != "error" or any(row[at] for row in rows)]
    columns = [Column(_HEADS[at] if heads else "", _KINDS[at]) for at in places]
    return output.lay_out(columns, [[row[at] for at in places] for row in rows])


def _cells(job: dict[str, Any], now: datetime) -> list[Cell]:
    state, error = text(job.get("state")), job.get("error")
    moment = job.get("ended_at") or job.get("created_at")
    code = text(error.get("code")) if isinstance(error, dict) else ""
    return [text(job.get("id")), (state, STYLES.get(state, "")), moments.age(moment, now), code, text(job.get("ref"))]


def show(
    service: Service, query: Mapping[str, object], output: Output, *, limit: int, as_json: bool, now: datetime
) -> None:
    """Print jobs, and say if there are more.

    Args:
        service: The API.
        query: Which ones.
        output: Where to.
        limit: So many at most.
        as_json: Whether a program reads them.
        now: From which ages count.

    Costs:
        1 request for each 200 jobs.
    """
    found = items(service, "/jobs", query, limit=limit + 1)
    shown = list(islice(found, limit)) if not as_json else []
    for job in islice(found, limit) if as_json else ():
        output.json_line(job)
    output.lines(lay_out(output, shown, now))
    if next(found, None) is not None:
        output.note(f"There are more. To see them, set --limit above {limit:,}.")
    elif not as_json and not shown:
        output.note("No job matches.")


def show_changes(watch: Watch, output: Output, *, as_json: bool, wall: Callable[[], datetime]) -> None:
    """Show a list that follows its jobs: on a terminal in place, in a pipe a line for each job that has changed."""

    def draw(body: Body, wide: Output) -> list[Line]:
        now = wall()
        rest = "" if body.get("complete", True) else " Older jobs were not looked at: narrow the filters."
        head: Line = [(f"{now:%H:%M:%S} UTC. Ctrl-C ends this.{rest}", "dim")]
        return [head, *(lay_out(wide, _jobs(body), now) or [[("No job matches.", "")]])]

    def report(before: Body | None, body: Body) -> None:
        old, new = ({text(job.get("id")): job for job in _jobs(each or {})} for each in (before, body))
        news = changes(old, new)
        if as_json:
            for job in news:
                output.json_line(job)
        else:
            output.lines(lay_out(output, news, wall(), heads=before is None))

    watch.show(replace(output, is_terminal=False) if as_json else output, draw=draw, report=report)


def _jobs(body: Body) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = body.get("items") or []
    return found
