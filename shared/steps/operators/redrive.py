"""Open one job again by hand."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from shared.clock import ServerClock
from shared.errors import IllegalTransition, Lost, Mismatch, Refused, Undecided
from shared.ports.jobs import JobStore, Row, read
from shared.rules import moves
from shared.rules.actions import is_since
from shared.steps.intake.announce import Announce
from shared.steps.operators.cancel import ROUNDS
from shared.telemetry import LogEvent, emit


@dataclass(kw_only=True)
class Redrive:
    """Open failed and canceled jobs again.

    Attributes:
        jobs: Where the rows are.
        announce: Sends the message of a job that was opened again.
        clock: The service's time.
    """

    jobs: JobStore
    announce: Announce
    clock: ServerClock

    def redrive(self, job_id: str, *, versions: Collection[str] | None = None, as_of: datetime | None = None) -> Row:
        """Open a failed or canceled job again, with all of its attempts, and send its message.

        The key row must name this job, and the write matches it: so no older version is opened over a newer one.

        Args:
            job_id: The job.
            versions: Fingerprints of its row, as the caller has seen it; any version without them.
            as_of: Refuse a job that has ended at this moment or later: then it is not the one that the caller means.

        Returns:
            The job, PENDING.

        Raises:
            Refused: ``live``: it waits or runs already; ``ended``: it is completed; ``outdated``: a newer version of
                its reference is recorded.
            Others as ``Cancel.cancel``.

        Costs: get, key, transaction, send = 4.
        """
        for _ in range(ROUNDS):
            row = read(self.jobs, job_id)
            if (versions is not None and row.fingerprint not in versions) or is_since(row.job.ended, as_of):
                raise Mismatch
            key = self.jobs.key(row.job.type, row.job.ref) if row.job.unique else None
            if key is not None and key.job_id != job_id:
                raise Refused("outdated", "A newer version of this image is recorded. Use its job instead.")
            try:
                move = moves.redrive(row.job, now=self.clock.now(), grace=self.announce.grace(row.job.type))
                opened = self.jobs.replace(row, move, over=key, keyed=row.job.unique)
            except IllegalTransition:
                if row.job.state.ended:
                    raise Refused("ended", "The job has ended already.") from None
                raise Refused("live", "The job waits or runs already.") from None
            except Lost:
                continue
            emit(LogEvent.REDRIVEN, job=job_id, ref=opened.job.ref)
            self.announce.announce(opened.job)
            return opened
        raise Undecided(f"{job_id}: others were first {ROUNDS} times")
