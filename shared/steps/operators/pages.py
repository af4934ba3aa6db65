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
#: Index rows that one page reads at most, for each job that is asked for; beside the first of each list.
ROWS_PER_JOB = 5
#: ``Pages.most_rows``: as many as storage gives in a second, and more than most days leave behind.
MOST_ROWS = 2_000
#: What a job that is read by itself counts of these.
_ROWS_PER_READ = 10


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

        Costs: 1 query a type and bucket for live jobs, which goes on to ended ones where it has found few; where these
        don't fill the page, 1 for each state that was asked for and not looked at; few more where jobs are spread
        unevenly; 1 read for each job without a copy. It reads no more than ``ROWS_PER_JOB`` × ``limit`` index rows, or
        ``most_rows`` where the query is selective, and the first of each list.
        """
        rows, found = Rows(self.most_rows if query.is_selective else ROWS_PER_JOB * limit), dict[str, Item]()
        places = product(query.types or (), range(self.buckets))
        shelves = [Shelf(self.index, place, query, after, limit) for place in places]
        with self.pool(AT_ONCE, "list") as pool:
            self._open([shelf for shelf in shelves if shelf.can_open], rows, limit, pool)
            for segment in (LIVE, ENDED):
                lists = [each for shelf in shelves for each in shelf.lists_of(segment)]
                positions = merge(lists, pool, limit=limit, rows=rows, wide=query.is_selective)
                after = _Walk(self.jobs, query, positions, rows, pool).fill(found, choose, limit) or after
                if not all(each.is_at_end for each in lists):  # nor are ended ones that a full page did not begin with
                    return Page([*found.values()], after, len(found) >= limit)
        return Page([*found.values()])

    def _open(self, shelves: Sequence[Shelf], rows: Rows, limit: int, pool: Executor) -> None:
        share = rows.share(limit, len(shelves))
        rows.rest -= sum(pool.map(lambda each: each.open(share), shelves))


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
            for at in batch:
                found.pop(at.job_id, None)  # it has moved on since it was met: it stands where it was met last
            rows = {row.job.id: row for row in self._read([at for at in batch if self.query.may_want(at)])}
            wanted = [row for row in rows.values() if self.query.wants(row.job)]
            for row, item in zip(wanted, choose(wanted, self.pool), strict=True):
                if item is not None:
                    found[row.job.id] = item
        return last

    def _read(self, batch: Sequence[Position]) -> Sequence[Row | JobCopy]:
        """Return jobs as their index rows have them, or as their own rows, where those are readable."""
        copies = [(at.job_id, at.copy) for at in batch]
        bare = [job_id for job_id, copy in copies if copy is None]
        if self.query.is_selective:
            self.rows.rest -= _ROWS_PER_READ * len(bare)
        own = dict(zip(bare, self.pool.map(lambda each: try_read(self.jobs, each)[0], bare), strict=True))
        rows = (copy or own[job_id] for job_id, copy in copies)
        return [row for row in rows if row is not None]
