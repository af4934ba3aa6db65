"""A job as everybody sees it: the API, the command line and ``run --json`` give this one form."""

from datetime import datetime
from typing import Any

from shared.ports.jobs import Row


def job_json(row: Row) -> dict[str, Any]:
    """Return a job as plain JSON values; times in RFC 3339, UTC."""
    job = row.job
    container, _, name = job.ref.partition("/")
    return {
        "id": job.id,
        "type": job.type,
        "ref": job.ref,
        "state": job.state.value,
        "attempts": job.attempts,
        "token": job.token,
        "owner": job.owner,
        "lease_until": _time(row.modified_at + job.lease if job.lease else None),
        "not_before": _time(job.not_before),
        "created_at": _time(job.created),
        "started_at": _time(job.started),
        "ended_at": _time(job.ended),
        "updated_at": _time(row.modified_at),
        "progress": job.progress,
        "error": job.error and {"code": job.error.code, "message": job.error.message, "at": _time(job.error.at)},
        "image": {"container": container, "name": name, "etag": job.newest} if job.is_image else None,
        "report": job.report if job.is_image else None,
        "result": None if job.is_image else job.report,
        "traceparent": job.traceparent,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
