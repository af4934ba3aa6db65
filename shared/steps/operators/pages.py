"""Pages of jobs, made of the index rows of some types.

Each row has a copy of its job, which is what a page shows and what its filter judges; where it has none, the job's own
row is read after it. A job that has moved on in between is left out of its earlier place.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice, product
from typing import TypeVar

from shared.ports.index import ENDED, LIVE, JobIndex, JobQuery, Page, Position
from shared.ports.jobs import JobCopy, JobStore, Row
from shared.rules.jobs import State
from shared.runtime import Pools
from shared.steps.operators.merge import Read, Rows, SortedList, merge
from shared.steps.operators.newest import try_read

Item = TypeVar("Item")
#: Returns what a page shows of each of some jobs; None for one that it leaves out.
Choose = Callable[[Sequence[Row | JobCopy], Executor], Sequence[Item | None]]

#: Rows that one call reads at once.
AT_ONCE = 8
#: Index rows that one page reads at most, for each job that is asked for; beside the first of each list.
ROWS_PER_JOB = 5
#: ``Pages.most_rows``: as many as storage gives in a second, and more than most days leave behind.
MOST_ROWS = 2_000
#: What a job that is read by itself counts of these.
_ROWS_PER_READ = 10
#: How many times longer each piece of a list gets; where most rows are looked at in vain, and where not.
_WIDE_GROWTH, _GROWTH = 6, 2
#: Rows in one piece at most (Azure Tables gives no more than 1,000).
_PIECE = 500


@dataclass(kw_only=True)
class Pages:
    """Makes pages of jobs.

    Attributes:
        jobs: Reads one.
        index: Lists them.
        buckets: Partitions a type.
        pool: Makes threads that read side by side.
        most_rows: Index rows that one page reads at most where only a look at each job tells whether it is wanted;
            beside the first of each list.
    """

    jobs: JobStore
    index: JobIndex
    buckets: int
    pool: Pools
    most_rows: int = MOST_ROWS

    def page(self, query: JobQuery, choose: Choose[Item], *, limit: int, after: Position | None = None) -> Page[Item]:
        """Make a page: of live jobs first, by when the sweep must look at them, then ended ones, the newest end first.

        Args:
            query: Which; with types, and without a reference.
            choose: What to show of them.
            limit: 1 to 1,000.
            after: Of the page before, of the same query.

        Costs: 1 query a type and bucket for live jobs and, where these don't fill the page, for each state that was
        asked for; few more where jobs are spread unevenly; 1 read for each job without a copy. It reads no more than
        ``ROWS_PER_JOB`` × ``limit`` index rows, or ``most_rows`` where the query is selective, and the first of each
        list.
        """
        rows, found = Rows(self.most_rows if query.is_selective else ROWS_PER_JOB * limit), dict[str, Item]()
        with self.pool(AT_ONCE, "list") as pool:
            for segment in (LIVE, ENDED):
                if after is not None and after.segment > segment:
                    continue
                passed = after if after is not None and after.segment == segment else None
                lists = self._lists(segment, query, passed, limit)
                positions = merge(lists, pool, limit=limit, rows=rows, wide=query.is_selective)
                last = _Walk(self.jobs, query, positions, rows, pool).fill(found, choose, limit)
                after = last or after
                if not all(each.is_at_end for each in lists):  # nor are ended ones that a full page did not begin with
                    return Page([*found.values()], after, len(found) >= limit)
        return Page([*found.values()])

    def _lists(self, segment: int, query: JobQuery, after: Position | None, limit: int) -> Sequence[SortedList]:
        """Return the lists of a segment, one a partition and index; nothing of them is read yet."""
        states, places = query.states_in(segment), list(product(query.types or (), range(self.buckets)))
        reads = (
            [self._live(*place) for place in places if states]
            if segment == LIVE
            else [self._ended(*place, each, query) for place, each in product(places, states)]
        )
        most, growth = (_PIECE, _WIDE_GROWTH) if query.is_selective else (limit, _GROWTH)
        return [SortedList(each, after, most, growth=growth) for each in reads]

    def _live(self, kind: str, bucket: int) -> Read:
        return lambda after, limit: self.index.live(kind, bucket, after=after, limit=limit, with_copies=True)

    def _ended(self, kind: str, bucket: int, state: State, query: JobQuery) -> Read:
        since, until = query.ended_span
        return lambda after, limit: self.index.ended(
            kind, bucket, state, after=after, ended_from=since, ended_to=until, limit=limit
        )


@dataclass
class _Walk:
    """A walk over positions, as far as a page needs."""

    jobs: JobStore
    query: JobQuery
    positions: Iterator[Position]
    rows: Rows
    pool: Executor

    def fill(self, found: dict[str, Item], choose: Choose[Item], limit: int) -> Position | None:
        """Add jobs to a page until it is full or the positions are at their end; return the last one looked at."""
        last = None
        while len(found) < limit:
            batch = [*islice(self.positions, limit - len(found))]
            if not batch:
                break
            last = batch[-1]
            rows = {row.job.id: row for row in self._read(batch)}
            for job_id in rows:
                found.pop(job_id, None)  # it has moved on since it was met: it stands where it was met last
            wanted = [row for row in rows.values() if self.query.wants(row.job)]
            for row, item in zip(wanted, choose(wanted, self.pool), strict=True):
                if item is not None:
                    found[row.job.id] = item
        return last

    def _read(self, batch: Sequence[Position]) -> Sequence[Row | JobCopy]:
        """Return jobs as their index rows have them, or as their own rows, where those are readable."""
        bare = [at.job_id for at in batch if at.copy is None]
        if self.query.is_selective:
            self.rows.rest -= _ROWS_PER_READ * len(bare)
        own = dict(zip(bare, self.pool.map(lambda each: try_read(self.jobs, each)[0], bare), strict=True))
        rows = (at.copy if at.copy is not None else own[at.job_id] for at in batch)
        return [row for row in rows if row is not None]
