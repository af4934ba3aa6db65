"""One worker's attempt at one job: claim it, keep the lease alive, and write its end under the claim.

Whatever is done in between may be done twice, after a crash. The end is written against the claim's ETag, token and
claim id, and so at most once.
"""

import contextlib
import logging
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from types import TracebackType
from typing import Any, Self

from shared import moves
from shared.clock import ServerClock
from shared.errors import IllegalTransition, Lost, StorageOut, Undecided
from shared.heartbeat import Heartbeat, Held
from shared.jobs import Claim, Event, Guard, Job, JobError, Move
from shared.ports import JobStore, Row, WorkQueue
from shared.settings import Settings
from shared.steps.announce import send_message
from shared.steps.found import found
from shared.steps.outcomes import Outcome
from shared.telemetry import Happened, emit

#: A commit meets only its own heartbeat's last renewal; more refusals in a row than this have another cause.
COMMIT_ROUNDS = 5
#: A receiver may believe the service's time to be so much earlier than it is; a message that comes before its job is
#: due is spent for nothing.
DATE_STEP = timedelta(seconds=1)
#: Why no claim will ever be allowed again, as an error code.
_SPENT = {Guard.ATTEMPTS_LEFT.value: "attempts_exhausted", Guard.TIME_LEFT.value: "time_limit"}
_REFUSALS = {Guard.DUE.value: Outcome.NOT_DUE, Guard.LAPSED.value: Outcome.BUSY}


class Attempts:
    """Begin attempts.

    Args:
        jobs: Where the rows are.
        queue: Where the message of a retry goes.
        heartbeat: Renews the leases meanwhile.
        settings: Times.
        clock: The service's time.
        monotonic: Seconds that never go back.
        draw: Returns a new claim id.
        chance: Returns a number drawn evenly from [0, 1).
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        queue: WorkQueue,
        heartbeat: Heartbeat,
        settings: Settings,
        clock: ServerClock,
        monotonic: Callable[[], float],
        draw: Callable[[], str],
        chance: Callable[[], float],
    ) -> None:
        self.jobs = jobs
        self.queue = queue
        self.settings = settings
        self.clock = clock
        self.chance = chance
        self._heartbeat = heartbeat
        self._monotonic = monotonic
        self._draw = draw

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
        lease, sent_at, lapsed = self.settings.lease, self._monotonic(), self.lapsed(row)
        try:
            move = moves.claim(
                row.job, owner=owner, claim_id=self._draw(), now=self.clock.now(), lapsed=lapsed, lease=lease
            )
            won = self.jobs.replace(row, move)
        except IllegalTransition as refused:
            return self._refused(row, refused, lapsed=lapsed)
        except Lost:
            return Outcome.BUSY
        held = self._heartbeat.hold(won, self._renewed, lease=lease, sent_at=sent_at)
        emit(Happened.CLAIMED, job=row.job.id, ref=row.job.ref, owner=owner, token=won.job.token)
        attempt = Attempt(self, held)
        if attempt.lost:  # the claim itself has outlasted the lease: winning it does not mean being protected
            held.retire()
            return attempt.refuse()
        return attempt

    def lapsed(self, row: Row) -> bool:
        """Say whether a running worker's lease on this row has lapsed, by the service's clock alone."""
        return row.lapsed(margin=self.settings.margin)

    def _renewed(self, row: Row, timeout: timedelta) -> Row:
        claim = row.job.claim
        if claim is None:
            raise IllegalTransition(f"{row.job.id}: not claimed")
        try:
            return self.jobs.replace(row, self._renewal(row.job, claim), timeout=timeout)
        except Lost:
            # A renewal whose reply was lost has moved the row as well: only a claim that is gone is a refusal.
            fresh = self.jobs.get(row.job.id)
            if fresh is None or fresh.job.claim != claim:
                raise
            return self.jobs.replace(fresh, self._renewal(fresh.job, claim), timeout=timeout)

    def _renewal(self, job: Job, claim: Claim) -> Move:
        return moves.renew(job, claim=claim, now=self.clock.now(), lease=self.settings.lease)

    def _refused(self, row: Row, refused: IllegalTransition, *, lapsed: bool) -> Outcome:
        """Say why the job can't be claimed; end it if it never will be: a job that kills its workers ends."""
        code = _SPENT.get(refused.guard or "")
        if code is None:
            return _REFUSALS.get(refused.guard or "", Outcome.ENDED)
        try:
            self.give_up(row, Event.EXHAUST, code, lapsed=lapsed)
        except Lost:
            return Outcome.BUSY
        return Outcome.FAILED

    def give_up(self, row: Row, event: Event, code: str, *, lapsed: bool) -> None:
        """End a job that nobody has finished.

        Raises:
            IllegalTransition: It has attempts and time left, or a worker's lease is live.
            Lost: It has moved on since.

        Costs: 1 transaction.
        """
        last = "" if row.job.error is None else f"; the last error was {row.job.error.code}"
        error = JobError(code, f"None of {row.job.attempts} attempts finished{last}.", self.clock.now())
        self.jobs.replace(row, moves.end(row.job, event=event, error=error, lapsed=lapsed, now=error.at))
        emit(Happened.ENDED, job=row.job.id, code=code)


