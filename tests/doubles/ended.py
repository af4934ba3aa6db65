"""``EndedJobs`` in memory."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from shared.errors import Lost
from shared.ports.jobs import Key, Row
from shared.rules import ids
from shared.rules.jobs import State
from shared.storage import row_keys
from tests.doubles.interceptor import Interceptor
from tests.doubles.jobs import MemoryTable

PAGE = 1000


class MemoryEnded(Interceptor):
    """The ended jobs of a table in memory.

    Args:
        table: The table's.
        buckets: Partitions a type.
        journal: As of the others.
    """

    def __init__(self, table: MemoryTable, *, buckets: int = 4, journal: list[str] | None = None) -> None:
        super().__init__("ended", journal)
        self._table = table
        self._buckets = buckets

    def ended(self, kind: str, bucket: int, state: State, *, before: datetime) -> Iterator[list[str]]:
        """See ``EndedJobs.ended``."""
        self.enter("ended")
        found = sorted(
            (row.job.ended, row.job.id)
            for row in self._table.jobs.values()
            if (row.job.type, ids.bucket(row.job.id, self._buckets), row.job.state) == (kind, bucket, state)
            and row.job.ended is not None
            and row.job.ended < before
        )
        for start in range(0, len(found), PAGE):
            yield [job_id for _, job_id in found[start : start + PAGE]]

    def purge(self, jobs: Sequence[tuple[Row, Key | None]]) -> set[str]:
        """See ``EndedJobs.purge``."""
        self.enter("purge")
        with self._table.mutex:
            return {row.job.id for row, key in jobs if self._delete(row, key)}

    def forget(self, key: Key) -> None:
        """See ``EndedJobs.forget``."""
        self.enter("forget")
        with self._table.mutex:
            stands = self._table.keys.get((key.type, key.ref))
            if stands is None:
                return
            if stands.etag != key.etag:
                raise Lost(row_keys.ref_key(key.type, key.ref))
            del self._table.keys[key.type, key.ref]

    def _delete(self, row: Row, key: Key | None) -> bool:
        table, job = self._table, row.job
        stands = table.jobs.get(job.id)
        if stands is None:
            return True
        if stands.etag != row.etag or (key is not None and table.keys[job.type, job.ref].etag != key.etag):
            return False
        del table.jobs[job.id]
        for at in [at for at in table.attempts if at[0] == job.id]:
            del table.attempts[at]
        if key is not None:
            noted = replace(key, etag=f'"{next(table.etags)}"', state=job.state, ended=job.ended)
            table.keys[job.type, job.ref] = noted
        return True
