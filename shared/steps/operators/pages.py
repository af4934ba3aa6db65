"""Pages of jobs, made of the index rows of some types.

Each row has a copy of its job, which is what a page shows and what its filter judges; where it has none, the job's own
row is read after it. A job that moves on meanwhile stands where it was met last.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from itertools import islice, product
from typing import TypeVar

from shared.ports.index import ENDED, LIVE, JobIndex, Page, Position
from shared.ports.jobs import JobCopy, JobStore, Row
from shared.ports.queries import JobQuery
from shared.runtime import Pools
from shared.steps.operators.merge import Rows, merge
from shared.steps.operators.newest import try_read
from shared.steps.operators.shelf import Shelf

Item = TypeVar("Item")
#: Returns what a page shows of each of some jobs; None for one that it leaves out.
Choose = Callable[[Sequence[Row | JobCopy], Executor], Sequence[Item | None]]

#: Rows that one call reads at once.
AT_ONCE = 8
#: Index rows that one page reads at most, beside the first of each list: what storage gives in a second.
MOST_ROWS = 2_000
#: Rows of jobs and images that one page reads by themselves and does not show, before it ends.
MOST_VAIN_READS = 200


@dataclass(kw_only=True)
class Pages:
    """Makes pages of jobs.

    Attributes:
        jobs: Reads one.
        index: Lists them.
        buckets: Partitions a type.
        pool: Makes threads that read side by side.
        most_rows: Index rows that one page reads at most, beside the first of each list.
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

        Costs: 1 query a type and bucket for live jobs, which goes on to ended ones where it has found few; where these
        don't fill the page, 1 for each state that was asked for and not looked at; few more where jobs are spread
        unevenly; 1 read for each job without a copy. It reads no more than ``most_rows`` index rows and the first of
        each list, and ends after ``MOST_VAIN_READS`` other rows that it does not show.
        """
        rows, found = Rows(self.most_rows), dict[str, Item]()
        places = product(query.types or (), range(self.buckets))
        shelves = [Shelf(self.index, place, query, after, limit) for place in places]
        with self.pool(AT_ONCE, "list") as pool:
            self._open([each for each in shelves if each.can_open], rows, limit, pool, wide=query.is_selective)
            for segment in (LIVE, ENDED):
                lists = [each for shelf in shelves for each in shelf.lists_of(segment)]
                positions = merge(lists, pool, limit=limit - len(found), rows=rows, wide=query.is_selective)
                after = _Walk(self.jobs, query, positions, pool).fill(found, choose, limit) or after
                if not all(each.is_at_end for each in lists):  # nor are ended ones that a full page did not begin with
                    return Page([*found.values()], after, len(found) >= limit)
        return Page([*found.values()])

    def _open(self, shelves: Sequence[Shelf], rows: Rows, limit: int, pool: Executor, *, wide: bool) -> None:
        share = rows.share(limit, len(shelves), wide=wide)
        rows.rest -= sum(pool.map(lambda each: each.open(share), shelves))


class _Walk:
    """A walk over the positions of a segment, as far as a page needs."""

    def __init__(self, jobs: JobStore, query: JobQuery, positions: Iterator[Position], pool: Executor) -> None:
        self._jobs = jobs
        self._query = query
        self._positions = positions
        self._pool = pool
        self._vain_reads = 0

    def fill(self, found: dict[str, Item], choose: Choose[Item], limit: int) -> Position | None:
        """Add jobs to a page until it is full or the positions are at their end; return the last one looked at."""
        last = None
        while len(found) < limit and self._vain_reads < MOST_VAIN_READS:
            batch = [*islice(self._positions, limit - len(found))]
            if not batch:
                break
            last = batch[-1]
            for at in batch:
                found.pop(at.job_id, None)  # it has moved on since it was met: it stands where it was met last
            wanted = self._read([at for at in batch if self._query.may_want(at)])
            for row, item in zip(wanted, choose(wanted, self._pool), strict=True):
                self._vain_reads += item is None
                found |= {} if item is None else {row.job.id: item}
        return last

    def _read(self, batch: Sequence[Position]) -> Sequence[Row | JobCopy]:
        """Return the jobs that are wanted as their index rows have them, or as their own rows."""
        rows: dict[str, Row | JobCopy | None] = {at.job_id: at.copy for at in batch}
        bare = [job_id for job_id, copy in rows.items() if copy is None]
        rows |= zip(bare, self._pool.map(lambda each: try_read(self._jobs, each)[0], bare), strict=True)
        wanted = {job_id: row for job_id, row in rows.items() if row is not None and self._query.wants(row.job)}
        self._vain_reads += len({*bare} - wanted.keys())
        return [*wanted.values()]
