"""Count what there is, at most once a minute among all instances, and only when somebody looks."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Protocol

from shared.clock import ServerClock
from shared.errors import Lost, Unreadable
from shared.ports.index import JobIndex, Position
from shared.ports.jobs import JobStore
from shared.ports.locks import LockStore
from shared.ports.marks import Mark, Marks
from shared.rules import leases
from shared.rules.jobs import State
from shared.rules.statistics import Stats
from shared.runtime import Pools
from shared.settings.settings import Settings
from shared.steps.upkeep.sweep import LOCK

MARK = "statistics"
STALE_REPORTS = "stale-reports"
#: For so long what was counted is good for everybody.
FRESH = timedelta(seconds=60)
#: Index rows that are counted of one type and state; each bucket has its share of them.
MOST = 10_000
#: Live jobs of one type whose rows are read, where an index row of an earlier release does not say who runs.
LOOKED_AT = 500
PAGE = 1_000
AT_ONCE = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: Reads a page behind a position, of so many rows.
_Read = Callable[[Position | None, int], list[Position]]


class Backlog(Protocol):
    """A queue, to be looked at."""

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""


@dataclass
class _Tally:
    """What has been counted so far."""

    jobs: dict[str, dict[str, int]] = field(default_factory=dict)
    capped: bool = False
    oldest: Position | None = None


@dataclass(kw_only=True)
class Count:
    """Count jobs by type and state, and what else an operator looks at.

    Attributes:
        jobs: Tells who runs from who waits, where the index does not.
        index: What is counted.
        marks: Keep what was counted, and what others count.
        locks: Say who sweeps.
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
    poisons: Sequence[Backlog]
    settings: Settings
    clock: ServerClock
    kinds: Callable[[], Sequence[str]]
    pool: Pools

    def count(self) -> Stats:
        """Return what anybody has counted less than a minute ago, or count.

        Costs: 1 read; where it counts, also for each type and bucket 1 query and 3 for what has ended, 1 more for
        each 1,000 index rows up to ``MOST`` a type and state, 3 reads, 1 for each poison queue, those of ``kinds``,
        and 1 transaction; 1 read for each live job, up to ``LOOKED_AT`` a type, that an earlier release moved last.
        """
        mark = self.marks.get(MARK)
        now = self.clock.now()
        kept = None if mark is None else Stats.of(mark.value)
        if kept is not None and abs(now - kept.as_of) < FRESH:
            return replace(kept, age_seconds=max(0.0, (now - kept.as_of).total_seconds()))
        stats = self._count_all(now)
        self._keep(mark, stats)
        return stats

    def _keep(self, mark: Mark | None, stats: Stats) -> None:
        try:
            if mark is None:
                self.marks.insert(MARK, stats.value)
            else:
                self.marks.replace(mark, stats.value)
        except Lost:  # another has counted meanwhile, and both are right
            return

    def _count_all(self, now: datetime) -> Stats:
        done = _Tally()
        with self.pool(AT_ONCE, MARK) as pool:
            for kind in self.kinds():
                done.jobs[kind] = self._live(kind, now, pool, done) | self._ended(kind, pool, done)
        due = None if done.oldest is None else _EPOCH + timedelta(milliseconds=done.oldest.ms)
        reconciled = self.marks.get(f"reconcile:{self.settings.images_container}")
        stale = self.marks.get(STALE_REPORTS)
        return Stats(
            as_of=now,
            jobs=done.jobs,
            capped=done.capped,
            oldest_due_age_seconds=None if due is None or due > now else (now - due).total_seconds(),
            lock={"holder": self._holder()},
            poison=sum(queue.backlog() for queue in self.poisons),
            missed=None if reconciled is None else reconciled.count("missed"),
            stale_reports_total=0 if stale is None else stale.count("total") or 0,
        )

    def _live(self, kind: str, now: datetime, pool: Executor, done: _Tally) -> dict[str, int]:
        """Count who waits and who runs."""
        buckets = range(self.settings.job_buckets)
        pages = list(pool.map(self._rows, [self._reads_live(kind, bucket) for bucket in buckets]))
        found = sorted(position for positions, _ in pages for position in positions)
        unknown = [position for position in found if position.running is None]
        likely = _likely_running(unknown, now)[:LOOKED_AT]
        done.capped |= len(likely) < len(unknown) or any(more for _, more in pages)
        if found:
            done.oldest = found[0] if done.oldest is None else min(done.oldest, found[0])
        running = sum(bool(position.running) for position in found) + sum(pool.map(self._runs, likely))
        return {State.PENDING.value: len(found) - running, State.RUNNING.value: running}

    def _ended(self, kind: str, pool: Executor, done: _Tally) -> dict[str, int]:
        """Count what has ended."""
        counts = {state.value: 0 for state in State if state.ended}
        places = [(State(state), bucket) for state, bucket in product(counts, range(self.settings.job_buckets))]
        pages = pool.map(self._rows, [self._reads_ended(kind, bucket, state) for state, bucket in places])
        for (state, _), (positions, more) in zip(places, pages, strict=True):
            counts[state.value] += len(positions)
            done.capped |= more
        return counts

    def _rows(self, read: _Read) -> tuple[list[Position], bool]:
        """Read a bucket's share of index rows, and say whether there may be more."""
        share = max(1, MOST // self.settings.job_buckets)
        found: list[Position] = []
        while len(found) < share:
            asked = min(PAGE, share - len(found))
            page = read(found[-1] if found else None, asked)
            found += page
            if len(page) < asked:
                return found, False
        return found, True

    def _reads_live(self, kind: str, bucket: int) -> _Read:
        return lambda after, limit: self.index.live(kind, bucket, after=after, limit=limit)

    def _reads_ended(self, kind: str, bucket: int, state: State) -> _Read:
        return lambda after, limit: self.index.ended(
            kind, bucket, state, after=after, ended_from=None, ended_to=None, limit=limit
        )

    def _runs(self, position: Position) -> bool:
        try:
            row = self.jobs.get(position.job_id)
        except Unreadable:
            return False
        return row is not None and row.job.state is State.RUNNING

    def _holder(self) -> str | None:
        """Return who sweeps, unless that lease has lapsed."""
        try:
            row = self.locks.get(LOCK)
        except Unreadable:
            return None
        if row is None or leases.lapsed(
            lease=row.lock.lease, modified_at=row.modified_at, seen_at=row.seen_at, margin=self.settings.margin
        ):
            return None
        return row.lock.owner


def _likely_running(found: Sequence[Position], now: datetime) -> list[Position]:
    """Return live jobs, those first that are not due yet: a live lease ends in the future, a backlog waits since."""
    ms = (now - _EPOCH) // timedelta(milliseconds=1)
    return [*(at for at in found if at.ms >= ms), *(at for at in found if at.ms < ms)]
