"""Claim jobs, and write under a claim: what this app's own workers and external ones have in common.

Nothing here is held between two calls. Each write goes against the row's ETag, and only where claim id and token in the
row are the worker's: so of all workers that ever claimed a job at most one can end it.
"""

from collections import deque
from collections.abc import Callable
from datetime import timedelta

from shared.clock import DATE_STEP, ServerClock
from shared.errors import DIED, IllegalTransition, Lost, Undecided
from shared.ports.jobs import JobStore, Row
from shared.rules import moves
from shared.rules.jobs import Claim, Event, Guard, Job, JobError, Move, State
from shared.settings.settings import Settings
from shared.steps.found import found
from shared.steps.intake.announce import Announce
from shared.steps.outcomes import Outcome
from shared.telemetry import LogEvent, emit

#: A write meets only its own worker's last renewal; more refusals in a row than this have another cause.
ROUNDS = 5
#: Codes of attempts that an outage has ended; none of them counts.
OUTAGES = frozenset({"storage_out", "no_sandbox"})
#: Claims of so many attempts are remembered that an outage has ended and that could not be given back.
SPARED = 1_000
#: Why no claim will ever be allowed again, as an error code.
_SPENT = {Guard.ATTEMPTS_LEFT.value: "attempts_exhausted", Guard.TIME_LEFT.value: "time_limit"}
_REFUSALS = {Guard.DUE.value: Outcome.NOT_DUE, Guard.LAPSED.value: Outcome.BUSY}


