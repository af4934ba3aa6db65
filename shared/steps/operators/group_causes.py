"""Group the jobs that are late, and those that have failed lately, by what keeps them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain, product

from shared.clock import ServerClock
from shared.ports.index import JobIndex, Position
from shared.ports.jobs import JobCopy, JobStore, Row
from shared.ports.marks import Marks
from shared.rules.cause_groups import CauseGroups, LateJob, group
from shared.rules.causes import Cause, cause_of, late_before
from shared.rules.jobs import State
from shared.runtime import Pools
from shared.settings.settings import Settings
from shared.steps.operators.lists_within import PAGE, read_within
from shared.steps.operators.merge import Read
from shared.steps.operators.newest import try_read
from shared.steps.operators.once_a_minute import once_a_minute

MARK = "causes"
#: Failures that are older are no news.
LATELY = timedelta(hours=24)
#: Index rows of live jobs that one call reads, and as many of failed ones, beside the first of each list.
MOST = 5_000
#: The first query of a list of live jobs brings so many: mostly few are late, and those come first.
FIRST = 50
#: Jobs whose own rows are read, where an index row has no copy of them.
LOOKED_AT = 200
AT_ONCE = 8


@dataclass(kw_only=True)
class GroupCauses:
    """Group late and failed jobs by cause.

    Attributes:
        jobs: Reads jobs of which the index has no copy.
        index: Lists them.
        marks: Keep what was found.
        settings: Buckets, margin, and how long the sweep leaves a job to its message.
        clock: The service's time.
        kinds: Returns the types to look at.
        pool: Makes threads that read side by side.
    """

    jobs: JobStore
    index: JobIndex
    marks: Marks
    settings: Settings
    clock: ServerClock
    kinds: Callable[[], Sequence[str]]
    pool: Pools

    def group(self) -> CauseGroups:
        """Return what anybody has found less than a minute ago, or look: late jobs, and failures of the last day.

        Costs: 1 read; where it looks, also those of ``kinds``, 2 queries for each type and bucket, 1 more for each
        1,000 rows beyond the first of these, up to ``MOST`` rows of live jobs and as many of failed ones, 1 read for
        each job without a copy, up to ``LOOKED_AT``, and 1 transaction.
        """
        return once_a_minute(self.marks, self.clock, MARK, read=CauseGroups.of, count=self._look)

    def _look(self, now: datetime) -> CauseGroups:
        edge, since = late_before(now, grace=self.settings.grace), now - LATELY
        places = list(product(self.kinds(), range(self.settings.job_buckets)))
        with self.pool(AT_ONCE, MARK) as pool:
            live, all_live = read_within(
                [self._live(*place) for place in places], pool, first=FIRST, most=MOST, goes_on=lambda at: at.at <= edge
            )
            failed, all_failed = read_within(
                [self._failed(*place, since) for place in places], pool, first=PAGE, most=MOST, goes_on=lambda _: True
            )
            late = [at for at in chain.from_iterable(live) if at.at <= edge]
            rows, unread = self._rows([*late, *chain.from_iterable(failed)], pool)
        found = [*self._late(late, rows, now, edge), *_failures(chain.from_iterable(failed), rows)]
        return group(found, now=now, complete=all_live and all_failed and not unread)

    def _live(self, kind: str, bucket: int) -> Read:
        return lambda after, limit: self.index.live(kind, bucket, after=after, limit=limit, with_copies=True)

    def _failed(self, kind: str, bucket: int, since: datetime) -> Read:
        return lambda after, limit: self.index.ended(
            kind, bucket, State.FAILED, after=after, ended_from=since, ended_to=None, limit=limit
        )

    def _rows(self, found: Sequence[Position], pool: Executor) -> tuple[dict[str, Row | JobCopy], int]:
        """Return jobs by their ids, and how many were not read: there are too many without a copy."""
        rows: dict[str, Row | JobCopy] = {at.job_id: at.copy for at in found if at.copy is not None}
        bare = [at.job_id for at in found if at.copy is None]
        for row, _ in pool.map(lambda job_id: try_read(self.jobs, job_id), bare[:LOOKED_AT]):
            rows |= {} if row is None else {row.job.id: row}
        return rows, len(bare[LOOKED_AT:])

    def _late(
        self, found: Iterable[Position], rows: dict[str, Row | JobCopy], now: datetime, edge: datetime
    ) -> Iterator[LateJob]:
        """Judge jobs that are late; what has moved on meanwhile, or can't be read, is left out."""
        for at in found:
            row = rows.get(at.job_id)
            if row is not None and row.job.due is not None and row.job.due <= edge:
                cause = cause_of(row.job, modified_at=row.modified_at, margin=self.settings.margin, now=now)
                yield LateJob(at.job_id, row.job.type, cause, None, row.job.due)


def _failures(found: Iterable[Position], rows: dict[str, Row | JobCopy]) -> Iterator[LateJob]:
    """Return failed jobs with their codes; what has moved on meanwhile, or can't be read, is left out."""
    for at in found:
        row = rows.get(at.job_id)
        if row is not None and row.job.state is State.FAILED:
            code = None if row.job.error is None else row.job.error.code
            yield LateJob(at.job_id, row.job.type, Cause.FAILED, code, at.at)
