"""One attempt of this app at one job: claim it, keep the lease alive, and write its end under the claim.

Whatever is done in between may be done twice, after a crash. The end is written against the claim's ETag, token and
claim id, and so at most once.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from shared.errors import ContentRefused, IllegalTransition, Lost, StorageOut, Undecided
from shared.heartbeat import Heartbeat, Held, Left
from shared.ports.jobs import JobStore, Row
from shared.rules import moves
from shared.rules.jobs import CURSOR_LENGTH, Claim, Event, Job, JobError, Move, State
from shared.steps.found import found
from shared.steps.outcomes import Outcome
from shared.steps.work.claims import Claims
from shared.steps.work.refusals import Refusals
from shared.telemetry import LogEvent, emit


class Attempts:
    """Begin attempts.

    Args:
        claims: Claims jobs and writes under a claim.
        refusals: Notes reports that came too late.
        heartbeat: Renews the leases meanwhile.
        lease: Protection between two renewals.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        *,
        claims: Claims,
        refusals: Refusals,
        heartbeat: Heartbeat,
        lease: timedelta,
        monotonic: Callable[[], float],
    ) -> None:
        self.claims = claims
        self.refusals = refusals
        self._heartbeat = heartbeat
        self._lease = lease
        self._monotonic = monotonic

    @property
    def jobs(self) -> JobStore:
        """Where the rows are."""
        return self.claims.jobs

    def begin(self, job_id: str, *, owner: str) -> "Attempt | Outcome":
        """Claim a job.

        Args:
            job_id: The job.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Returns:
            The attempt, to be used as a context; or why there is none: ENDED, BUSY, NOT_DUE, UNKNOWN, LEFT, LOST,
            or FAILED when this call found its attempts or its time used up and ended it.

        Costs: get and claim = 2; 1 when there is nothing to claim.
        """
        row = found(self.jobs, job_id)
        if isinstance(row, Outcome):
            return row
        sent_at, told = self._monotonic(), _Told()
        won = self.claims.claim(row, owner=owner, lease=self._lease)
        if isinstance(won, Outcome):
            return won
        held = self._heartbeat.hold(
            won, lambda row, left: self._renewed(row, left, told), lease=self._lease, sent_at=sent_at
        )
        attempt = Attempt(self, held, told)
        if attempt.lost:  # the claim itself has outlasted the lease: winning it does not mean being protected
            held.retire()
            return attempt.refuse()
        return attempt

    def _renewed(self, row: Row, left: Left, told: "_Told") -> Row:
        claim = row.job.claim
        if claim is None:
            raise IllegalTransition(f"{row.job.id}: not claimed")
        try:
            return self.jobs.replace(row, self._renewal(told.onto(row.job), claim), timeout=left())
        except Lost:
            # A renewal whose reply was lost has moved the row as well: only a claim that is gone is a refusal.
            fresh = self.jobs.get(row.job.id, timeout=left())
            if fresh is None or fresh.job.claim != claim:
                raise
            return self.jobs.replace(fresh, self._renewal(told.onto(fresh.job), claim), timeout=left())

    def _renewal(self, job: Job, claim: Claim) -> Move:
        return moves.renew(job, claim=claim, now=self.claims.clock.now(), lease=self._lease)


class _Told:
    """What a handler has told of its progress; it rides on the next write, and so costs no request."""

    def __init__(self) -> None:
        self._facts: Mapping[str, Any] = {}

    def take(self, progress: float, cursor: str | None) -> None:
        self._facts = {**self._facts, "progress": progress} | ({} if cursor is None else {"cursor": cursor})

    def onto(self, job: Job) -> Job:
        return replace(job, **self._facts)


