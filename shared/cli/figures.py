"""The figures of the service: numbers of jobs, ages, locks."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from shared.cli import moments
from shared.cli.layout import Cell, Line
from shared.cli.output import STYLES, Column, Kind, Output
from shared.cli.values import text
from shared.cli.watch import Body, Watch, changes

_STATES = ("PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED")


def show_stats(body: Body, output: Output, *, as_json: bool) -> None:
    """Print all figures."""
    if as_json:
        output.json_line(body)
    else:
        output.lines(_lines(body, output))


def show_stats_changes(watch: Watch, output: Output, *, as_json: bool) -> None:
    """Follow the figures: on a terminal in place, in a pipe a line for each that has changed."""

    def report(before: Body | None, body: Body) -> None:
        if as_json:
            output.json_line(body)
            return
        old, new = ({each[0]: each for each in _figures(known, ages=False).items()} for known in (before or {}, body))
        output.table([Column(""), Column("", Kind.TEXT)], changes(old, new))

    watch.show(
        replace(output, is_terminal=False) if as_json else output,
        draw=lambda body, wide: [[("Ctrl-C ends this.", "dim")], *_lines(body, wide)],
        report=report,
    )


def show_locks(body: Body, output: Output, *, now: datetime, as_json: bool) -> None:
    """Print locks; one that nobody holds is free."""
    locks = body.get("items") or []
    if as_json:
        for lock in locks:
            output.json_line(lock)
        return
    rows = [
        [text(lock.get("name")), text(lock.get("holder")) or "free", text(lock.get("lease_until")), _ago(lock, now)]
        for lock in locks
    ]
    output.table(["lock", Column("holder", Kind.NAME), "until", "last done"], rows)
    if not rows:
        output.note("No timer has run yet.")


def _lines(body: Body, output: Output) -> list[Line]:
    """Return a table of jobs, and the other figures below it."""
    jobs = _object(body.get("jobs"))
    rows: list[list[Cell]] = [
        [kind, *((_number(_object(counts).get(state)), STYLES[state]) for state in _STATES)]
        for kind, counts in jobs.items()
    ]
    heads = [Column("type", Kind.NAME), *(Column(state, right=True) for state in _STATES)]
    facts = [[name, value] for name, value in _figures({**body, "jobs": {}}, ages=True).items()]
    empty: list[Line] = [[]]
    table = output.lay_out(heads, rows) + empty if rows else []
    return table + output.lay_out([Column(""), Column("", Kind.TEXT)], facts)


def _figures(body: Body, *, ages: bool) -> dict[str, str]:
    """Return each figure by its name; those that are not known are left out.

    Args:
        body: As the API has them.
        ages: Whether to say how old things are, which changes all the time, or only which are late.
    """
    figures = {
        f"{kind} {state}": _number(_object(counts).get(state))
        for kind, counts in _object(body.get("jobs")).items()
        for state in _STATES
    }
    figures |= {
        "oldest due job": moments.seconds(body.get("oldest_due_age_seconds")),
        "poison messages": _number(body.get("poison")),
        "images missed by events": _number(body.get("missed")),
        "late reports refused": _number(body.get("stale_reports_total")),
        "sweeps now": text(_object(body.get("lock")).get("holder")),
    }
    for name, age in _object(body.get("upkeep")).items():
        figures[f"last {name}"] = _upkeep(_object(age), ages=ages)
    if ages:
        figures["counted at"] = moments.whole(body.get("as_of"))
    if body.get("capped"):
        figures["counted"] = "There are more jobs than were counted."
    return {name: value for name, value in figures.items() if value}


def _upkeep(age: Mapping[str, Any], *, ages: bool) -> str:
    """Say how long ago something was done, and whether that is too long ago."""
    seconds, is_late = age.get("age_seconds"), age.get("late")
    time = "never" if seconds is None else f"{moments.seconds(seconds)} ago" if ages else ""
    return ", ".join(filter(None, (time, "late" if is_late else ""))) or "in time"


def _ago(lock: Mapping[str, Any], now: datetime) -> str:
    age = moments.age(lock.get("done_at"), now)
    return f"{age} ago" if age else "never"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else ""


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
