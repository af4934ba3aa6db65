"""Open the job of an image again whose blob could not be read when its turn came, and can be by now."""

from dataclasses import dataclass

from shared.clock import ServerClock
from shared.errors import Lost, NewerSchema
from shared.ports.jobs import JobStore, Row
from shared.rules import moves
from shared.rules.images import BlobFacts
from shared.rules.jobs import Job, State
from shared.steps.intake.announce import Announce

_UNREADABLE = "blob_unreadable"


@dataclass(kw_only=True)
class Reopen:
    """Open jobs again that archived blobs have ended.

    Attributes:
        jobs: Where they are.
        announce: Knows how long a message may take.
        clock: The service's time.
    """

    jobs: JobStore
    announce: Announce
    clock: ServerClock

    def reopen(self, job_id: str, facts: BlobFacts) -> Row | None:
        """Open the job of a version again, if its blob was moved out of the archive since.

        The key row must name this job, and the write matches it: so no older version is opened over a newer one.

        Args:
            job_id: The job.
            facts: What the blob is now.

        Returns:
            The job, which waits now; None where it is left as it is.

        Costs: none while the blob's tier is that of its upload; else get, and where it may be opened key, transaction.
        """
        if facts.archived or facts.tier_changed_at is None or facts.tier_changed_at <= facts.modified_at:
            return None
        try:
            row = self.jobs.get(job_id)
        except NewerSchema:
            return None
        if row is None or not _was_unreadable(row.job, facts):
            return None
        key = self.jobs.key(row.job.type, row.job.ref)
        if key is None or key.job_id != job_id:
            return None
        move = moves.redrive(row.job, now=self.clock.now(), grace=self.announce.grace(row.job.type))
        try:
            return self.jobs.replace(row, move, over=key)
        except Lost:  # somebody else has opened it, or recorded a newer version
            return None


def _was_unreadable(job: Job, facts: BlobFacts) -> bool:
    """Whether a job has ended for that reason, and was not opened for this change of its tier already."""
    if job.state is not State.FAILED or job.error is None or job.error.code != _UNREADABLE:
        return False
    changed, ended = facts.tier_changed_at, job.ended
    return job.attempts_base == 0 or (changed is not None and ended is not None and changed > ended)
