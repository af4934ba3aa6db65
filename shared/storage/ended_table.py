"""``EndedJobs`` on Azure Table Storage: the list of ended jobs, and transactions that take many of them away.

Every crash is harmless by this order: a job's row, end row, attempts and the note in its key row go in one transaction,
so that none of them is ever left without the others. Only a job with more attempts than fit loses some before that, the
oldest first. Each cut takes their number off the job row in the same transaction, If-Match, so the row counts its
attempts at every moment. The attempt that completed the job is its last, and goes with it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.errors import ContentRefused, Lost
from shared.ports.jobs import Key, Row
from shared.rules.jobs import Job, State
from shared.storage import cas, codec, row_keys, sdk_errors
from shared.storage.batches import Operation
from shared.storage.retries import RetryPolicy

#: No job is older: Darkroom is not.
FIRST = datetime(2000, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_MILLISECOND = timedelta(milliseconds=1)
#: Operations in one transaction (Azure Tables, entity group transactions).
_AT_ONCE = 100
#: Attempts that go in the transaction of their job; beside them stand job row, end row and key row.
_ATTEMPTS_AT_ONCE = 90

Going = dict[str, list[Operation]]


class EndedTable:
    """Ended jobs in the job table.

    Args:
        table: Client of the table.
        buckets: Partitions a type.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
        page: Ids read at once; the service gives no more than 1,000.
    """

    def __init__(
        self, table: TableClient, *, buckets: int, retry: RetryPolicy, draw: Callable[[], str], page: int = 1000
    ) -> None:
        self._table = table
        self._buckets = buckets
        self._retry = retry
        self._draw = draw
        self._page = page

    def ended(self, kind: str, bucket: int, state: State, *, before: datetime) -> Iterator[list[str]]:
        """See ``EndedJobs.ended``."""
        if before > FIRST:
            yield from self._between(row_keys.partition_of(kind, bucket), state, FIRST, before)

    def purge(self, jobs: Sequence[tuple[Row, Key | None]]) -> set[str]:
        """See ``EndedJobs.purge``."""
        going: Going = {}
        for row, key in jobs:
            operations = self._operations(row, key)
            if operations is not None:
                going[row.job.id] = operations
        gone: set[str] = set()
        for batch in _batches(going):
            gone |= self._delete_batch(batch)
        return gone

    def forget(self, key: Key) -> None:
        """See ``EndedJobs.forget``."""
        place = row_keys.partition(key.job_id, self._buckets)
        operations = [_delete(place, row_keys.ref_key(key.type, key.ref), etag=key.etag)]
        try:
            cas.transact(self._table, operations, _guard_row(operations), retry=self._retry)
        except Lost:
            if not self._absent(operations[0]):  # it is gone: by a write whose reply was lost, or by another's
                raise

    def _between(self, place: str, state: State, since: datetime, before: datetime) -> Iterator[list[str]]:
        """List ends of a span. Keys run backwards: so a span that fills a page is halved, and its older half is first.

        A span of a day is read to its end, however much it holds.
        """
        pages = self._pages(
            place, row_keys.end_key(state, before - _MILLISECOND, ""), row_keys.end_key(state, since, "~")
        )
        page = next(pages, [])
        if len(page) == self._page and before - since > _DAY:
            middle = since + (before - since) // _MILLISECOND // 2 * _MILLISECOND
            yield from self._between(place, state, since, middle)
            yield from self._between(place, state, middle, before)
            return
        yield page[::-1]
        for further in pages:
            yield further[::-1]

    def _pages(self, place: str, first: str, last: str) -> Iterator[list[str]]:
        names = {"place": place, "first": first, "last": last}
        condition = "PartitionKey eq @place and RowKey ge @first and RowKey lt @last"
        with sdk_errors.as_outages():
            try:
                rows = self._table.query_entities(
                    condition, parameters=names, select=["RowKey"], results_per_page=self._page
                )
                for page in rows.by_page():
                    yield row_keys.jobs_of_index(page)
            except ResourceNotFoundError:
                return

    def _operations(self, row: Row, key: Key | None) -> list[Operation] | None:
        """Return what takes one job away; None when it has moved on while it was cut down."""
        attempts = self._attempts(row.job)
        try:
            while len(attempts) > _ATTEMPTS_AT_ONCE:
                row, attempts = self._cut(row, attempts[:_ATTEMPTS_AT_ONCE]), attempts[_ATTEMPTS_AT_ONCE:]
        except (Lost, cas.IndexBroken, ContentRefused):
            return None
        job, place = row.job, row_keys.partition(row.job.id, self._buckets)
        operations = [_delete(place, row_keys.job_key(job.id), etag=row.etag)]
        if key is not None:
            columns = codec.encode_key(job, place=place, nonce=self._draw(), purged=True)
            operations.append(("update", columns, {"mode": UpdateMode.MERGE, **cas.if_match(key.etag)}))
        return [*operations, *(_delete(place, row_key) for row_key in (row_keys.index_key(job), *attempts))]

    def _attempts(self, job: Job) -> list[str]:
        """Return the keys of a job's attempts, the oldest first.

        Attempts and token both grow by one at a claim, and the token alone at an end from outside. So while they are
        equal the attempts are those of the tokens from 1 on, and nothing has to be read.
        """
        if job.attempts == job.token:
            return [row_keys.try_key(job.id, token) for token in range(1, job.token + 1)]
        place = row_keys.partition(job.id, self._buckets)
        names = {"place": place, "first": row_keys.try_key(job.id, 0), "last": row_keys.try_key(job.id, job.token + 1)}
        condition = "PartitionKey eq @place and RowKey ge @first and RowKey lt @last"
        with sdk_errors.as_outages():
            return [row["RowKey"] for row in self._table.query_entities(condition, parameters=names, select=["RowKey"])]

    def _cut(self, row: Row, attempts: list[str]) -> Row:
        """Delete some attempts and take their number off the job row."""
        job, nonce, place = row.job, self._draw(), row_keys.partition(row.job.id, self._buckets)
        count = len(attempts)
        cut = replace(job, attempts=job.attempts - count, attempts_base=max(0, job.attempts_base - count))
        columns: dict[str, Any] = {"PartitionKey": place, "RowKey": row_keys.job_key(job.id), "nonce": nonce}
        columns |= {"attempts": cut.attempts, "attempts_base": cut.attempts_base}
        operations: list[Operation] = [("update", columns, {"mode": UpdateMode.MERGE, **cas.if_match(row.etag)})]
        bare = {"PartitionKey": place, "RowKey": row_keys.index_key(job)}  # without its copy, which counts them all
        operations.append(("upsert", bare, {"mode": UpdateMode.REPLACE}))
        operations += [_delete(place, row_key) for row_key in attempts]
        guard = cas.GuardRow(place, row_keys.job_key(job.id), row.etag, nonce)
        return replace(row, job=cut, etag=cas.transact(self._table, operations, guard, retry=self._retry))

    def _delete_batch(self, batch: Going) -> set[str]:
        """Delete jobs together; one that has moved on is left out, and the rest is sent again."""
        gone: set[str] = set()
        while batch:
            operations = [operation for each in batch.values() for operation in each]
            try:
                cas.transact(self._table, operations, _guard_row(operations), retry=self._retry)
            except Lost as lost:
                against = _whose(batch, lost.row_key)
            except cas.IndexBroken as broken:
                against = _whose(batch, str(broken))
            except ContentRefused:
                return gone | self._apart(batch)
            else:
                return gone | batch.keys()
            if self._absent(batch.pop(against)[0]):  # by a reply that was lost, or by another's purge: it is gone
                gone.add(against)
        return gone

    def _apart(self, batch: Going) -> set[str]:
        """Delete jobs one by one, when storage refuses what a batch would write; one job is passed over."""
        if len(batch) == 1:
            return set()
        return {each for job_id, operations in batch.items() for each in self._delete_batch({job_id: operations})}

    def _absent(self, operation: Operation) -> bool:
        at = operation[1]
        with sdk_errors.as_outages():
            try:
                self._table.get_entity(at["PartitionKey"], at["RowKey"], select=["RowKey"])
            except ResourceNotFoundError:
                return True
        return False


def _batches(going: Going) -> Iterator[Going]:
    """Pack whole jobs into as few transactions as hold them."""
    batch: Going = {}
    room = _AT_ONCE
    for job_id, operations in going.items():
        if len(operations) > room:
            yield batch
            batch, room = {}, _AT_ONCE
        batch[job_id] = operations
        room -= len(operations)
    if batch:
        yield batch


def _guard_row(operations: Sequence[Operation]) -> cas.GuardRow:
    """Choose the row that tells, after a lost reply, whether all was applied.

    A key row stays, with this write's nonce in it. Without one, a job row must do: if it is absent, the
    write is Lost for that job, and its absence is the answer.
    """
    first = operations[0]
    operation = next((found for found in operations if found[0] == "update"), first)
    columns, options = operation[1], operation[2]  # type: ignore[misc] # both are guarded
    return cas.GuardRow(columns["PartitionKey"], columns["RowKey"], options["etag"], columns.get("nonce", ""))


def _whose(batch: Going, row_key: str) -> str:
    return next(job_id for job_id, each in batch.items() if any(op[1]["RowKey"] == row_key for op in each))


def _delete(place: str, row_key: str, *, etag: str | None = None) -> Operation:
    at = {"PartitionKey": place, "RowKey": row_key}
    return ("delete", at) if etag is None else ("delete", at, cas.if_match(etag))
