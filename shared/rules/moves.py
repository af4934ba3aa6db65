"""The moves of a job: a row in, the row to be written out. Pure; the time comes in as an argument, once."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from shared.rules.ids import job_id
from shared.rules.jobs import Claim, Event, Facts, Job, JobError, Move, State, target


def add(
    *,
    kind: str,
    ref: str,
    version: str,
    params: Mapping[str, Any],
    max_attempts: int,
    time_limit: timedelta | None = None,
    now: datetime,
    grace: timedelta,
    add_nonce: str,
    traceparent: str | None = None,
    unique: bool = True,
    not_before: datetime | None = None,
    ttl: timedelta | None = None,
) -> Move:
    """Make a new job, due for the sweep ``grace`` after it may be claimed: time for the message to arrive first.

    Type, reference and version make its id. ``now`` is the service's time, aware UTC, ``ttl`` how long after it a claim
    may begin at all; the other arguments are attributes of ``Job``.

    Raises:
        InvalidReference: The type is not a valid one.
    """
    job = Job(
        id=job_id(kind, ref, version),
        type=kind,
        ref=ref,
        version=version,
        unique=unique,
        params=params,
        max_attempts=max_attempts,
        time_limit=time_limit,
        deadline=None if ttl is None else now + ttl,
        not_before=not_before,
        due=max(now, not_before or now) + grace,
        created=now,
        traceparent=traceparent,
        add_nonce=add_nonce,
    )
    return Move(Event.ADD, job, now)


def claim(job: Job, *, owner: str, claim_id: str, now: datetime, lapsed: bool, lease: timedelta) -> Move:
    """Make this worker the only one.

    Args:
        job: As it stands.
        owner: Who works, ``trigger/invocation-id``; 1–128 characters.
        claim_id: Drawn for this claim alone.
        now: The service's time, aware UTC.
        lapsed: Whether a running worker's lease has lapsed, by ``leases.lapsed``.
        lease: Protection from the write on; longer than three renewal intervals.

    Returns:
        RUNNING, with ``attempts`` and ``token`` one higher.

    Raises:
        IllegalTransition: The job has ended, is not due, is under a live lease, or has no attempts or no time left.
    """
    state = target(Event.CLAIM, job, Facts(now=now, lapsed=lapsed))
    held = replace(
        job,
        state=state,
        owner=owner,
        claim_id=claim_id,
        token=job.token + 1,
        attempts=job.attempts + 1,
        deadline=now + job.time_limit if job.deadline is None and job.time_limit is not None else job.deadline,
        lease=lease,
        not_before=None,
        due=now + lease,
        started=now,
    )
    return Move(Event.CLAIM, held, now)


def renew(
    job: Job, *, claim: Claim, now: datetime, lease: timedelta, progress: float | None = None, cursor: str | None = None
) -> Move:
    """Protect the claim from now on for another ``lease``, and carry what the worker has to tell.

    Args:
        job: As it stands.
        claim: The worker's own.
        now: The service's time, aware UTC.
        lease: Protection from the write on.
        progress: Share done, 0 to 1; None leaves what was told before.
        cursor: Where the next attempt may go on; None leaves what was told before.

    Raises:
        IllegalTransition: The claim is no longer this worker's.
    """
    state = target(Event.RENEW, job, Facts(claim=claim))
    renewed = replace(
        job,
        state=state,
        lease=lease,
        due=now + lease,
        progress=job.progress if progress is None else progress,
        cursor=job.cursor if cursor is None else cursor,
    )
    return Move(Event.RENEW, renewed, now)


def complete(
    job: Job, *, claim: Claim, report: Mapping[str, Any], now: datetime, thumbnail: bytes | None = None
) -> Move:
    """Commit the result. This is the write that happens once."""
    state = target(Event.COMPLETE, job, Facts(claim=claim))
    done = _ended(job, state, now, error=None, report=report)
    return Move(Event.COMPLETE, replace(done, thumbnail=thumbnail), now)


def retry(job: Job, *, claim: Claim, error: JobError, now: datetime, delay: timedelta, grace: timedelta) -> Move:
    """Give the job back after a failure that may pass; not claimable before ``delay`` is over."""
    state = target(Event.RETRY, job, Facts(claim=claim))
    not_before = now + delay
    return Move(Event.RETRY, _release(job, state, error=error, not_before=not_before, due=not_before + grace), now)


def abandon(
    job: Job,
    *,
    claim: Claim,
    now: datetime,
    grace: timedelta,
    error: JobError | None = None,
    delay: timedelta = timedelta(0),
    free: int | None = None,
) -> Move:
    """Give the job back: the attempt does not count.

    Args:
        job: As it stands.
        claim: The worker's own.
        now: The service's time, aware UTC.
        grace: How long the sweep leaves the job to its message.
        error: Why, where that is known; the job keeps its last error without it.
        delay: Not claimable before it is over.
        free: After so many free attempts each further one counts; every one is free without it.
    """
    state = target(Event.ABANDON, job, Facts(claim=claim))
    not_before = now + delay if delay else None
    freed = _release(job, state, error=error or job.error, not_before=not_before, due=now + max(grace, delay))
    if free is not None:
        freed = replace(freed, abandons=job.abandons + 1)
    counts = free is not None and freed.abandons > free
    return Move(Event.ABANDON, freed if counts else uncount(freed), now)


def uncount(job: Job) -> Job:
    """Return a job whose last attempt does not count."""
    return replace(job, attempts_base=job.attempts_base + 1)


def fail(job: Job, *, claim: Claim, error: JobError, now: datetime) -> Move:
    """End the job by an error that is permanent, or by the last attempt's."""
    state = target(Event.FAIL, job, Facts(claim=claim))
    return Move(Event.FAIL, _ended(job, state, now, error=error), now)


