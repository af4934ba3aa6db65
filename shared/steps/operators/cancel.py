"""Cancel one job by hand, whatever its workers do meanwhile."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from shared.clock import ServerClock
from shared.errors import Lost, Mismatch, Refused, Undecided
from shared.ports.jobs import JobStore, Row, read
from shared.rules import moves
from shared.rules.actions import is_since
from shared.rules.jobs import Event, JobError, State
from shared.telemetry import LogEvent, emit

#: Writers of one job that meet here this often in a row are no accident: a renewal comes each third of a lease.
ROUNDS = 20


@dataclass(kw_only=True)
class Cancel:
    """End jobs that wait or run.

    Attributes:
        jobs: Where the rows are.
        clock: The service's time.
    """

    jobs: JobStore
    clock: ServerClock

    def cancel(self, job_id: str, *, versions: Collection[str] | None = None, as_of: datetime | None = None) -> Row:
        """End a job that waits or runs; a worker that holds it is fenced out, and its result refused.

        Args:
            job_id: The job.
            versions: Fingerprints of its row, as the caller has seen it; any version without them.
            as_of: Refuse a job that was added at this moment or later: then it is not the one that the caller means.

        Returns:
            The job, CANCELED; also when somebody else was first.

        Raises:
            InvalidReference: That is not a job id.
            NoSuchJob: No job has this id.
            Unreadable: It was written by a newer release, or is damaged.
            Refused: ``ended``: it has ended otherwise.
            Mismatch: It has moved on since.
            StorageOut: Storage is out.
            Undecided: Whether it was written is not known; ask again.

        Costs: get and end = 2; 2 more for each renewal that comes in between.
        """
        for _ in range(ROUNDS):
            row = read(self.jobs, job_id)
            if (versions is not None and row.fingerprint not in versions) or is_since(row.job.created, as_of):
                raise Mismatch
            if row.job.state is State.CANCELED:
                return row
            if row.job.state.ended:
                raise Refused("ended", "The job has ended already.")
            error = JobError("canceled", "An operator canceled the job.", self.clock.now())
            try:
                move = moves.end(row.job, event=Event.CANCEL, error=error, lapsed=False, now=error.at)
                canceled = self.jobs.replace(row, move)
            except Lost:
                continue
            emit(LogEvent.ENDED, job=job_id, ref=row.job.ref, code=error.code)
            return canceled
        raise Undecided(f"{job_id}: others were first {ROUNDS} times")
