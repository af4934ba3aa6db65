"""``JobStore`` on Azure Table Storage: every transition is one entity group transaction under the job row's ETag."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.clock import ServerClock
from shared.errors import ContentRefused, Duplicate, KeyTaken, Lost, OneRefused, SettingsInvalid
from shared.ports.jobs import Key, Row
from shared.rules.due import Due
from shared.rules.ids import JOB_ID, job_id
from shared.rules.jobs import Event, Job, Move
from shared.storage import cas, codec, row_keys, sdk_errors
from shared.storage.batches import Operation
from shared.storage.retries import RetryPolicy, create_table, read_limits
from shared.storage.server_date import ReplyDate

_META = "meta"
_BUCKETS = "buckets"
#: An attempt has one worker; more than so many writers of one row at once are no accident.
_NOTES = 5


class JobTable:
    """The job table.

    Args:
        table: Client of the table.
        buckets: Partitions a type; the table remembers the number of its first write and refuses another.
        clock: The service's time.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
    """

    def __init__(
        self, table: TableClient, *, buckets: int, clock: ServerClock, retry: RetryPolicy, draw: Callable[[], str]
    ) -> None:
        self._table = table
        self._buckets = buckets
        self._clock = clock
        self._retry = retry
        self._draw = draw
        self._buckets_agree = False

    def create(self) -> None:
        """Create the table where it is missing, and hold its number of buckets. Costs: 2 transactions."""
        create_table(self._table, self._retry)
        self._check_buckets(begin=True)

    def check(self) -> None:
        """Refuse a table that was begun with another number of buckets. Costs: 1 read a process.

        Raises:
            SettingsInvalid: It was.
        """
        self._check_buckets(begin=False)

    def get(self, job_id: str, *, timeout: timedelta | None = None) -> Row | None:
        """See ``JobStore.get``."""
        self._check_buckets(begin=False)
        reply = ReplyDate()
        entity = self._read(row_keys.partition(job_id, self._buckets), row_keys.job_key(job_id), reply, timeout)
        if entity is None:
            return None
        return codec.decode(entity, etag=reply.etag(entity), modified_at=reply.modified_at(entity), seen_at=reply.date)

    def key(self, kind: str, ref: str) -> Key | None:
        """See ``JobStore.key``."""
        reply = ReplyDate()
        place = row_keys.partition(job_id(kind, ref, ""), self._buckets)
        entity = self._read(place, row_keys.ref_key(kind, ref), reply)
        return None if entity is None else codec.decode_key(entity, etag=reply.etag(entity))

    def insert(self, move: Move, *, over: Key | None = None, superseded: tuple[Row, Move] | None = None) -> Row:
        """See ``JobStore.insert``."""
        self._check_buckets(begin=True)
        job, nonce = move.job, move.job.add_nonce
        place = row_keys.partition(job.id, self._buckets)
        operations = _additions(job, place=place, over=over)
        if superseded is not None:
            operations += _operations(*superseded, place=place, nonce=nonce)
        row_key = row_keys.job_key(job.id)
        guard = cas.GuardRow(place, row_key, None, nonce, (row_key, "add_nonce"))
        try:
            return self._row(move, self._transact(operations, guard))
        except Lost as lost:
            if lost.row_key == row_key:
                raise Duplicate(job.id) from lost
            if lost.row_key == row_keys.ref_key(job.type, job.ref):
                raise KeyTaken(job.ref) from lost
            raise

    def insert_many(self, moves: Sequence[Move]) -> None:
        """See ``JobStore.insert_many``."""
        self._check_buckets(begin=True)
        jobs = [move.job for move in moves]
        ((place, nonce),) = {(row_keys.partition(job.id, self._buckets), job.add_nonce) for job in jobs}
        operations = [operation for job in jobs for operation in _additions(job, place=place, over=None)]
        row_key = row_keys.job_key(jobs[0].id)
        try:
            self._transact(operations, cas.GuardRow(place, row_key, None, nonce, (row_key, "add_nonce")))
        except (Lost, ContentRefused) as refusal:
            refused = next((job.id for job in jobs if refusal.row_key in _row_keys(job)), None)
            if refused is None:
                raise
            raise OneRefused(refused) from refusal

    def replace(
        self,
        row: Row,
        move: Move,
        *,
        over: Key | None = None,
        keyed: bool = False,
        superseded: tuple[Row, Move] | None = None,
        timeout: timedelta | None = None,
    ) -> Row:
        """See ``JobStore.replace``."""
        nonce, place = self._draw(), row_keys.partition(row.job.id, self._buckets)
        operations = _operations(row, move, place=place, nonce=nonce)
        keyed = keyed or over is not None
        if keyed:
            operations.append(_key_operation(codec.encode_key(move.job, place=place, nonce=nonce), over))
        if superseded is not None:
            operations += _operations(*superseded, place=place, nonce=nonce)
        guard = cas.GuardRow(place, row_keys.job_key(row.job.id), row.etag, nonce, _proof(row, move, keyed=keyed))
        return self._row(move, self._transact(operations, guard, timeout))

    def refuse(self, job_id: str, token: int, *, report: str, now: datetime) -> None:
        """See ``JobStore.refuse``."""
        place, row_key = row_keys.partition(job_id, self._buckets), row_keys.try_key(job_id, token)
        for _ in range(_NOTES):
            reply = ReplyDate()
            entity = self._read(place, row_key, reply)
            if entity is None:
                return
            nonce, etag = self._draw(), reply.etag(entity)
            columns: dict[str, Any] = {"PartitionKey": place, "RowKey": row_key, "nonce": nonce}
            columns |= {"refused": entity.get("refused", 0) + 1, "refused_report": report, "refused_at": now}
            options = {"mode": UpdateMode.MERGE, **cas.if_match(etag)}
            with suppress(Lost):
                self._transact([("update", columns, options)], cas.GuardRow(place, row_key, etag, nonce))
                return

    def due(self, kind: str, bucket: int, *, before: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """See ``JobStore.due``."""
        first = "due:" if after is None else after.at
        names = {"place": row_keys.partition_of(kind, bucket), "first": first, "last": row_keys.due_key(before, "")}
        condition = "PartitionKey eq @place and RowKey gt @first and RowKey lt @last"
        with sdk_errors.as_outages():
            try:
                rows = self._table.query_entities(
                    condition, parameters=names, select=["RowKey", "flow"], results_per_page=limit
                )
                found = (codec.decode_due(row) for row in rows)
                return list(islice((due for due in found if JOB_ID.fullmatch(due.job_id)), limit))
            except ResourceNotFoundError:
                return []

    def _transact(self, operations: list[Operation], guard: cas.GuardRow, timeout: timedelta | None = None) -> str:
        create = partial(create_table, self._table, self._retry)
        return cas.transact(self._table, operations, guard, retry=self._retry, timeout=timeout, create=create)

    def _row(self, move: Move, etag: str) -> Row:
        now = self._clock.now()
        return Row(move.job, etag, modified_at=now, seen_at=now)

    def _read(self, place: str, row_key: str, reply: ReplyDate, timeout: timedelta | None = None) -> TableEntity | None:
        limits = read_limits(timeout)
        with sdk_errors.as_outages():
            try:
                return self._table.get_entity(place, row_key, raw_response_hook=reply, **limits)
            except ResourceNotFoundError:
                return None

    def _check_buckets(self, *, begin: bool) -> None:
        """Refuse to work with another number of buckets than the table was begun with.

        Args:
            begin: Whether to write the number if the table does not have it yet; a read must not.
        """
        if self._buckets_agree:
            return
        found = self._read(_META, _BUCKETS, ReplyDate())
        if found is None and not begin:
            return
        if found is None:
            nonce = self._draw()
            columns = {"PartitionKey": _META, "RowKey": _BUCKETS, "nonce": nonce, "value": self._buckets}
            try:
                self._transact([("create", columns)], cas.GuardRow(_META, _BUCKETS, None, nonce))
            except Lost:
                found = self._read(_META, _BUCKETS, ReplyDate())
        if found is not None and found["value"] != self._buckets:
            raise SettingsInvalid(
                [f"JOB_BUCKETS: must be {found['value']}, with which the table was begun, but is '{self._buckets}'"]
            )
        self._buckets_agree = True


def _additions(job: Job, *, place: str, over: Key | None) -> list[Operation]:
    """Return the operations that add a job, all of it new but a key row to be written over."""
    nonce = job.add_nonce
    keyed = [_key_operation(codec.encode_key(job, place=place, nonce=nonce), over)] if job.unique else []
    columns = codec.encode(job, place=place, nonce=nonce)
    return [("create", columns), *keyed, ("create", codec.encode_index(job, place=place, columns=columns))]


def _row_keys(job: Job) -> tuple[str, str, str]:
    """Return the keys of the rows of a new job that is unique."""
    return row_keys.job_key(job.id), row_keys.ref_key(job.type, job.ref), row_keys.index_key(job)


def _operations(row: Row, move: Move, *, place: str, nonce: str) -> list[Operation]:
    """Return the operations of one transition: the job row under its guard, and what rides with it."""
    options = {"mode": UpdateMode.REPLACE, **cas.if_match(row.etag)}
    columns = codec.encode(move.job, place=place, nonce=nonce)
    operations: list[Operation] = [("update", columns, options)]
    index, before = codec.encode_index(move.job, place=place, columns=columns), row_keys.index_key(row.job)
    if before != index["RowKey"]:
        operations += [("delete", {"PartitionKey": place, "RowKey": before}), ("create", index)]
    else:  # the service refuses to delete and create one key in one transaction
        operations.append(("upsert", index, {"mode": UpdateMode.REPLACE}))
    end = codec.encode_attempt_end(row.job, move, place=place, nonce=nonce)
    if end is not None:
        operations.append(("update", end, {"mode": UpdateMode.MERGE}))
    start = codec.encode_attempt_start(move, place=place, nonce=nonce)
    if start is not None:
        operations.append(("create", start))
    return operations


def _key_operation(columns: dict[str, Any], over: Key | None) -> Operation:
    if over is None:
        return ("create", columns)
    options = {"mode": UpdateMode.REPLACE, **cas.if_match(over.etag)}
    return ("update", columns, options)


def _proof(row: Row, move: Move, *, keyed: bool) -> tuple[str, str] | None:
    """Say where this write's nonce stays when others move the row on.

    A key row that rides along stays until a newer version is recorded, or the job is opened once more.
    """
    if keyed:
        return row_keys.ref_key(move.job.type, move.job.ref), "nonce"
    if move.event is Event.CLAIM:
        return row_keys.try_key(move.job.id, move.job.token), "claim_nonce"
    if row.job.claim is not None and move.job.claim != row.job.claim:
        return row_keys.try_key(row.job.id, row.job.token), "end_nonce"
    return None