def end(job: Job, *, event: Event, error: JobError, lapsed: bool, now: datetime) -> Move:
    """End a job from outside: cancel, supersede, exhaust or bury, one way for all.

    The token grows, so that a worker who still runs is fenced out.
    """
    state = target(event, job, Facts(lapsed=lapsed, now=now))
    return Move(event, replace(_ended(job, state, now, error=error), token=job.token + 1), now)


def redrive(job: Job, *, now: datetime, grace: timedelta) -> Move:
    """Open a failed or canceled job again, with all of its attempts and time; attempts made so far stay counted."""
    state = target(Event.REDRIVE, job, Facts())
    opened = _release(job, state, error=None, not_before=None, due=now + grace)
    return Move(Event.REDRIVE, replace(opened, attempts_base=job.attempts, abandons=0, deadline=None, ended=None), now)


def reschedule(job: Job, *, due: datetime, lapsed: bool, now: datetime) -> Move:
    """Change when the sweep must look at a job that waits, or whose worker has died; nothing else changes.

    Each write to a row begins its lease again, as others judge it: so a claim that has lapsed is left without a lease.
    It still belongs to its worker, until another claims the job.

    Args:
        job: As it stands.
        due: When to look.
        lapsed: Whether a running worker's lease has lapsed, by ``leases.lapsed``.
        now: The service's time, aware UTC.

    Raises:
        IllegalTransition: It has ended, or a worker's lease is live.
    """
    state = target(Event.RESCHEDULE, job, Facts(lapsed=lapsed))
    lease = None if job.lease is None else timedelta(0)
    return Move(Event.RESCHEDULE, replace(job, state=state, lease=lease, due=due), now)


def retag(job: Job, *, version: str, now: datetime) -> Move:
    """Let a completed job stand for a newer version as well, whose content is the same.

    Raises:
        IllegalTransition: It is not completed.
    """
    state = target(Event.RETAG, job, Facts())
    return Move(Event.RETAG, replace(job, state=state, retagged=version), now)


def _release(job: Job, state: State, *, error: JobError | None, not_before: datetime | None, due: datetime) -> Job:
    return replace(job, state=state, owner=None, claim_id=None, lease=None, error=error, not_before=not_before, due=due)


def _ended(
    job: Job, state: State, now: datetime, *, error: JobError | None, report: Mapping[str, Any] | None = None
) -> Job:
    return replace(
        job,
        state=state,
        owner=None,
        claim_id=None,
        lease=None,
        not_before=None,
        due=None,
        error=error,
        report=report,
        ended=now,
    )
