"""Count what has ended in the last hours, step by step, at most once a minute among all instances."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from shared.clock import ServerClock
from shared.ports.index import JobIndex, Position
from shared.ports.marks import Marks
from shared.rules.history import End, History, history, starts_of
from shared.rules.jobs import State
from shared.runtime import Pools
from shared.settings.settings import Settings
from shared.steps.operators.lists_within import PAGE, read_within
from shared.steps.operators.merge import Read
from shared.steps.operators.once_a_minute import once_a_minute

MARK = "history"
#: Index rows that one count reads of all types, buckets and states, beside the first of each.
MOST = 20_000
AT_ONCE = 8
_ENDED = tuple(state for state in State if state.ended)


@dataclass(kw_only=True)
class CountEnds:
    """Count ended jobs by steps of time.

    Attributes:
        index: What is counted.
        marks: Keep what was counted.
        settings: Buckets.
        clock: The service's time.
        kinds: Returns the types to be counted.
        pool: Makes threads that read side by side.
    """

    index: JobIndex
    marks: Marks
    settings: Settings
    clock: ServerClock
    kinds: Callable[[], Sequence[str]]
    pool: Pools

    def count(self, hours: int) -> History:
        """Return what anybody has counted of so many hours less than a minute ago, or count.

        Args:
            hours: 1 to 24.

        Costs: 1 read; where it counts, also those of ``kinds``, 1 query for each type, bucket and state of an end, 1
        more for each 1,000 rows beyond the first of these, up to ``MOST`` rows of all, and 1 transaction.
        """
        return once_a_minute(
            self.marks, self.clock, f"{MARK}:{hours}", read=History.of, count=lambda now: self._count(hours, now)
        )

    def _count(self, hours: int, now: datetime) -> History:
        since = starts_of(hours, now)[0]
        places = list(product(self.kinds(), range(self.settings.job_buckets), _ENDED))
        lists = [self._list(kind, bucket, state, since) for kind, bucket, state in places]
        with self.pool(AT_ONCE, MARK) as pool:
            found, complete = read_within(lists, pool, first=PAGE, most=MOST, goes_on=lambda _: True)
        states = [state for _, _, state in places]
        return history(_ends(states, found), hours=hours, now=now, complete=complete)

    def _list(self, kind: str, bucket: int, state: State, since: datetime) -> Read:
        return lambda after, limit: self.index.ended(
            kind, bucket, state, after=after, ended_from=since, ended_to=None, limit=limit, with_copies=False
        )


def _ends(states: Sequence[State], found: Sequence[Sequence[Position]]) -> Iterator[End]:
    for state, positions in zip(states, found, strict=True):
        for position in positions:
            took = None if position.started is None else position.at - position.started
            yield End(state, position.at, took)
