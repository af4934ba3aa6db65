"""A job as everybody sees it: the API, the command line and ``run --json`` give it this form and this reason."""

from datetime import datetime, timedelta
from typing import Any

from shared.ports.jobs import JobCopy, Row
from shared.rules.jobs import Job, JobError, State
from shared.rules.timestamps import rfc3339


def job_json(row: Row | JobCopy) -> dict[str, Any]:
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
        "lease_until": rfc3339(row.modified_at + job.lease if job.lease else None),
        "not_before": rfc3339(job.not_before),
        "created_at": rfc3339(job.created),
        "started_at": rfc3339(job.started),
        "ended_at": rfc3339(job.ended),
        "updated_at": rfc3339(row.modified_at),
        "progress": job.progress,
        "error": error_json(job.error),
        "image": {"container": container, "name": name, "etag": job.newest} if job.is_image else None,
        "report": job.report if job.is_image else None,
        "result": None if job.is_image else job.report,
        "traceparent": job.traceparent,
    }


def error_json(error: JobError | None) -> dict[str, Any] | None:
    """Return the error of a job or of an attempt."""
    return None if error is None else {"code": error.code, "message": error.message, "at": rfc3339(error.at)}


def why(row: Row, *, margin: timedelta, now: datetime) -> str:
    """Say what a job waits for, or how it ended.

    Args:
        row: The job, as read.
        margin: Extra time that others leave to a worker beyond its lease.
        now: The service's time, aware UTC.

    Returns:
        One sentence, its times in RFC 3339, UTC. It holds texts of workers as they are: escape it.
    """
    match row.job.state:
        case State.PENDING:
            return _waits(row, now)
        case State.RUNNING:
            return _runs(row, margin, now)
        case State.COMPLETED:
            return f"It completed at {rfc3339(row.job.ended)}."
        case State.FAILED:
            return f"It failed at {rfc3339(row.job.ended)} after {_attempts(row.job)}: {_reason(row.job)}."
        case State.CANCELED:
            return f"It was canceled at {rfc3339(row.job.ended)}: {_reason(row.job)}."


def _waits(row: Row, now: datetime) -> str:
    job = row.job
    spent = _why_over(job, now)
    if spent:
        return spent
    if job.not_before is not None and job.not_before > now:
        failed = f" The last attempt ended with {_error(job.error)}." if job.error else ""
        return f"It is not due until {rfc3339(job.not_before)}.{failed}"
    since = job.not_before or (row.modified_at if job.token else job.created)  # untouched, it waits since it was added
    return f"It has waited for a worker since {rfc3339(since)}."


def _runs(row: Row, margin: timedelta, now: datetime) -> str:
    job = row.job
    until = row.modified_at + (job.lease or timedelta(0)) + margin
    if now <= until:
        return f"It is leased to {job.owner} until {rfc3339(until)}."
    return _why_over(job, now) or f"The lease of {job.owner} has lapsed. Any worker may claim it."


def _why_over(job: Job, now: datetime) -> str | None:
    """Say why nobody may claim a job any more, if so."""
    if job.out_of_attempts:
        return f"It has used up its {_attempts(job)}. The next worker or sweep ends it."
    if job.time_over(now):
        return f"Its time limit passed at {rfc3339(job.deadline)}. The next worker or sweep ends it."
    return None


def _reason(job: Job) -> str:
    return "no reason was given" if job.error is None else _error(job.error)


def _error(error: JobError) -> str:
    return f"{error.code}: {error.message.rstrip('.')}"


def _attempts(job: Job) -> str:
    return f"{job.attempts} attempt{'' if job.attempts == 1 else 's'}"
