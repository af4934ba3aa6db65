"""The attempts at a job, as a table and as a timeline."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shared.cli import moments
from shared.cli.job_page import error_line, trace_id
from shared.cli.layout import Cell
from shared.cli.output import STYLES, Column, Kind, Output
from shared.cli.values import text

Attempt = Mapping[str, Any]
#: The outcome of an attempt whose worker was never heard of again.
LAPSED = "lapsed"
_GOOD = frozenset({"complete", "COMPLETED"})
_BAD = frozenset({LAPSED, "fail", "exhaust", "bury", "refused"})


@dataclass(frozen=True)
class Moment:
    """What happened to a job at one time.

    Attributes:
        at: RFC 3339.
        what: In a word; ``lapsed`` marks an attempt that was killed or hung.
        token: Of the attempt; None of what is about none.
        detail: Everything else.
        seconds: How long what ends here took; of a claim, how long the job had waited.
    """

    at: str
    what: str
    token: int | None = None
    detail: str = ""
    seconds: float | None = None


def show_attempts(attempts: Sequence[Attempt], output: Output, *, as_json: bool) -> None:
    """Print attempts, the first one first."""
    if as_json:
        for attempt in attempts:
            output.json_line(attempt)
        return
    if not attempts:
        output.line("There was no attempt yet.")
    columns: list[Column | str] = [
        Column("token", right=True),
        "started",
        "took",
        "outcome",
        Column("worker", Kind.NAME),
    ]
    rows: list[list[Cell]] = [
        [
            text(each.get("token")),
            moments.whole(each.get("started_at")),
            moments.between(each.get("started_at"), each.get("ended_at")),
            (text(each.get("outcome")) or "runs", _style(text(each.get("outcome")))),
            text(each.get("owner")),
            " ".join(filter(None, (error_line(each.get("error")), _late_reports(each)))),
        ]
        for each in attempts
    ]
    output.table([*columns, Column("error", Kind.TEXT)], rows)


def timeline(job: Mapping[str, Any], attempts: Sequence[Attempt]) -> list[Moment]:
    """Return what happened to a job, in the order of its times.

    Args:
        job: As the API has it.
        attempts: All of them.
    """
    added = Moment(text(job.get("created_at")), "added", detail=_not_before(job))
    known, since = [added], added.at
    for attempt in attempts:
        known += _of_attempt(attempt, job, since)
        since = text(attempt.get("ended_at"))
    if job.get("ended_at"):
        at, error = text(job["ended_at"]), error_line(job.get("error"))
        is_new = error != known[-1].detail
        known.append(Moment(at, text(job.get("state")), None, error if is_new else "", _seconds(added.at, at)))
    return sorted((each for each in known if each.at), key=lambda each: each.at)


def show_timeline(job: Mapping[str, Any], attempts: Sequence[Attempt], output: Output, *, as_json: bool) -> None:
    """Print a timeline; for programs, each moment with the ids of job and trace."""
    found, ids = timeline(job, attempts), {"job": job.get("id"), "trace_id": trace_id(dict(job)) or None}
    if as_json:
        for each in found:
            output.json_line({**ids, **asdict(each)})
        return
    facts = [("job", text(job.get("id"))), ("reference", text(job.get("ref"))), ("trace", ids["trace_id"] or "")]
    output.table([Column(""), Column("", Kind.ID)], [fact for fact in facts if fact[1]])
    output.lines([[]])
    rows: list[list[Cell]] = [
        [each.at, (each.what, _style(each.what)), text(each.token), moments.seconds(each.seconds), each.detail]
        for each in found
    ]
    output.table(["at", "what", Column("token", right=True), "after", Column("", Kind.TEXT)], rows)


def _of_attempt(attempt: Attempt, job: Mapping[str, Any], since: str) -> Iterator[Moment]:
    token = attempt.get("token") if isinstance(attempt.get("token"), int) else None
    start, end, outcome = (text(attempt.get(name)) for name in ("started_at", "ended_at", "outcome"))
    yield Moment(start, "claimed", token, f"by {text(attempt.get('owner'))}", _seconds(since, start))
    if attempt.get("refused"):
        yield Moment(text(attempt.get("refused_at")), "refused", token, _late_reports(attempt))
    if end:
        detail = "The worker was lost: its lease lapsed." if outcome == LAPSED else error_line(attempt.get("error"))
        yield Moment(end, outcome, token, detail, _seconds(start, end))
    elif token is not None and token == job.get("token"):
        yield Moment(text(job.get("updated_at")), "runs", token, f"leased until {text(job.get('lease_until'))}")


def _late_reports(attempt: Attempt) -> str:
    count = attempt.get("refused")
    if not count:
        return ""
    return f"late reports refused: {text(count)}, the last: {text(attempt.get('refused_report'))}"


def _not_before(job: Mapping[str, Any]) -> str:
    return f"not before {job['not_before']}" if job.get("not_before") else ""


def _seconds(start: object, end: object) -> float | None:
    first, last = moments.parse(start), moments.parse(end)
    return None if first is None or last is None else (last - first).total_seconds()


def _style(what: str) -> str:
    if what in STYLES:
        return STYLES[what]
    return "green" if what in _GOOD else "red" if what in _BAD else ""
