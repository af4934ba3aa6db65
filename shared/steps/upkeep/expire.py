"""End jobs of types that only external workers work on, once they may never be claimed again.

Whoever claims ends such jobs as well; this is for types for which nobody comes any more. Jobs that still may be claimed
stay due: that is how workers find them.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import product

from shared.ports.index import JobIndex, Position
from shared.settings.settings import Settings
from shared.steps.found import found
from shared.steps.outcomes import Outcome
from shared.steps.upkeep.turns import Turns
from shared.steps.work.claims import Claims

#: Jobs of one bucket that one sweep reads; the next goes on behind them, so that no backlog hides what is behind it.
LIMIT = 50


class Expire:
    """Look at jobs that wait, some at each sweep.

    Args:
        claims: Ends jobs.
        index: Lists live jobs.
        settings: Buckets.
    """

    def __init__(self, *, claims: Claims, index: JobIndex, settings: Settings) -> None:
        self._claims = claims
        self._index = index
        self._settings = settings
        self._after: dict[tuple[str, int], Position] = {}

    def __call__(self, kinds: Sequence[str], *, stop: Callable[[], bool]) -> Counter[Outcome]:
        """End what may never be claimed again; a job that raises keeps no other from its turn.

        Args:
            kinds: Types that this app does not work on.
            stop: Says that it is time to end.

        Raises:
            StorageOut: Storage is out, or was for one of them; the next sweep looks again.

        Returns:
            FAILED for each job that this call has ended; the others are not counted.

        Costs: 1 query a type and bucket; 1 read for each of at most 50 jobs in it, and 1 transaction for one that ends.
        """
        ends, turns = Counter[Outcome](), Turns()
        for kind, bucket in product(kinds, range(self._settings.job_buckets)):
            if stop():
                break
            with turns.turn():
                ends += self._bucket(kind, bucket, turns)
        turns.finish()
        return ends

    def _bucket(self, kind: str, bucket: int, turns: Turns) -> Counter[Outcome]:
        at = kind, bucket
        listed = self._index.live(kind, bucket, after=self._after.pop(at, None), limit=LIMIT)
        due = [position for position in listed if position.ms <= self._claims.clock.now().timestamp() * 1000]
        if len(due) == LIMIT:
            self._after[at] = due[-1]
        failed = Counter[Outcome]()
        for position in due:
            with turns.turn():
                failed[Outcome.FAILED] += self._one(position.job_id) is Outcome.FAILED
        return +failed

    def _one(self, job_id: str) -> Outcome:
        row = found(self._claims.jobs, job_id)
        if isinstance(row, Outcome) or row.job.state.ended:
            return Outcome.ENDED
        return self._claims.expire(row)