class Claims:
    """Claim, renew, give back and end.

    Args:
        jobs: Where the rows are.
        announce: Sends the message of a retry.
        settings: Times.
        clock: The service's time.
        draw: Returns a new claim id.
        chance: Returns a number drawn evenly from [0, 1).
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        announce: Announce,
        settings: Settings,
        clock: ServerClock,
        draw: Callable[[], str],
        chance: Callable[[], float],
    ) -> None:
        self.jobs = jobs
        self.clock = clock
        self._announce = announce
        self._settings = settings
        self._draw = draw
        self._chance = chance
        self._spared: deque[str] = deque(maxlen=SPARED)

    def lapsed(self, row: Row) -> bool:
        """Say whether a running worker's lease on this row has lapsed, by the service's clock alone."""
        return row.lapsed(margin=self._settings.margin)

    def claim(self, row: Row, *, owner: str, lease: timedelta) -> Row | Outcome:
        """Claim a job as it was read.

        Args:
            row: The job.
            owner: Who works; 1–128 characters.
            lease: Protection from the write on.

        Returns:
            The row under its new claim; or why there is none: ENDED, BUSY, NOT_DUE, or FAILED when this call found its
            attempts or its time used up and ended it.

        Costs: 1 transaction.
        """
        lapsed, job, own = self.lapsed(row), self._counted(row.job), self._draw()
        try:
            move = moves.claim(job, owner=owner, claim_id=own, now=self.clock.now(), lapsed=lapsed, lease=lease)
        except IllegalTransition as refused:
            return self._refused(row, refused, lapsed=lapsed)
        won: Row | Outcome
        try:
            won = self.jobs.replace(row, move)
        except Lost:  # perhaps to this very claim, where its request has arrived twice
            won = found(self.jobs, row.job.id)
            if isinstance(won, Outcome) or won.job.claim != move.job.claim:
                return Outcome.BUSY
        emit(LogEvent.CLAIMED, job=row.job.id, ref=row.job.ref, owner=owner, token=won.job.token)
        return won

    def write(self, row: Row, claim: Claim, move: Callable[[Job, Claim], Move]) -> Row | None:
        """Write under a claim; None when it has gone to another, and nothing was written.

        Whoever renews a claim moves its row: so the write is repeated against the fresh row while the claim stands. And
        a request may arrive twice: the refusal of the second then answers a commit that the first has made.

        Args:
            row: The job, as this worker knows it.
            claim: The worker's own.
            move: Makes the move from the row as it stands.

        Raises:
            Undecided: The row moved every time, or storage does not say whether it was written.

        Costs: 1 transaction; 1 read and 1 transaction for each renewal in between.
        """
        stands: Row | None = row
        for _ in range(ROUNDS):
            if stands is None or stands.job.claim != claim:
                return None
            wanted = move(stands.job, claim)
            try:
                return self.jobs.replace(stands, wanted)
            except Lost:
                stands = self.jobs.get(row.job.id)
                if stands is not None and wanted.job.state is State.COMPLETED and _completed(stands.job, claim):
                    return stands
        raise Undecided(f"{row.job.id}: the row moved at each of {ROUNDS} writes")

    def fail(self, row: Row, claim: Claim, *, code: str, message: str) -> Row | None:
        """End a job by an error that another attempt would meet again; None as ``write``."""
        error = JobError(code, message, self.clock.now())
        return self.write(row, claim, lambda job, own: moves.fail(job, claim=own, error=error, now=error.at))

    def retry(self, row: Row, claim: Claim, *, code: str, message: str, delay: timedelta | None = None) -> Row | None:
        """Give a job back after a failure that may pass, or fail it when no attempt may follow; None as ``write``.

        Args:
            row: The job, as this worker knows it.
            claim: The worker's own.
            code: Of the error.
            message: Likewise, one sentence.
            delay: Until the next claim; by the back-off without it.

        Costs: 1 transaction and 1 message.
        """
        job, error = row.job, JobError(code, message, self.clock.now())
        wait = self._backoff(job) if delay is None else delay
        if job.attempts_used or job.time_over(error.at + wait):
            return self.write(row, claim, lambda job, own: moves.fail(job, claim=own, error=error, now=error.at))
        grace = self._announce.grace(job.type)
        won = self.write(
            row, claim, lambda job, own: moves.retry(job, claim=own, error=error, now=error.at, delay=wait, grace=grace)
        )
        if won is not None and won.job.not_before is not None:
            # Counted from the reply to that write: until then this process's clock may have run ahead. A receiver may
            # believe the time to be a step earlier, and a message that comes before its job is due is spent.
            left = max(timedelta(0), won.job.not_before - self.clock.now())
            self._announce(won.job, delay=left + DATE_STEP)
        return won

    def abandon(self, row: Row, claim: Claim, *, error: JobError | None = None, free: int | None = None) -> Row | None:
        """Give a job back, the attempt uncounted; None as ``write``.

        Args:
            row: The job, as this worker knows it.
            claim: The worker's own.
            error: The outage that has ended the attempt. The first is tried again at once; from the second in a row on
                the job waits twice as long as the last time.
            free: As ``moves.abandon`` has it.

        Costs: 1 transaction.
        """
        grace, last = self._announce.grace(row.job.type), row.job.error
        delay = timedelta(0)
        if error is not None and last is not None and last.code in OUTAGES:
            delay = min(max(2 * (error.at - last.at), self._settings.backoff), self._settings.backoff_max)
        if last is not None and last.code in DIED:
            error = None  # the next attempt must know that it has to be alone

        def freed(job: Job, own: Claim) -> Move:
            return moves.abandon(job, claim=own, now=self.clock.now(), grace=grace, error=error, delay=delay, free=free)

        return self.write(row, claim, freed)

    def spare(self, claim: Claim) -> None:
        """Remember a claim that an outage has ended, and that could not be given back: it does not count either.

        Whoever says so is alive, so the job has not killed its worker. Another process does not know it: there the
        attempt counts, at most one an outage.
        """
        self._spared.append(claim.claim_id)

    def give_up(self, row: Row, event: Event, code: str, *, lapsed: bool) -> None:
        """End a job that nobody has finished.

        Raises:
            IllegalTransition: It has attempts and time left, or a worker's lease is live.
            Lost: It has moved on since.

        Costs: 1 transaction.
        """
        last = "" if row.job.error is None else f"; the last error was {row.job.error.code}"
        error = JobError(code, f"None of {row.job.attempts} attempts finished{last}.", self.clock.now())
        job = self._counted(row.job)
        self.jobs.replace(row, moves.end(job, event=event, error=error, lapsed=lapsed, now=error.at))
        emit(LogEvent.ENDED, job=row.job.id, code=code)

    def expire(self, row: Row) -> Outcome:
        """End a job that may never be claimed again; FAILED if it was so, LEFT or BUSY otherwise.

        Costs: 1 transaction; nothing for a job that has attempts and time left.
        """
        code = "attempts_exhausted" if self._counted(row.job).attempts_used else "time_limit"
        try:
            self.give_up(row, Event.EXHAUST, code, lapsed=self.lapsed(row))
        except IllegalTransition:
            return Outcome.LEFT
        except Lost:
            return Outcome.BUSY
        return Outcome.FAILED

    def _counted(self, job: Job) -> Job:
        """Return a job with its attempts as they count."""
        return moves.uncounted(job) if job.claim_id in self._spared else job

    def _backoff(self, job: Job) -> timedelta:
        counted, chance = job.attempts - job.attempts_base, self._chance()
        return moves.backoff(counted, base=self._settings.backoff, cap=self._settings.backoff_max, chance=chance)

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


def _completed(job: Job, claim: Claim) -> bool:
    """Whether this claim's own commit stands: no token is given twice, and nobody else commits under it."""
    return job.state is State.COMPLETED and job.token == claim.token