class Attempt:
    """A claim that this process holds: the context that handlers are given, and what ends it.

    Leaving it as a context manager ends the renewals; the lease then runs out by itself. Each of the endings returns
    ``Outcome.LOST`` when the claim has gone to another: nothing was written then.
    """

    def __init__(self, attempts: Attempts, held: Held[Row], told: _Told) -> None:
        self._attempts = attempts
        self._held = held
        self._told = told
        self._cursor = held.row.job.cursor

    @property
    def job(self) -> Job:
        """The job as this worker last wrote it."""
        return self._held.row.job

    @property
    def lost(self) -> bool:
        """Whether to stop: the claim has gone to another, or may go at any moment."""
        return self._held.lost

    @property
    def cursor(self) -> str | None:
        """Where an earlier attempt has left off, in its own words; None for the beginning."""
        return self._cursor

    @property
    def idempotency_key(self) -> str:
        """Text that is the same at every attempt at this job, and at no other job's."""
        return f"{self.job.id}:{self.job.add_nonce}"

    def progress(self, share: float, *, cursor: str | None = None) -> None:
        """Tell how much is done, and where another attempt may go on. It rides on the next write: no request.

        Args:
            share: 0 to 1.
            cursor: At most 4,096 characters; None leaves what was told before.

        Raises:
            ValueError: One of them is beyond its bounds, or the cursor is no valid Unicode.
        """
        if not 0 <= share <= 1:
            raise ValueError("share: want 0 to 1")
        if cursor is not None and len(cursor) > CURSOR_LENGTH:
            raise ValueError(f"cursor: want at most {CURSOR_LENGTH:,} characters")
        if cursor is not None:
            cursor.encode()  # half a character could not be stored, and would cost the attempt its next renewal
        self._told.take(float(share), cursor)

    def complete(self, report: Mapping[str, Any], thumbnail: bytes | None = None) -> Outcome:
        """Commit the result, and the thumbnail where it goes into the row. Costs: 1 transaction."""
        won = self._write(
            lambda job, own: moves.complete(
                job, claim=own, report=report, thumbnail=thumbnail, now=self._attempts.claims.clock.now()
            )
        )
        return self._ended(won, LogEvent.COMPLETED, Outcome.COMPLETED)

    def fail(self, code: str, message: str) -> Outcome:
        """End the job by an error that another attempt would meet again. Costs: 1 transaction."""
        row, claim = self._last()
        won = self._attempts.claims.fail(row, claim, code=code, message=message)
        return self._ended(won, LogEvent.ENDED, Outcome.FAILED, code)

    def cancel(self, code: str, message: str, *, event: Event = Event.CANCEL) -> Outcome:
        """End the job because its subject is gone or replaced. Costs: 1 transaction."""
        error = JobError(code, message, self._attempts.claims.clock.now())
        won = self._write(lambda job, _: moves.end(job, event=event, error=error, lapsed=False, now=error.at))
        return self._ended(won, LogEvent.ENDED, Outcome.CANCELED, code)

    def retry(self, code: str, message: str, *, delay: timedelta | None = None) -> Outcome:
        """Give the job back after a failure that may pass, or fail it when no attempt may follow.

        Costs: 1 transaction and 1 message.
        """
        row, claim = self._last()
        won = self._attempts.claims.retry(row, claim, code=code, message=message, delay=delay)
        if won is not None and won.job.state is State.FAILED:
            return self._ended(won, LogEvent.ENDED, Outcome.FAILED, code)
        return self._ended(won, LogEvent.RETRIED, Outcome.RETRIED, code)

    def abandon(self, code: str, message: str) -> None:
        """Give the job back after an outage, uncounted; where that fails too, the lease lapses by itself.

        Costs: 1 transaction.
        """
        row, claim = self._last()
        claims = self._attempts.claims
        try:
            if claims.abandon(row, claim, error=JobError(code, message, claims.clock.now())):
                emit(LogEvent.ABANDONED, level=logging.WARNING, job=self.job.id, token=self.job.token, code=code)
        except (StorageOut, Undecided):
            claims.spare(claim)
        except ContentRefused as refused:  # the attempt counts, so that there is an end
            emit(LogEvent.UNWRITABLE, level=logging.ERROR, job=self.job.id, error=str(refused))

    def refuse(self) -> Outcome:
        """Stop without writing anything: the claim is no longer sure. Costs: nothing."""
        emit(LogEvent.REFUSED, level=logging.WARNING, job=self.job.id, token=self.job.token)
        return Outcome.LOST

    def still_own(self) -> bool:
        """Ask the row whether the claim is this worker's. Costs: 1 read."""
        claim = self._held.retire().job.claim
        row = self._attempts.jobs.get(self.job.id)
        return row is not None and row.job.claim == claim

    def _last(self) -> tuple[Row, Claim]:
        """Retire the heartbeat, so that nobody but it can have moved the row under a claim that is still own.

        Returns:
            The row to write against, with what the handler has told, and the claim.
        """
        row = self._held.retire()
        claim = row.job.claim
        if claim is None:
            raise IllegalTransition(f"{row.job.id}: not claimed")
        return replace(row, job=self._told.onto(row.job)), claim

    def _write(self, move: Callable[[Job, Claim], Move]) -> Row | None:
        row, claim = self._last()
        return self._attempts.claims.write(row, claim, move)

    def _ended(self, won: Row | None, happened: LogEvent, outcome: Outcome, code: str | None = None) -> Outcome:
        job = self.job
        if won is not None:
            emit(happened, job=job.id, ref=job.ref, token=job.token, code=code)
            return outcome
        self._attempts.refusals(job.id, job.token, report=code or happened.value)
        return self.refuse()

    def __enter__(self) -> Self:
        """Return itself, already claimed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the renewals."""
        self._held.retire()
