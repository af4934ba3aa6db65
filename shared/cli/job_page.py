"""All about one job or image, for a person."""

from datetime import datetime
from typing import Any

from shared.cli import moments
from shared.cli.layout import Cell
from shared.cli.output import STYLES, Column, Kind, Output
from shared.cli.values import sections, text

#: Of a W3C trace context: version, trace, span, flags.
_TRACE = 1
_FACTS = [Column(""), Column("", Kind.TEXT)]


def show_image(output: Output, image: dict[str, Any], now: datetime) -> None:
    """Print an image, and the job of its newest version, if it is still there."""
    job = image.get("job")
    facts: list[tuple[str, Cell]] = [("image", text(image.get("name"))), ("image id", text(image.get("image_id")))]
    if isinstance(job, dict):
        _show_page(output, [*facts, *_facts(job, now)], job)
        return
    state = text(image.get("state"))
    facts += [("state", (state, STYLES.get(state, ""))), ("ended", _moment(image.get("ended_at"), now))]
    _show_page(output, facts, {})
    output.line("Its job was purged. No report is kept.")


def show_job(output: Output, job: dict[str, Any], now: datetime) -> None:
    """Print a job: facts first, then its report or result, section by section."""
    _show_page(output, _facts(job, now), job)


def _show_page(output: Output, facts: list[tuple[str, Cell]], job: dict[str, Any]) -> None:
    output.table(_FACTS, [(name, cell) for name, cell in facts if (cell if isinstance(cell, str) else cell[0])])
    for name in ("report", "result", "params"):
        is_ours = name == "params" and job.get("image") is not None  # which say again what the report does
        lines = [] if is_ours else sections(job.get(name) or {})
        if lines:
            output.lines([[], [(name, "bold")]])
            output.table(_FACTS, lines)


def trace_id(job: dict[str, Any]) -> str:
    """Return the id of the trace that a job is a part of; an empty text without one."""
    parts = text(job.get("traceparent")).split("-")
    return parts[_TRACE] if len(parts) > _TRACE else ""


def error_line(error: object) -> str:
    """Return code and message of an error; an empty text without one."""
    if not isinstance(error, dict):
        return ""
    return ": ".join(filter(None, (text(error.get("code")), text(error.get("message")))))


def _facts(job: dict[str, Any], now: datetime) -> list[tuple[str, Cell]]:
    state, progress = text(job.get("state")), job.get("progress")
    is_ended = job.get("ended_at") is not None
    return [
        ("job", text(job.get("id"))),
        ("reference", text(job.get("ref"))),
        ("state", (state, STYLES.get(state, ""))),
        ("error", error_line(job.get("error"))),
        ("attempts", text(job.get("attempts"))),
        ("progress", f"{progress:.0%}" if isinstance(progress, float) and not is_ended else ""),
        ("worker", text(job.get("owner"))),
        ("leased", _until(job.get("lease_until"))),
        ("not before", _until(None if is_ended else job.get("not_before"))),
        ("added", _moment(job.get("created_at"), now)),
        ("started", _moment(job.get("started_at"), now)),
        ("ended", _moment(job.get("ended_at"), now)),
        ("worked", moments.between(job.get("started_at"), job.get("ended_at"))),
        ("trace", trace_id(job)),
    ]


def _moment(value: object, now: datetime) -> str:
    return f"{value} ({moments.age(value, now)} ago)" if moments.parse(value) else ""


def _until(value: object) -> str:
    return f"until {value}" if moments.parse(value) else ""
