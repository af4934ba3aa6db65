"""What an external worker calls of production code: it claims over the API, and has what it has claimed."""

from copy import copy
from datetime import timedelta

from shared.ports.jobs import Row
from shared.rules.jobs import Claim
from shared.steps.work.external import ExternalClaim
from tests.simulation.entry_points import EXTERNAL, Darkroom
from tests.simulation.releases import module_of


class Holding:
    """What an external worker knows of the job that it has claimed."""

    def __init__(self, darkroom: Darkroom, row: Row) -> None:
        self._external = darkroom.external
        self.job_id = row.job.id
        self.claim = row.job.claim or Claim("", 0)

    def renew(self) -> object:
        """Renew the lease."""
        return self._resume().renew(progress=0.5, cursor="half")

    def complete(self) -> object:
        """Commit."""
        return self._resume().complete({"token": self.claim.token})

    def fail(self) -> object:
        """End the job by an error."""
        return self._resume().fail(code="no_use", message="It is of no use.")

    def retry(self) -> object:
        """Give the job back after a failure."""
        return self._resume().retry(code="later", message="Try later.")

    def abandon(self) -> object:
        """Give the job back untouched."""
        return self._resume().abandon()

    def at(self, darkroom: Darkroom) -> "Holding":
        """Return the same, to be told to another process, of either release."""
        other = copy(self)
        other._external = darkroom.external
        own = module_of(darkroom.settings, "rules.jobs").Claim
        other.claim = own(self.claim.claim_id, self.claim.token)
        return other

    def _resume(self) -> ExternalClaim:
        return self._external.resume(self.job_id, self.claim)


def claim(darkroom: Darkroom, job_id: str, owner: str, lease_seconds: float) -> Holding:
    """Claim one job as an external worker does."""
    return Holding(darkroom, darkroom.external.claim(job_id, owner=owner, lease=timedelta(seconds=lease_seconds)))


def claim_next(darkroom: Darkroom, owner: str, lease_seconds: float) -> Holding | None:
    """Claim a job as an external worker does."""
    row = darkroom.external.claim_next(EXTERNAL, owner=owner, lease=timedelta(seconds=lease_seconds))
    return None if row is None else Holding(darkroom, row)
