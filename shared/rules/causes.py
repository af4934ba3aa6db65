"""Why a job is not done, or how it ended, as one word; and what somebody may do about it."""

import re
from datetime import datetime, timedelta
from enum import StrEnum

from shared.rules.jobs import Job, State

#: An idle app sweeps this seldom; a job that is due for longer has missed a sweep, or there is too much to do.
PATIENCE = timedelta(minutes=20)
#: Errors that the content causes: every attempt would meet the same bytes, so only another file helps.
CONTENT_CODES = frozenset(
    {
        "blob_gone",
        "corrupt_encoding",
        "corrupt_image",
        "empty_blob",
        "invalid_reference",
        "unsupported_encoding",
        "unsupported_format",
    }
)
#: Of an error; others are not put into a command line.
_CODE = re.compile(r"[a-z0-9_.-]{1,64}")
_EXAMINE = "darkroom doctor"


class Cause(StrEnum):
    """Why a job is not done, or how it ended; ``TITLES`` says it to people."""

    WAITS_FOR_WORKER = "waits_for_worker"
    NOT_DUE = "not_due"
    BETWEEN_ATTEMPTS = "between_attempts"
    LEASED = "leased"
    LAPSED = "lapsed"
    OUT_OF_ATTEMPTS = "out_of_attempts"
    TIME_OVER = "time_over"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


TITLES = {
    Cause.WAITS_FOR_WORKER: "Waiting for a worker",
    Cause.NOT_DUE: "Not due yet",
    Cause.BETWEEN_ATTEMPTS: "Waiting for the next attempt",
    Cause.LEASED: "Being worked on",
    Cause.LAPSED: "The lease has lapsed",
    Cause.OUT_OF_ATTEMPTS: "All attempts are used up",
    Cause.TIME_OVER: "The time limit has passed",
    Cause.COMPLETED: "Completed",
    Cause.FAILED: "Failed",
    Cause.CANCELED: "Canceled",
}
#: Of live jobs that a worker or a sweep should have moved on, where they are late.
_STUCK = frozenset({Cause.WAITS_FOR_WORKER, Cause.LAPSED, Cause.OUT_OF_ATTEMPTS, Cause.TIME_OVER})
_OF_END = {State.COMPLETED: Cause.COMPLETED, State.FAILED: Cause.FAILED, State.CANCELED: Cause.CANCELED}


def cause_of(job: Job, *, modified_at: datetime, margin: timedelta, now: datetime) -> Cause:
    """Say why a job is not done, or how it ended.

    Args:
        job: As it was read.
        modified_at: When the service wrote it.
        margin: Extra time that others leave to a worker beyond its lease.
        now: The service's time, aware UTC.
    """
    if job.state.ended:
        return _OF_END[job.state]
    if job.state is State.RUNNING and now <= lease_end(job, modified_at=modified_at, margin=margin):
        return Cause.LEASED
    if job.out_of_attempts or job.time_over(now):
        return Cause.OUT_OF_ATTEMPTS if job.out_of_attempts else Cause.TIME_OVER
    if job.state is State.PENDING and job.not_before is not None and job.not_before > now:
        return Cause.BETWEEN_ATTEMPTS if job.attempts else Cause.NOT_DUE
    return Cause.LAPSED if job.state is State.RUNNING else Cause.WAITS_FOR_WORKER


def lease_end(job: Job, *, modified_at: datetime, margin: timedelta) -> datetime:
    """Return until when others leave a running job to its worker."""
    return modified_at + (job.lease or timedelta(0)) + margin


def late_before(now: datetime, *, grace: timedelta) -> datetime:
    """Return the moment since when a job must be due to be late: no sweep has moved it on.

    Args:
        now: The service's time, aware UTC.
        grace: How long the sweep leaves a job to its message.
    """
    return now - grace - PATIENCE


def mend_of(job: Job, cause: Cause, *, is_late: bool) -> str | None:
    """Return the command line that moves a job on, or says what stops it; None where there is nothing to do.

    Args:
        job: As it was read.
        cause: Why it is not done.
        is_late: Whether it is due for longer than a sweep needs.
    """
    if cause in (Cause.FAILED, Cause.CANCELED):
        return None if _is_settled(job) else f"darkroom redrive {job.id}"
    return _EXAMINE if is_late and cause in _STUCK else None


def mend_of_many(cause: Cause, code: str | None) -> str | None:
    """Return the command line for all late or failed jobs of one cause.

    Args:
        cause: Why they are not done.
        code: Of their error; None of live jobs, and where it is not known.
    """
    if cause is Cause.FAILED and code is not None and _CODE.fullmatch(code):
        command = "jobs" if code in CONTENT_CODES else "redrive"  # the list says which files to replace
        return f"darkroom {command} --state FAILED --error {code}"
    return _EXAMINE if cause in _STUCK else None


def title_of_many(cause: Cause, code: str | None) -> str:
    """Return what keeps all late or failed jobs of one cause, for people; the arguments as above."""
    if code is None:
        return TITLES[cause]
    return f"{TITLES[cause]} with {code}{': only another file helps' if code in CONTENT_CODES else ''}"


def _is_settled(job: Job) -> bool:
    """Whether it would end in the same way again, or redrive refuses it: a newer version of its image was recorded."""
    return job.error is not None and job.error.code in {"superseded", *CONTENT_CODES}
