"""A claim in a worker's hands: every write that prolongs or ends an attempt, each only while the claim is its own.

Whoever the worker is, a handler of this app or a caller of the API, it writes through this one object. Each write goes
against the row's ETag, and only where claim id and token in the row are the worker's: so of all workers that ever
claimed a job at most one can end it.
"""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from shared.clock import DATE_STEP, ServerClock
from shared.errors import DIED, Lost, NoSuchJob, Refused, Stale, Undecided
from shared.heartbeat import Heartbeat, HeldLease, Left
from shared.ports.jobs import JobStore, Row
from shared.rules import moves
from shared.rules.backoff import backoff
from shared.rules.jobs import CURSOR_LENGTH, Claim, Event, Job, JobError, Move, State
from shared.settings.settings import Settings
from shared.steps.intake.announce import Announce
from shared.steps.work.late_reports import LateReports
from shared.steps.work.read_blob import ReadBlob
from shared.telemetry import LogEvent, emit

#: A write meets only its own worker's last renewal; more refusals in a row than this have another cause.
ROUNDS = 5
#: Codes of attempts that an outage has ended; none of them counts.
OUTAGES = frozenset({"storage_out", "no_sandbox"})
#: What the log says of a write that ends the attempt, by the state that it leaves; ENDED of the others.
_EVENTS = {State.PENDING: LogEvent.RETRIED, State.COMPLETED: LogEvent.COMPLETED}


@dataclass(kw_only=True)
class ClaimPorts:
    """What claims are written through.

    Attributes:
        jobs: Where the rows are.
        announce: Sends the message of a retry.
        late_reports: Notes reports that came too late.
        read_blob: Reads blobs for handlers.
        settings: Times.
        clock: The service's time.
        chance: Returns a number drawn evenly from [0, 1).
    """

    jobs: JobStore
    announce: Announce
    late_reports: LateReports
    read_blob: ReadBlob
    settings: Settings
    clock: ServerClock
    chance: Callable[[], float]


