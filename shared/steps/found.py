"""Read a job, or say why there is none to act on."""

from shared.errors import Unreadable
from shared.ports.jobs import JobStore, Row
from shared.steps.outcomes import Outcome


def found(jobs: JobStore, job_id: str) -> Row | Outcome:
    """Read a job; UNKNOWN when there is none, LEFT for one of a newer release.

    Raises:
        StorageOut: Storage is out.

    Costs: 1 read.
    """
    try:
        return jobs.get(job_id) or Outcome.UNKNOWN
    except Unreadable:
        return Outcome.LEFT
