"""Bodies and headers of responses."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import JSONResponse, Response

from shared.analysis.sandbox.layers import Confinement
from shared.http import etags
from shared.http.versions import versions
from shared.ports.images import ImageEntry
from shared.ports.index import AttemptRecord
from shared.ports.jobs import JobCopy, Key, Row
from shared.rules.jobs import State
from shared.rules.report_flags import flags_of, summary_of
from shared.rules.rhythms import Age, Upkeep, upkeep_json
from shared.rules.statistics import Stats
from shared.rules.timestamps import rfc3339
from shared.settings.enums import ConfinementMode, Isolation
from shared.settings.settings import Settings
from shared.steps.operators.locks import LockState
from shared.views import error_json, job_json

#: Seconds after which to ask again for a live job or an unfinished purge.
POLL_SECONDS = 2


def job_body(row: Row | JobCopy) -> dict[str, Any]:
    """Return a job, with what its next worker needs."""
    return job_json(row) | {"params": dict(row.job.params), "cursor": row.job.cursor}


def brief_job(row: Row | JobCopy) -> dict[str, Any]:
    """Return a job as lists show it where they are asked to be brief."""
    left_out, report = ("report", "result"), row.job.report if row.job.is_image else None
    return {name: value for name, value in job_json(row).items() if name not in left_out} | {"flags": flags_of(report)}


def job(row: Row, *, status: int = 200, with_location: bool = False) -> Response:
    """Respond with a job, its version tag and, if it is live, when to ask again."""
    return JSONResponse(job_body(row), status, headers=job_headers(row, with_location=with_location))


def lease(row: Row) -> Response:
    """Respond to the holder of a job with its lease, which nobody else gets."""
    return JSONResponse(job_body(row), headers=job_headers(row) | {"ETag": etags.lease_tag(row)})


def job_headers(row: Row, *, with_location: bool = False) -> dict[str, str]:
    """Return the headers of a job: version, location, and when to ask again."""
    headers = {"ETag": etags.version_tag(row)}
    if not row.job.state.ended:
        headers["Retry-After"] = str(POLL_SECONDS)
    return headers | (location(row.job.id) if with_location else {})


def location(job_id: str) -> dict[str, str]:
    """Return the location of a job; its id needs no escapes."""
    return {"Location": f"/api/jobs/{job_id}"}


def purged_job(key: Key) -> dict[str, Any]:
    """Return what the key row of a purged job has."""
    state = None if key.state is None else key.state.value
    return {
        "id": key.job_id,
        "type": key.type,
        "ref": key.ref,
        "state": state,
        "ended_at": rfc3339(key.ended),
        "purged": True,
    }


def attempt(one: AttemptRecord) -> dict[str, Any]:
    """Return one attempt, without its claim id, which is half of a lease."""
    return {
        "token": one.token,
        "owner": one.owner,
        "started_at": rfc3339(one.started),
        "ended_at": rfc3339(one.ended),
        "outcome": one.outcome,
        "error": error_json(one.error),
        "refused": one.late_reports,
        "refused_report": one.last_late_report,
        "refused_at": rfc3339(one.last_late_at),
    }


def image(entry: ImageEntry) -> dict[str, Any]:
    """Return an image with the job of its newest version."""
    return _image(entry) | {"job": None if entry.row is None else job_body(entry.row)}


def brief_image(entry: ImageEntry) -> dict[str, Any]:
    """Return an image as lists show it where they are asked to be brief."""
    row = entry.row
    job, summary = (None, None) if row is None else (brief_job(row), summary_of(row.job.report))
    return _image(entry) | {"job": job, "summary": summary}


def _image(entry: ImageEntry) -> dict[str, Any]:
    key, row = entry.key, entry.row
    state: State | None = key.state if row is None else row.job.state
    ended = key.ended if row is None else row.job.ended
    return {
        "image_id": entry.image_id,
        "name": key.ref.partition("/")[2],
        "etag": key.version,
        "state": None if state is None else state.value,
        "ended_at": rfc3339(ended),
    }


def stats(figures: Stats) -> dict[str, Any]:
    """Return the figures."""
    return {
        "as_of": rfc3339(figures.as_of),
        "jobs": {kind: dict(counts) for kind, counts in figures.jobs.items()},
        "capped": figures.capped,
        "oldest_due_age_seconds": figures.oldest_due_age_seconds,
        "lock": dict(figures.lock),
        "poison": figures.poison,
        "missed": figures.missed,
        "stale_reports_total": figures.stale_reports_total,
        "upkeep": upkeep_json(figures.upkeep),
    }


def lock(state: LockState) -> dict[str, Any]:
    """Return who holds a lock."""
    return {
        "name": state.name,
        "holder": state.holder,
        "lease_until": rfc3339(state.lease_until),
        "done_at": rfc3339(state.done_at),
    }


def response_304(headers: Mapping[str, str]) -> Response:
    """Respond that the client has the current version already."""
    return Response(status_code=304, headers=dict(headers))


def status(*, is_late: bool) -> str:
    """Return the state of an app whose storage responds."""
    return "degraded" if is_late else "ok"


def health(settings: Settings, sandbox: Confinement | None, ages: Mapping[Upkeep, Age]) -> dict[str, Any]:
    """Return the ages of what timers do, how child processes are confined, and what runs here.

    Layers are unknown before the first child has started.
    """
    isolated = settings.isolation is Isolation.PROCESS
    confinement = {
        "mode": (settings.confinement if isolated else ConfinementMode.OFF).value,
        "layers": None if sandbox is None else sandbox.layers,
        "refused": None if sandbox is None else sandbox.refusals,
    }
    is_late = any(age.is_late for age in ages.values())
    return {
        "status": status(is_late=is_late),
        "upkeep": upkeep_json(ages),
        "confinement": confinement,
        "versions": versions(),
    }
