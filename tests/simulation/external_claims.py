"""What an external worker calls of production code: it claims over the API, and has what it has claimed."""

from datetime import timedelta

from shared.ports.jobs import Row
from shared.rules.jobs import Claim
from tests.simulation.entry_points import EXTERNAL, Darkroom


class Holding:
    """What an external worker knows of the job that it has claimed."""

    def __init__(self, darkroom: Darkroom, row: Row) -> None:
        self._darkroom = darkroom
        self.job_id = row.job.id
        self._claim = row.job.claim or Claim("", 0)

    @property
    def token(self) -> int:
        """Of the claim."""
        return self._claim.token

    @property
    def claim_id(self) -> str:
        """Of the claim."""
        return self._claim.claim_id

    def renew(self) -> object:
        """Renew the lease."""
        return self._darkroom.external.resume(self.job_id, self._claim).renew(progress=0.5, cursor="half")

    def complete(self) -> object:
        """Commit."""
        return self._darkroom.external.resume(self.job_id, self._claim).complete({"token": self.token})

    def fail(self) -> object:
        """End the job by an error."""
        return self._darkroom.external.resume(self.job_id, self._claim).fail(code="no_use", message="It is of no use.")

    def retry(self) -> object:
        """Give the job back after a failure."""
        return self._darkroom.external.resume(self.job_id, self._claim).retry(code="later", message="Try later.")

    def abandon(self) -> object:
        """Give the job back untouched."""
        return self._darkroom.external.resume(self.job_id, self._claim).abandon()


def claim(darkroom: Darkroom, job_id: str, owner: str, lease_seconds: float) -> Holding:
    """Claim one job as an external worker does."""
    return Holding(darkroom, darkroom.external.claim(job_id, owner=owner, lease=timedelta(seconds=lease_seconds)))


def claim_next(darkroom: Darkroom, owner: str, lease_seconds: float) -> Holding | None:
    """Claim a job as an external worker does."""
    row = darkroom.external.claim_next(EXTERNAL, owner=owner, lease=timedelta(seconds=lease_seconds))
    return None if row is None else Holding(darkroom, row)
