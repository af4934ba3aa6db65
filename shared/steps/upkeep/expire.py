"""End jobs of types that only external workers work on, once they may never be claimed again.

Whoever claims ends such jobs as well; this is for types for which nobody comes any more. Jobs that still may be claimed
stay due: that is how workers find them.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import product

from shared.errors import NoSuchJob, Unreadable
from shared.ports.index import JobIndex, Position
from shared.ports.jobs import read
from shared.settings.settings import Settings
from shared.steps.upkeep.turns import Turns
from shared.steps.work.claims import Claims

#: Jobs of one bucket that one sweep reads; the next goes on behind them, so that no backlog hides what is behind it.
LIMIT = 50


@dataclass(kw_only=True)
class Expire:
    """Look at jobs that wait, some at each sweep.

    Attributes:
        claims: Ends jobs.
        index: Lists live jobs.
        settings: Buckets.
    """

    claims: Claims
    index: JobIndex
    settings: Settings
    _after: dict[tuple[str, int], Position] = field(default_factory=dict, init=False)

    def expire(self, kinds: Sequence[str], *, stop: Callable[[], bool]) -> int:
        """End what may never be claimed again; a job that raises keeps no other from its turn.

        Args:
            kinds: Types that this app does not work on.
            stop: Says that it is time to end.

        Raises:
            StorageOut: Storage is out, or was for one of them; the next sweep looks again.

        Returns:
            How many jobs this call has ended.

        Costs: 1 query a type and bucket; 1 read for each of at most 50 jobs in it, and 1 transaction for one that ends.
        """
        failed, turns = 0, Turns()
        for kind, bucket in product(kinds, range(self.settings.job_buckets)):
            if stop():
                break
            with turns.turn():
                failed += self._bucket(kind, bucket, turns)
        turns.finish()
        return failed

    def _bucket(self, kind: str, bucket: int, turns: Turns) -> int:
        at = kind, bucket
        listed = self.index.live(kind, bucket, after=self._after.pop(at, None), limit=LIMIT)
        due = [position for position in listed if position.ms <= self.claims.clock.now().timestamp() * 1000]
        if len(due) == LIMIT:
            self._after[at] = due[-1]
        failed = 0
        for position in due:
            with turns.turn():
                failed += self._one(position.job_id)
        return failed

    def _one(self, job_id: str) -> bool:
        with suppress(NoSuchJob, Unreadable):
            row = read(self.claims.jobs, job_id)
            return not row.job.state.ended and self.claims.expire(row)
        return False
