"""Where workers with clocks of their own meet, and what they are after: the claim of a job, or a lock."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared import wiring
from shared.errors import Conflict, LockHeld
from shared.ports.jobs import Row
from shared.ports.locks import LockRow
from shared.runtime import Runtime
from shared.steps.table_lock import Tenure
from shared.steps.work.held_claim import HeldClaim
from shared.storage.retries import RetryPolicy
from shared.wiring.steps import Darkroom
from tests.faults.enumeration_case import Case, jobs_in
from tests.faults.enumeration_wire import Line
from tests.faults.skew import Skew
from tests.simulation.clocks import Watch
from tests.simulation.service.clock import ServiceClock

#: A retried job waits for this share of the bound of its back-off, so that a test knows for how long.
CHANCE = 0.9
BACKOFF_SECONDS = 40.0
LOCK = "nightly"


class Ground(Case):
    """An account with one recorded job."""

    def __init__(self) -> None:
        super().__init__(BACKOFF_SECONDS=f"{BACKOFF_SECONDS:g}")
        self.job_id = self.record()

    def process(self, skew: Skew = Skew()) -> Darkroom:  # noqa: B008 - frozen
        """Start a process whose clock is off."""
        line = Line(self._wire, self.clock, self.ledger)
        watch = Watch(self.clock, 1000.0 + skew.offset, skew.rate)
        retry = RetryPolicy(within=timedelta(seconds=10), monotonic=watch, pause=self.clock.go)
        runtime = Runtime(monotonic=watch, pause=self.clock.go, chance=lambda: CHANCE)
        return wiring.build(self._environ, transport=line, runtime=runtime, retry=retry, threaded=False)

    def row(self) -> Row:
        """Return the job as it stands."""
        row = self.user.darkroom.storage.jobs.get(self.job_id)
        assert row is not None
        return row

    def lock_row(self) -> LockRow:
        """Return the lock as it stands."""
        row = self.user.darkroom.storage.locks.get(LOCK)
        assert row is not None
        return row

    def prove(self) -> None:
        """See that all invariants hold, and that there is no other job."""
        assert list(jobs_in(self.rows())) == [self.job_id]
        super().prove()


@dataclass
class ClaimPrize:
    """The claim of a job."""

    ground: Ground

    def take(self, process: Darkroom) -> HeldClaim | None:
        """Try to get it, once."""
        try:
            return process.claims.begin(self.ground.job_id, owner="queue/1")
        except Conflict:
            return None

    def written_at(self) -> datetime:
        """Return when its holder has written last, by the service's clock."""
        return self.ground.row().modified_at


@dataclass
class LockPrize:
    """A lock."""

    ground: Ground

    def take(self, process: Darkroom) -> Tenure | None:
        """Try to get it, once."""
        try:
            return process.sweep.lock.try_acquire(LOCK, owner="timer/1")
        except LockHeld:
            return None

    def written_at(self) -> datetime:
        """Return when its holder has written last, by the service's clock."""
        return self.ground.lock_row().modified_at


Prize = type[ClaimPrize] | type[LockPrize]


def passing(clock: ServiceClock, seconds: float, *, step: float) -> Iterator[None]:
    """Let time pass in steps, until so many seconds from now are over."""
    end = clock.seconds + seconds
    while clock.seconds < end:
        clock.go(min(step, end - clock.seconds))
        yield
