"""The flows of a lock: two runs under it, and another who wants it too."""

import contextlib
from dataclasses import dataclass, field

from shared.errors import LockHeld, Stale
from shared.steps.table_lock import Tenure
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_flows import TO_RENEWAL, Flow, LiveRival
from tests.faults.enumeration_workers import Worker


@dataclass
class Locking(Flow):
    """Two runs under a lock, with a renewal in the middle of each; the second takes it by the ETag of its release.

    Attributes:
        inside: Who believes to hold it.
        tokens: Of every holder, in the order of their entries.
    """

    ends = ()
    inside: list[Tenure] = field(default_factory=list)
    tokens: list[int] = field(default_factory=list)

    def run(self, case: Case, worker: Worker) -> None:
        """Take the lock, renew it, let go of it; twice."""
        for _ in range(2):
            with contextlib.suppress(LockHeld, Stale):
                self.once(case, worker)

    def once(self, case: Case, worker: Worker) -> None:
        """Take the lock, renew it, let go of it."""
        with worker.darkroom.sweep.lock.try_acquire("nightly", owner="timer/1") as held:
            self.inside.append(held)
            try:
                self.alone(held)
                self.tokens.append(held.lock.token)
                assert self.tokens == sorted(set(self.tokens)), f"tokens {self.tokens}"
                case.clock.go(TO_RENEWAL)
                held.renew()
                self.alone(held)
            finally:
                self.inside.remove(held)

    def rival(self, case: Case, worker: Worker) -> None:
        """Take it too: the lease has lapsed, so it must be there to take; LockHeld is raised."""
        self.once(case, worker)

    def alone(self, held: Tenure) -> None:
        """See that no two believe to hold it."""
        believers = [other for other in self.inside if not other.lost]
        assert held.lost or believers == [held], f"{len(believers)} holders at once"

    def check(self, case: Case) -> None:
        """Take it once more, after the lapse."""
        self.once(case, case.worker())


class Contending(LiveRival, Locking):
    """The same beside another that tries while the holder's lease is live."""

    def rival(self, case: Case, worker: Worker) -> None:
        """Take it if it is free."""
        with contextlib.suppress(LockHeld):
            self.once(case, worker)
