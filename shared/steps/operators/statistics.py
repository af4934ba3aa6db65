"""Count what there is, at most once a minute among all instances, and only when somebody looks."""

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Protocol

from shared.clock import ServerClock
from shared.errors import Unreadable
from shared.ports.index import GROUPS, JobIndex, Position, Standing
from shared.ports.jobs import JobStore
from shared.ports.locks import LockStore
from shared.ports.marks import Marks
from shared.rules import rhythms
from shared.rules.jobs import State
from shared.rules.statistics import Stats
from shared.runtime import Pools
from shared.settings.settings import Settings
from shared.steps.operators import liveness
from shared.steps.operators.liveness import Liveness
from shared.steps.operators.once_a_minute import once_a_minute
from shared.steps.upkeep.sweep import LOCK

MARK = "statistics"
STALE_REPORTS = "stale-reports"
#: Index rows that are counted of one type and state; each bucket has its share of them.
MOST = 10_000
#: Live jobs of one type whose rows are read, where an index row of an earlier release does not say who runs.
LOOKED_AT = 500
PAGE = 1_000
AT_ONCE = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Backlog(Protocol):
    """A queue, to be looked at."""

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""


@dataclass
class _Tally:
    """What has been counted of one type."""

    live: list[Position] = field(default_factory=list)
    ended: Counter[State] = field(default_factory=Counter)
    capped: bool = False

    def size(self, group: State | None) -> int:
        """Return how many there are in a group so far."""
        return len(self.live) if group is None else self.ended[group]

    def add(self, standing: Standing, most: int) -> None:
        """Count one more, unless its group has as many as it may."""
        if self.size(standing.group) >= most:
            self.capped = True
        elif standing.group is None:
            self.live.append(standing.at)
        else:
            self.ended[standing.group] += 1

    def by_state(self, running: int) -> dict[str, int]:
        """Return the counts by state."""
        live = {State.PENDING.value: len(self.live) - running, State.RUNNING.value: running}
        return live | {state.value: self.ended[state] for state in State if state.ended}


def _sum(tallies: Sequence[_Tally]) -> _Tally:
    return _Tally(
        live=sorted(at for tally in tallies for at in tally.live),
        ended=sum((tally.ended for tally in tallies), Counter[State]()),
        capped=any(tally.capped for tally in tallies),
    )


@dataclass(kw_only=True)
class Count:
    """Count jobs by type and state, and what else an operator looks at.

    Attributes:
        jobs: Tells who runs from who waits, where the index does not.
        index: What is counted.
        marks: Keep what was counted, and what others count.
        locks: Say who sweeps, and when that and the like was last done.
        liveness: Tells the ages of that.
        poisons: Queues into which the host moves what it has given up on.
        settings: Buckets, margin, container of images.
        clock: The service's time.
        kinds: Returns the types to be counted.
        pool: Makes threads that read side by side.
    """

    jobs: JobStore
    index: JobIndex
    marks: Marks
    locks: LockStore
    liveness: Liveness
    poisons: Sequence[Backlog]
    settings: Settings
    clock: ServerClock
    kinds: Callable[[], Sequence[str]]
    pool: Pools

    def count(self) -> Stats:
        """Return what anybody has counted less than a minute ago, or count.

        Costs: 1 read; where it counts, also 1 query for each type and bucket, 1 more for each 1,000 index rows up to
        ``MOST`` a type and state, 3 reads, 1 for each poison queue, those of ``kinds``, and 1 transaction; 1 read for
        each live job, up to ``LOOKED_AT`` a type, that an earlier release moved last.
        """
        stats = once_a_minute(self.marks, self.clock, MARK, read=Stats.of, count=self._count_all)
        age = max(timedelta(0), self.clock.now() - stats.as_of).total_seconds()
        return replace(stats, age_seconds=age, upkeep=self.liveness.ages(stats.done_at))

    def _count_all(self, now: datetime) -> Stats:
        kinds, buckets = self.kinds(), range(self.settings.job_buckets)
        with self.pool(AT_ONCE, MARK) as pool:
            reconciled = pool.submit(self.marks.get, self.settings.walk_mark)
            stale, locks = pool.submit(self.marks.get, STALE_REPORTS), pool.submit(self.locks.list, rhythms.LOCKS)
            poison = [pool.submit(queue.backlog) for queue in self.poisons]
            found = pool.map(lambda place: self._tally(*place), product(kinds, buckets))
            tallies = {kind: _sum([next(found) for _ in buckets]) for kind in kinds}
            running = {kind: self._running(tally, now, pool) for kind, tally in tallies.items()}
        walk, late, rows = reconciled.result(), stale.result(), locks.result()
        oldest = min((at.ms for tally in tallies.values() for at in tally.live), default=None)
        due = None if oldest is None else _EPOCH + timedelta(milliseconds=oldest)
        return Stats(
            as_of=now,
            jobs={kind: tally.by_state(running[kind]) for kind, tally in tallies.items()},
            capped=any(tally.capped for tally in tallies.values()),
            oldest_due_age_seconds=None if due is None or due > now else (now - due).total_seconds(),
            lock={"holder": rows[LOCK].holder(margin=self.settings.margin) if LOCK in rows else None},
            poison=sum(length.result() for length in poison),
            missed=None if walk is None else walk.count("missed"),
            stale_reports_total=0 if late is None else late.count("total") or 0,
            done_at=liveness.done_at(rows, walk),
        )

    def _tally(self, kind: str, bucket: int) -> _Tally:
        """Count a bucket's share of each group of index rows; where a group has more, go on with the next one."""
        share = max(1, MOST // self.settings.job_buckets)
        limit, tally = min(PAGE, share * len(GROUPS)), _Tally()
        group, after = GROUPS[0], None
        while True:
            page = self.index.standings(kind, bucket, group=group, after=after, limit=limit)
            for standing in page:
                tally.add(standing, share)
            if len(page) < limit:
                return tally
            group, after = page[-1].group, page[-1].at
            if tally.size(group) >= share:
                tally.capped = True
                if group is GROUPS[-1]:
                    return tally
                group, after = GROUPS[GROUPS.index(group) + 1], None

    def _running(self, tally: _Tally, now: datetime, pool: Executor) -> int:
        """Count who runs; read the jobs of whom the index does not say it."""
        unknown = [position for position in tally.live if position.running is None]
        likely = _likely_running(unknown, now)[:LOOKED_AT]
        tally.capped |= len(likely) < len(unknown)
        return sum(bool(position.running) for position in tally.live) + sum(pool.map(self._runs, likely))

    def _runs(self, position: Position) -> bool:
        try:
            row = self.jobs.get(position.job_id)
        except Unreadable:
            return False
        return row is not None and row.job.state is State.RUNNING


def _likely_running(found: Sequence[Position], now: datetime) -> list[Position]:
    """Return live jobs, those first that are not due yet: a live lease ends in the future, a backlog waits since."""
    ms = (now - _EPOCH) // timedelta(milliseconds=1)
    return [*(at for at in found if at.ms >= ms), *(at for at in found if at.ms < ms)]