class Attempt:
    """A claim that this process holds. Leaving its context ends the renewals; the lease then runs out by itself.

    Each of the endings returns ``Outcome.LOST`` when the claim has gone to another: nothing was written then.
    """

    def __init__(self, attempts: Attempts, held: Held[Row]) -> None:
        self._attempts = attempts
        self._held = held

    @property
    def job(self) -> Job:
        """The job as this worker last wrote it."""
        return self._held.row.job

    @property
    def lost(self) -> bool:
        """Whether to stop: the claim has gone to another, or may go at any moment."""
        return self._held.lost

    def complete(self, report: Mapping[str, Any], thumbnail: bytes | None = None) -> Outcome:
        """Commit the result, and the thumbnail where it goes into the row. Costs: 1 transaction."""
        won = self._write(
            lambda job, own: moves.complete(job, claim=own, report=report, thumbnail=thumbnail, now=self._now)
        )
        return self._ended(Happened.COMPLETED, Outcome.COMPLETED if won else Outcome.LOST)

    def fail(self, code: str, message: str) -> Outcome:
        """End the job by an error that another attempt would meet again. Costs: 1 transaction."""
        error = JobError(code, message, self._now)
        won = self._write(lambda job, own: moves.fail(job, claim=own, error=error, now=error.at))
        return self._ended(Happened.ENDED, Outcome.FAILED if won else Outcome.LOST, code)

    def cancel(self, code: str, message: str, *, event: Event = Event.CANCEL) -> Outcome:
        """End the job because its subject is gone or replaced. Costs: 1 transaction."""
        error = JobError(code, message, self._now)
        won = self._write(lambda job, _: moves.end(job, event=event, error=error, lapsed=False, now=error.at))
        return self._ended(Happened.ENDED, Outcome.CANCELED if won else Outcome.LOST, code)

    def retry(self, code: str, message: str) -> Outcome:
        """Give the job back after a failure that may pass, or fail it when no attempt may follow.

        Costs: 1 transaction and 1 message.
        """
        job, settings = self.job, self._attempts.settings
        error = JobError(code, message, self._now)
        counted, chance = job.attempts - job.attempts_base, self._attempts.chance()
        delay = moves.backoff(counted, base=settings.backoff, cap=settings.backoff_max, chance=chance)
        if job.attempts_used or job.time_over(error.at + delay):
            return self.fail(code, message)
        grace = settings.grace
        won = self._write(
            lambda row, own: moves.retry(row, claim=own, error=error, now=error.at, delay=delay, grace=grace)
        )
        if won is not None and won.job.not_before is not None:
            # Counted from the reply to that write: until then this process's clock may have run ahead.
            left = max(timedelta(0), won.job.not_before - self._now)
            send_message(self._attempts.queue, settings, job, delay=left + DATE_STEP)
        return self._ended(Happened.RETRIED, Outcome.RETRIED if won else Outcome.LOST, code)

    def abandon(self) -> None:
        """Give the job back after an outage, uncounted; where that fails too, the lease lapses by itself.

        Costs: 1 transaction.
        """
        grace = self._attempts.settings.grace
        with contextlib.suppress(StorageOut, Undecided):
            if self._write(lambda job, own: moves.abandon(job, claim=own, now=self._now, grace=grace)):
                emit(Happened.ABANDONED, level=logging.WARNING, job=self.job.id, token=self.job.token)

    def refuse(self) -> Outcome:
        """Stop without writing anything: the claim is no longer sure. Costs: nothing."""
        emit(Happened.REFUSED, level=logging.WARNING, job=self.job.id, token=self.job.token)
        return Outcome.LOST

    def still_own(self) -> bool:
        """Ask the row whether the claim is this worker's. Costs: 1 read."""
        claim = self._held.retire().job.claim
        row = self._attempts.jobs.get(self.job.id)
        return row is not None and row.job.claim == claim

    @property
    def _now(self) -> datetime:
        return self._attempts.clock.now()

    def _write(self, move: Callable[[Job, Claim], Move]) -> Row | None:
        """Write this claim's last move; None when the claim has gone to another.

        The heartbeat is retired first, so that nobody but it can have moved the row under a claim that is still own;
        then the write is repeated against the row's fresh ETag.
        """
        row: Row | None = self._held.retire()
        claim = self._held.row.job.claim
        for _ in range(COMMIT_ROUNDS):
            if row is None or claim is None or row.job.claim != claim:
                return None
            try:
                return self._attempts.jobs.replace(row, move(row.job, claim))
            except Lost:
                row = self._attempts.jobs.get(row.job.id)
        raise Undecided(f"{self.job.id}: the row moved at each of {COMMIT_ROUNDS} commits")

    def _ended(self, happened: Happened, outcome: Outcome, code: str | None = None) -> Outcome:
        job = self.job
        if outcome is not Outcome.LOST:
            emit(happened, job=job.id, ref=job.ref, token=job.token, code=code)
            return outcome
        with contextlib.suppress(StorageOut, Undecided):  # a note for operators, not worth another failure
            self._attempts.jobs.refuse(job.id, job.token, report=code or happened.value, now=self._now)
        return self.refuse()

    def __enter__(self) -> Self:
        """Return itself, already claimed."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the renewals."""
        self._held.retire()
