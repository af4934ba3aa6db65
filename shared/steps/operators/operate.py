"""What operators do to one job by hand: cancel it, or open it again."""

from collections.abc import Collection

from shared.clock import ServerClock
from shared.errors import IllegalTransition, Lost, Mismatch, Undecided
from shared.ports.jobs import JobStore
from shared.rules import moves
from shared.rules.jobs import Event, JobError, State
from shared.steps.found import found
from shared.steps.intake.announce import Announce
from shared.steps.outcomes import Outcome
from shared.telemetry import LogEvent, emit

#: Writers of one job that meet here this often in a row are no accident: a renewal comes each third of a lease.
ROUNDS = 20


class Operate:
    """Act on one job, whatever its workers do meanwhile.

    Args:
        jobs: Where the rows are.
        announce: Sends the message of a job that was opened again.
        clock: The service's time.
    """

    def __init__(self, *, jobs: JobStore, announce: Announce, clock: ServerClock) -> None:
        self._jobs = jobs
        self._announce = announce
        self._clock = clock

    def cancel(self, job_id: str, *, versions: Collection[str] | None = None) -> Outcome:
        """End a job that waits or runs; a worker that holds it is fenced out, and its result refused.

        Args:
            job_id: The job.
            versions: Fingerprints of its row, as the caller has seen it; any version without them.

        Returns:
            CANCELED, also when somebody else was first; ENDED when it had ended otherwise; UNKNOWN; LEFT for a job of
            a newer release.

        Raises:
            InvalidReference: That is no job id.
            Mismatch: It has moved on since.
            StorageOut: Storage is out.
            Undecided: Whether it was written is not known; ask again.

        Costs: get and end = 2; 2 more for each renewal that comes in between.
        """
        for _ in range(ROUNDS):
            row = found(self._jobs, job_id)
            if isinstance(row, Outcome):
                return row
            if versions is not None and row.fingerprint not in versions:
                raise Mismatch
            if row.job.state.ended:
                return Outcome.CANCELED if row.job.state is State.CANCELED else Outcome.ENDED
            error = JobError("canceled", "Canceled by hand.", self._clock.now())
            try:
                self._jobs.replace(row, moves.end(row.job, event=Event.CANCEL, error=error, lapsed=False, now=error.at))
            except Lost:
                continue
            emit(LogEvent.ENDED, job=job_id, ref=row.job.ref, code=error.code)
            return Outcome.CANCELED
        raise _busy(job_id)

    def redrive(self, job_id: str, *, versions: Collection[str] | None = None) -> Outcome:
        """Open a failed or canceled job again, with all of its attempts, and send its message.

        The key row must name this job, and the write matches it: so no older version is opened over a newer one.

        Args:
            job_id: The job.
            versions: As for ``cancel``.

        Returns:
            REDRIVEN; LIVE when it waits or runs already; ENDED when it is completed; OUTDATED when a newer version of
            its reference is recorded; UNKNOWN; LEFT for a job of a newer release.

        Raises:
            InvalidReference: That is no job id.
            Mismatch: It has moved on since.
            StorageOut: Storage is out.
            Undecided: Whether it was written is not known; ask again.

        Costs: get, key, transaction, send = 4.
        """
        for _ in range(ROUNDS):
            row = found(self._jobs, job_id)
            if isinstance(row, Outcome):
                return row
            if versions is not None and row.fingerprint not in versions:
                raise Mismatch
            key = self._jobs.key(row.job.type, row.job.ref) if row.job.unique else None
            if key is not None and key.job_id != job_id:
                return Outcome.OUTDATED
            try:
                move = moves.redrive(row.job, now=self._clock.now(), grace=self._announce.grace(row.job.type))
                opened = self._jobs.replace(row, move, over=key, keyed=row.job.unique)
            except IllegalTransition:
                return Outcome.ENDED if row.job.state.ended else Outcome.LIVE
            except Lost:
                continue
            emit(LogEvent.REDRIVEN, job=job_id, ref=opened.job.ref)
            self._announce(opened.job)
            return Outcome.REDRIVEN
        raise _busy(job_id)


def _busy(job_id: str) -> Undecided:
    return Undecided(f"{job_id}: others were first {ROUNDS} times")