class HeldClaim:
    """A job under a claim; the context that handlers are given.

    Every write raises ``Stale`` when the claim has gone to another or the job was ended from outside, ``Refused``
    (``wrong_state``) when this worker has ended its attempt already, ``NoSuchJob`` when the job is gone; nothing was
    written then. ``Undecided`` says that storage does not tell whether it was written. A write costs 1 transaction, and
    1 read and 1 transaction more for each renewal that came in between.

    Args:
        ports: What it writes through.
        row: The job as it was claimed, or as it was read since.
        claim: The worker's own.
    """

    def __init__(self, ports: ClaimPorts, row: Row, claim: Claim) -> None:
        self.row = row
        self.claim = claim
        self._ports = ports
        self._cursor = row.job.cursor
        self._lease: HeldLease[Row] | None = None
        self._news: Mapping[str, Any] = {}

    @property
    def job(self) -> Job:
        """The job as this worker last wrote it."""
        return self.row.job

    @property
    def lost(self) -> bool:
        """Whether to stop: the claim has gone to another, or may go at any moment; False where nothing renews it."""
        return self._lease is not None and self._lease.lost

    @property
    def cursor(self) -> str | None:
        """Where an earlier attempt has left off, in its own words; None for the beginning."""
        return self._cursor

    @property
    def idempotency_key(self) -> str:
        """Text that is the same at every attempt at this job, and at no other job's."""
        return f"{self.job.id}:{self.job.add_nonce}"

    def read(self, ref: str | None = None) -> bytes:
        """Return all bytes of a blob: see ``Context.read``."""
        return self._ports.read_blob.read(self.job.ref if ref is None else ref)

    def progress(self, share: float, *, cursor: str | None = None) -> None:
        """Tell how much is done, and where another attempt may go on. It rides on the next write: no request.

        Args:
            share: 0 to 1.
            cursor: At most 4,096 characters; None leaves what was told before.

        Raises:
            ValueError: One of them is beyond its bounds, or the cursor is not valid Unicode.
        """
        if not 0 <= share <= 1:
            raise ValueError("share: must be 0 to 1")
        if cursor is not None and len(cursor) > CURSOR_LENGTH:
            raise ValueError(f"cursor: must have at most {CURSOR_LENGTH:,} characters")
        if cursor is not None:
            cursor.encode()  # half a character could not be stored, and would cost the attempt its next renewal
        self._news = {**self._news, "progress": float(share)} | ({} if cursor is None else {"cursor": cursor})

    def keep_alive(self, heartbeat: Heartbeat, *, sent_at: float) -> None:
        """Have a claim that was just won renewed until it is written to or released.

        Args:
            heartbeat: Renews it.
            sent_at: Monotonic second before the claim was sent.
        """
        self._lease = heartbeat.hold(self.row, self._keep, lease=self._ports.settings.lease, sent_at=sent_at)

    def release(self) -> None:
        """End the renewals, and wait for one that is under way; the lease then runs out by itself."""
        if self._lease is not None:
            self._lease.retire()

    def stop(self) -> Stale:
        """Return what says that the claim is no longer sure; nothing was written. Costs: nothing."""
        emit(LogEvent.REFUSED, job=self.job.id, token=self.claim.token)
        return Stale("The lease is lost: another worker has claimed the job, or the job was ended by someone else.")

    def still_own(self) -> bool:
        """Ask the row whether the claim is this worker's. Costs: 1 read."""
        self.release()
        row = self._ports.jobs.get(self.job.id)
        return row is not None and row.job.claim == self.claim

    def renew(self, *, lease: timedelta | None = None, progress: float | None = None, cursor: str | None = None) -> Row:
        """Protect the claim from now on. A lapsed lease that nobody took over is still good.

        Args:
            lease: Protection from now on; as long as the last without it.
            progress: Share done, 0 to 1.
            cursor: Where another attempt may go on; at most 4,096 characters.
        """

        def move(job: Job) -> Move:
            now, length = self._ports.clock.now(), lease or job.lease or self._ports.settings.lease
            return moves.renew(job, claim=self.claim, now=now, lease=length, progress=progress, cursor=cursor)

        return self._write(Event.RENEW, move)

    def complete(self, result: Mapping[str, Any], thumbnail: bytes | None = None) -> Row:
        """Commit the result, and the thumbnail where it goes into the row."""

        def move(job: Job) -> Move:
            now = self._ports.clock.now()
            return moves.complete(job, claim=self.claim, report=result, thumbnail=thumbnail, now=now)

        return self._write(Event.COMPLETE, move)

    def fail(self, code: str, message: str) -> Row:
        """End the job by an error that another attempt would meet again."""
        error = JobError(code, message, self._ports.clock.now())
        return self._write(Event.FAIL, self._failure(error), code)

    def cancel(self, code: str, message: str, *, event: Event = Event.CANCEL) -> Row:
        """End the job because its subject is gone or replaced."""
        error = JobError(code, message, self._ports.clock.now())
        return self._write(
            event, lambda job: moves.end(job, event=event, error=error, lapsed=False, now=error.at), code
        )

    def retry(self, code: str, message: str, *, delay: timedelta | None = None) -> Row:
        """Give the job back after a failure that may pass, or fail it when no attempt may follow.

        Args:
            code: Of the error.
            message: Likewise, one sentence.
            delay: Until the next claim; by the back-off without it.

        Costs: 1 transaction and 1 message.
        """
        error, last = JobError(code, message, self._ports.clock.now()), self.job
        wait = self._backoff(last) if delay is None else delay
        if last.out_of_attempts or last.time_over(error.at + wait):
            return self._write(Event.RETRY, self._failure(error), code)

        def move(job: Job) -> Move:
            grace = self._ports.announce.grace(job.type)
            return moves.retry(job, claim=self.claim, error=error, now=error.at, delay=wait, grace=grace)

        row = self._write(Event.RETRY, move, code)
        if row.job.not_before is not None:
            # Counted from the reply to that write: until then this process's clock may have run ahead. A receiver may
            # believe the time to be a step earlier, and a message that comes before its job is due is spent.
            left = max(timedelta(0), row.job.not_before - self._ports.clock.now())
            self._ports.announce.announce(row.job, delay=left + DATE_STEP)
        return row

    def abandon(self, *, error: JobError | None = None, free: int | None = None) -> Row:
        """Give the job back, the attempt uncounted.

        Args:
            error: The outage that has ended the attempt. The first is tried again at once; from the second in a row on
                the job waits twice as long as the last time.
            free: As ``moves.abandon`` has it.
        """
        grace, last, delay = self._ports.announce.grace(self.job.type), self.job.error, timedelta(0)
        if error is not None and last is not None and last.code in OUTAGES:
            delay = min(max(2 * (error.at - last.at), self._ports.settings.backoff), self._ports.settings.backoff_max)
        # After a death the next attempt must know that it has to be alone.
        kept = None if last is not None and last.code in DIED else error

        def move(job: Job) -> Move:
            now = self._ports.clock.now()
            return moves.abandon(job, claim=self.claim, now=now, grace=grace, error=kept, delay=delay, free=free)

        return self._write(Event.ABANDON, move, None if error is None else error.code)

    def _failure(self, error: JobError) -> Callable[[Job], Move]:
        return lambda job: moves.fail(job, claim=self.claim, error=error, now=error.at)

    def _write(self, event: Event, move: Callable[[Job], Move], code: str | None = None) -> Row:
        """Write under the claim.

        Whoever renews a claim moves its row: so the write is repeated against the fresh row while the claim stands. And
        a request may arrive twice: the refusal of the second then answers a commit that the first has made.
        """
        self.release()
        row: Row | None = self.row
        for _ in range(ROUNDS):
            if row is None or row.job.claim != self.claim:
                raise self.refusal(row, event)
            wanted = move(replace(row.job, **self._news))
            try:
                return self._log_write(self._ports.jobs.replace(row, wanted), event, code)
            except Lost:
                row = self._ports.jobs.get(self.job.id)
                if row is not None and wanted.job.state is State.COMPLETED and completed_by(row.job, self.claim):
                    return self._log_write(row, event, code)
        raise Undecided(f"{self.job.id}: the row moved at each of {ROUNDS} writes")

    def _log_write(self, row: Row, event: Event, code: str | None) -> Row:
        self.row = row
        if event is not Event.RENEW:
            happened = LogEvent.ABANDONED if event is Event.ABANDON else _EVENTS.get(row.job.state, LogEvent.ENDED)
            level = logging.INFO if code is None else None  # a worker that stops gives its job back without a code
            emit(happened, level=level, job=row.job.id, ref=row.job.ref, token=self.claim.token, code=code)
        return row

    def refusal(self, row: Row | None, event: Event) -> NoSuchJob | Refused | Stale:
        """Return why a write is refused; a report that came too late is noted.

        Args:
            row: The job as it stands, no longer under this claim; None when it is gone.
            event: What was to be written.

        Costs: 2 reads and 2 transactions for a report that came too late.
        """
        if row is None:
            return NoSuchJob()
        if row.job.state is not State.RUNNING and row.job.token == self.claim.token:
            return Refused("wrong_state", f"The job is {row.job.state.value}. No worker holds it.")
        self._ports.late_reports.note(row.job.id, self.claim.token, report=event.value)
        return self.stop()

    def _keep(self, row: Row, left: Left) -> Row:
        """Renew for the heartbeat; raise ``Lost`` when the claim is gone."""
        try:
            self.row = self._renew_row(row, left)
        except Lost:
            # A renewal whose reply was lost has moved the row as well: only a claim that is gone is a refusal.
            fresh = self._ports.jobs.get(row.job.id, timeout=left())
            if fresh is None or fresh.job.claim != self.claim:
                raise
            self.row = self._renew_row(fresh, left)
        return self.row

    def _renew_row(self, row: Row, left: Left) -> Row:
        job, now, lease = replace(row.job, **self._news), self._ports.clock.now(), self._ports.settings.lease
        return self._ports.jobs.replace(row, moves.renew(job, claim=self.claim, now=now, lease=lease), timeout=left())

    def _backoff(self, job: Job) -> timedelta:
        counted, chance = job.attempts - job.attempts_base, self._ports.chance()
        return backoff(counted, base=self._ports.settings.backoff, cap=self._ports.settings.backoff_max, chance=chance)


def completed_by(job: Job, claim: Claim) -> bool:
    """Whether this claim's own commit stands: no token is given twice, and nobody else commits under it."""
    return job.state is State.COMPLETED and job.token == claim.token
