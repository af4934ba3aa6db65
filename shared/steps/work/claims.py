"""How a worker comes to hold a job, and how a job ends that nobody may claim any more."""

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from shared.errors import Conflict, IllegalTransition, Lost, Unreadable
from shared.heartbeat import Heartbeat
from shared.ports.jobs import Row, read
from shared.rules import moves
from shared.rules.jobs import Claim, Event, Guard, Job, JobError
from shared.steps.work.held_claim import ClaimPorts, HeldClaim
from shared.telemetry import LogEvent, emit

#: Claims of so many attempts are remembered that an outage has ended and that could not be given back.
SPARED = 1_000
#: Why no claim will ever be allowed again, as an error code.
_SPENT = {Guard.ATTEMPTS_LEFT.value: "attempts_exhausted", Guard.TIME_LEFT.value: "time_limit"}


class Obstacle(StrEnum):
    """Why there is no claim."""

    BUSY = "busy"  #: another worker holds the job; its due row brings it back if that one dies
    NOT_DUE = "not due"  #: its back-off is not over; its due row brings it back
    ENDED = "ended"  #: it has ended
    FAILED = "failed"  #: its attempts or its time are used up; whoever asked has ended it


_REASONS = {Guard.DUE.value: Obstacle.NOT_DUE, Guard.LAPSED.value: Obstacle.BUSY}


class NotClaimed(Conflict):
    """The job can't be claimed now.

    Args:
        reason: Why.
    """

    def __init__(self, reason: Obstacle) -> None:
        super().__init__(f"The job can't be claimed: {reason}.")
        self.reason = reason


@dataclass(kw_only=True)
class Claims(ClaimPorts):
    """Claim jobs, and end those that may never be claimed again.

    Attributes:
        heartbeat: Renews the leases of this process.
        draw: Returns a new claim id.
        monotonic: Seconds that never go back.
    """

    heartbeat: Heartbeat
    draw: Callable[[], str]
    monotonic: Callable[[], float]
    _spared_claims: deque[str] = field(default_factory=lambda: deque(maxlen=SPARED), init=False)

    def begin(self, job_id: str, *, owner: str) -> HeldClaim:
        """Claim a job for a worker of this process; the claim is renewed until it is written to or released.

        Args:
            job_id: The job.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Raises:
            NoSuchJob: No job has this id.
            Unreadable: It was written by a newer release, or is damaged.
            NotClaimed: It is not free.
            Stale: The claim itself has outlasted the lease: winning it does not mean being protected.

        Costs: get and claim = 2; 1 when nothing can be claimed.
        """
        row, sent_at = read(self.jobs, job_id), self.monotonic()
        held = self.claim(row, owner=owner, lease=self.settings.lease)
        held.keep_alive(self.heartbeat, sent_at=sent_at)
        if held.lost:
            held.release()
            raise held.stop()
        return held

    def claim(self, row: Row, *, owner: str, lease: timedelta) -> HeldClaim:
        """Claim a job as it was read.

        Args:
            row: The job.
            owner: Who works; 1–128 characters.
            lease: Protection from the write on.

        Raises:
            NotClaimed: It is not free.

        Costs: 1 transaction.
        """
        lapsed, job, own = self.lapsed(row), self._without_spared_attempt(row.job), self.draw()
        try:
            move = moves.claim(job, owner=owner, claim_id=own, now=self.clock.now(), lapsed=lapsed, lease=lease)
        except IllegalTransition as refused:
            raise NotClaimed(self._reason(row, refused, lapsed=lapsed)) from None
        claim = Claim(own, move.job.token)
        try:
            won = self.jobs.replace(row, move)
        except Lost:  # perhaps to this very claim, where its request has arrived twice
            won = self._find_own_claim(row.job.id, claim)
        emit(LogEvent.CLAIMED, job=row.job.id, ref=row.job.ref, owner=owner, token=claim.token)
        return HeldClaim(self, won, claim)

    def lapsed(self, row: Row) -> bool:
        """Say whether a running worker's lease on this row has lapsed, by the service's clock alone."""
        return row.lapsed(margin=self.settings.margin)

    def spare(self, claim: Claim) -> None:
        """Remember a claim that an outage has ended, and that could not be given back: it does not count either.

        Whoever says so is alive, so the job has not killed its worker. Another process does not know it: there the
        attempt counts, at most one an outage.
        """
        self._spared_claims.append(claim.claim_id)

    def give_up(self, row: Row, event: Event, code: str, *, lapsed: bool) -> None:
        """End a job that nobody has finished.

        Raises:
            IllegalTransition: It has attempts and time left, or a worker's lease is live.
            Lost: It has moved on since.

        Costs: 1 transaction.
        """
        last = "" if row.job.error is None else f"; the last error was {row.job.error.code}"
        error = JobError(code, f"None of {row.job.attempts} attempts finished{last}.", self.clock.now())
        job = self._without_spared_attempt(row.job)
        self.jobs.replace(row, moves.end(job, event=event, error=error, lapsed=lapsed, now=error.at))
        emit(LogEvent.ENDED, job=row.job.id, code=code)

    def expire(self, row: Row) -> bool:
        """End a job if it may never be claimed again; return whether this call has ended it.

        Costs: 1 transaction; nothing for a job that has attempts and time left.
        """
        code = "attempts_exhausted" if self._without_spared_attempt(row.job).out_of_attempts else "time_limit"
        with suppress(IllegalTransition, Lost):
            self.give_up(row, Event.EXHAUST, code, lapsed=self.lapsed(row))
            return True
        return False

    def _without_spared_attempt(self, job: Job) -> Job:
        """Return a job with its attempts as they count."""
        return moves.uncount(job) if job.claim_id in self._spared_claims else job

    def _reason(self, row: Row, refused: IllegalTransition, *, lapsed: bool) -> Obstacle:
        """Say why the job can't be claimed; end it if it never will be: a job that kills its workers ends."""
        code = _SPENT.get(refused.guard or "")
        if code is None:
            return _REASONS.get(refused.guard or "", Obstacle.ENDED)
        try:
            self.give_up(row, Event.EXHAUST, code, lapsed=lapsed)
        except Lost:
            return Obstacle.BUSY
        return Obstacle.FAILED

    def _find_own_claim(self, job_id: str, claim: Claim) -> Row:
        """Return the row if it has the claim although the write was refused."""
        with suppress(Unreadable):
            row = self.jobs.get(job_id)
            if row is not None and row.job.claim == claim:
                return row
        raise NotClaimed(Obstacle.BUSY)
