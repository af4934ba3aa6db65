"""A job as everybody sees it: the API, the command line and ``run --json`` give it this form and this reason."""

from datetime import datetime, timedelta
from typing import Any

from shared.ports.jobs import JobCopy, Row
from shared.rules import causes
from shared.rules.causes import Cause
from shared.rules.jobs import Job, JobError
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


def explanation(row: Row, *, margin: timedelta, grace: timedelta, now: datetime) -> dict[str, Any]:
    """Return why a job is not done: a sentence, its cause, the code of its last error, and what to do about it.

    Args:
        row: The job, as read.
        margin: Extra time that others leave to a worker beyond its lease.
        grace: How long the sweep leaves a job to its message.
        now: The service's time, aware UTC.
    """
    job = row.job
    cause = causes.cause_of(job, modified_at=row.modified_at, margin=margin, now=now)
    is_late = job.due is not None and job.due <= causes.late_before(now, grace=grace)
    return {
        "why": why(row, margin=margin, now=now),
        "cause": cause.value,
        "code": None if job.error is None else job.error.code,
        "mend": causes.mend_of(job, cause, is_late=is_late),
    }


def why(row: Row, *, margin: timedelta, now: datetime) -> str:  # noqa: PLR0911 - a sentence a cause
    """Say what a job waits for, or how it ended.

    Args:
        row: The job, as read.
        margin: Extra time that others leave to a worker beyond its lease.
        now: The service's time, aware UTC.

    Returns:
        One sentence, its times in RFC 3339, UTC. It holds texts of workers as they are: escape it.
    """
    job = row.job
    match causes.cause_of(job, modified_at=row.modified_at, margin=margin, now=now):
        case Cause.WAITS_FOR_WORKER:
            since = job.not_before or (row.modified_at if job.token else job.created)  # untouched, since it was added
            return f"It has waited for a worker since {rfc3339(since)}."
        case Cause.NOT_DUE | Cause.BETWEEN_ATTEMPTS:
            failed = f" The last attempt ended with {_error(job.error)}." if job.error else ""
            return f"It is not due until {rfc3339(job.not_before)}.{failed}"
        case Cause.LEASED:
            until = causes.lease_end(job, modified_at=row.modified_at, margin=margin)
            return f"It is leased to {job.owner} until {rfc3339(until)}."
        case Cause.LAPSED:
            return f"The lease of {job.owner} has lapsed. Any worker may claim it."
        case Cause.OUT_OF_ATTEMPTS:
            return f"It has used up its {_attempts(job)}. The next worker or sweep ends it."
        case Cause.TIME_OVER:
            return f"Its time limit passed at {rfc3339(job.deadline)}. The next worker or sweep ends it."
        case Cause.COMPLETED:
            return f"It completed at {rfc3339(job.ended)}."
        case Cause.FAILED:
            return f"It failed at {rfc3339(job.ended)} after {_attempts(job)}: {_reason(job)}."
        case Cause.CANCELED:
            return f"It was canceled at {rfc3339(job.ended)}: {_reason(job)}."


def _reason(job: Job) -> str:
    return "no reason was given" if job.error is None else _error(job.error)


def _error(error: JobError) -> str:
    return f"{error.code}: {error.message.rstrip('.')}"


def _attempts(job: Job) -> str:
    return f"{job.attempts} attempt{'' if job.attempts == 1 else 's'}"
