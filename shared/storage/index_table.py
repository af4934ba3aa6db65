"""``JobIndex`` on Azure Table Storage: queries within one partition that go by RowKey; and the rows of types.

RowKeys compare as strings, so a list continues behind the last key that it gave, even if that row is gone.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, TableEntity, UpdateMode

from shared.errors import Lost, RowDamaged, Undecided, Unreadable
from shared.ports.index import ENDED, LIVE, AttemptRecord, KnownType, Position, Standing
from shared.ports.jobs import JobCopy, Key, Row
from shared.rules.ids import TYPE, job_id
from shared.rules.jobs import State
from shared.storage import cas, codec, copies, index_rows, row_keys, sdk_errors
from shared.storage.batches import Operation
from shared.storage.ended_table import FIRST
from shared.storage.retries import RetryPolicy, create_table
from shared.storage.server_date import ReplyDate

Read = TypeVar("Read")

_META = "meta"
#: Columns of index rows.
_WITHOUT_COPY = ("RowKey", "running")
_WITHOUT_COPY_ENDED = ("RowKey", "started")
_WITH_COPY = (*_WITHOUT_COPY, "started", "Timestamp", "copy")
#: Writes of one row that others meet this often in a row are no accident.
_ROUNDS = 5
#: Milliseconds of a RowKey have 13 digits, which lasts until 2286.
LAST = datetime(2200, 1, 1, tzinfo=UTC)
#: Digits at the end of a job id that stand for the version.
_VERSION_DIGITS = 16
#: Sorts behind every character of a key.
_BEHIND = "~"


class IndexTable:
    """The index rows in the job table.

    Args:
        table: Client of the table.
        buckets: Partitions a type.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
    """

    def __init__(self, table: TableClient, *, buckets: int, retry: RetryPolicy, draw: Callable[[], str]) -> None:
        self._table = table
        self._buckets = buckets
        self._retry = retry
        self._draw = draw

    def live(
        self, kind: str, bucket: int, *, after: Position | None, limit: int, with_copies: bool = False
    ) -> list[Position]:
        """See ``JobIndex.live``."""
        select, span = _WITH_COPY if with_copies else _WITHOUT_COPY, _span(index_rows.prefix(None), after)
        rows = self._rows(row_keys.partition_of(kind, bucket), *span, select=select, page=limit)
        return _some(rows, partial(index_rows.position, LIVE), limit)

    def ended(
        self,
        kind: str,
        bucket: int,
        state: State,
        *,
        after: Position | None,
        ended_from: datetime | None,
        ended_to: datetime | None,
        limit: int,
        with_copies: bool = True,
    ) -> list[Position]:
        """See ``JobIndex.ended``."""
        first, last = _span(index_rows.prefix(state), after)
        if ended_to is not None:  # keys run backwards: behind all that ended in the millisecond of ``ended_to``
            first = max(first, row_keys.end_key(state, _clamp(ended_to), _BEHIND))
        if ended_from is not None:
            last = row_keys.end_key(state, _clamp(ended_from), _BEHIND)
        select = _WITH_COPY if with_copies else _WITHOUT_COPY_ENDED
        rows = self._rows(row_keys.partition_of(kind, bucket), first, last, select=select, page=limit)
        return _some(rows, partial(index_rows.position, ENDED), limit)

    def standings(
        self,
        kind: str,
        bucket: int,
        *,
        group: State | None,
        after: Position | None,
        limit: int,
        with_copies: bool = False,
    ) -> list[Standing]:
        """See ``JobIndex.standings``."""
        select, (first, _) = _WITH_COPY if with_copies else _WITHOUT_COPY, _span(index_rows.prefix(group), after)
        rows = self._rows(row_keys.partition_of(kind, bucket), first, f"end:{_BEHIND}", select=select, page=limit)
        return _some(rows, index_rows.standing, limit)

    def of_ref(self, kind: str, ref: str, *, after: str | None, limit: int) -> list[Row]:
        """See ``JobIndex.of_ref``."""
        identity = job_id(kind, ref, "")
        stem = identity[:-_VERSION_DIGITS]
        names = {"place": row_keys.partition(identity, self._buckets), "ref": ref}
        names |= {"first": row_keys.job_key(after or stem), "last": row_keys.job_key(f"{stem}{_BEHIND}")}
        condition = "PartitionKey eq @place and RowKey gt @first and RowKey lt @last and ref eq @ref"
        return self._jobs(condition, names, limit)

    def jobs(self, kind: str, bucket: int, *, first: str, last: str, limit: int) -> list[JobCopy]:
        """See ``JobIndex.jobs``."""
        names = {
            "place": row_keys.partition_of(kind, bucket),
            "first": row_keys.job_key(first),
            "last": row_keys.job_key(last),
        }
        condition = "PartitionKey eq @place and RowKey ge @first and RowKey le @last"
        columns = [name for name in codec.JOB_COLUMNS if name not in copies.LEFT_OUT]
        rows = self._jobs(condition, names, limit, select=["PartitionKey", "RowKey", "Timestamp", *columns])
        return [JobCopy(row.job, row.modified_at) for row in rows]

    def keys(self, kind: str, bucket: int, *, after: str | None, limit: int) -> list[Key]:
        """See ``JobIndex.keys``."""
        first, last = _key_row(after or ""), _key_row(_BEHIND)
        rows = self._rows(row_keys.partition_of(kind, bucket), first, last, select=None, page=limit)
        return _some(rows, lambda row: codec.decode_key(row, etag=ReplyDate.etag(row)), limit)

    def key_of(self, kind: str, image_id: str) -> Key | None:
        """See ``JobIndex.key_of``."""
        place = row_keys.partition(f"{kind}-{image_id}", self._buckets)
        with sdk_errors.as_outages():
            try:
                row = self._table.get_entity(place, _key_row(image_id))
            except ResourceNotFoundError:
                return None
        return codec.decode_key(row, etag=ReplyDate.etag(row))

    def attempts(self, job_id: str) -> list[AttemptRecord]:
        """See ``JobIndex.attempts``."""
        place, first = row_keys.partition(job_id, self._buckets), f"try:{job_id}:"
        return _some(self._rows(place, first, f"{first}{_BEHIND}", select=None, page=None), index_rows.attempt, None)

    def types(self) -> list[str]:
        """See ``JobIndex.types``."""
        rows = self._rows(_META, _type_row(""), _type_row(_BEHIND), select=["RowKey"], page=None)
        return _some(rows, _type, None)

    def insert_type(self, kind: str) -> None:
        """See ``JobIndex.insert_type``."""
        for _ in range(_ROUNDS):
            columns = {"PartitionKey": _META, "RowKey": _type_row(kind), "nonce": self._draw()}
            guard = cas.GuardRow(_META, columns["RowKey"], None, columns["nonce"])
            over = ("upsert", columns, {"mode": UpdateMode.REPLACE})
            # A reply was lost, and the row is not this write's: an older one's, or another's that was as late.
            with suppress(Lost):
                self._upsert(over, guard)
                return
        raise Undecided(f"type:{kind}: others were first {_ROUNDS} times")

    def _upsert(self, operation: Operation, guard: cas.GuardRow) -> None:
        create = partial(create_table, self._table, self._retry)
        cas.transact(self._table, [operation], guard, retry=self._retry, create=create)

    def quiet_types(self, quiet: timedelta) -> list[KnownType]:
        """See ``JobIndex.quiet_types``."""
        reply = ReplyDate()
        names = {"place": _META, "first": _type_row(""), "last": _type_row(_BEHIND)}
        condition = "PartitionKey eq @place and RowKey gt @first and RowKey lt @last"
        with sdk_errors.as_outages():
            try:
                rows = list(
                    self._table.query_entities(
                        condition, parameters=names, select=["RowKey", "Timestamp"], raw_response_hook=reply
                    )
                )
            except ResourceNotFoundError:
                return []
        before = [row for row in rows if reply.date - ReplyDate.modified_at(row) >= quiet]
        return _some((row for row in before), lambda row: KnownType(_type(row), ReplyDate.etag(row)), None)

    def has_jobs(self, kind: str, bucket: int) -> bool:
        """See ``JobIndex.has_jobs``."""
        place = row_keys.partition_of(
            kind, bucket
        )  # due:, end: and job: sort in front of the rows of keys and attempts
        return next(self._rows(place, "", "key:", select=["RowKey"], page=1), None) is not None

    def delete_type(self, known: KnownType) -> None:
        """See ``JobIndex.delete_type``."""
        row_key = _type_row(known.kind)
        options = cas.if_match(known.etag)
        guard = cas.GuardRow(_META, row_key, known.etag, "")
        operation = ("delete", {"PartitionKey": _META, "RowKey": row_key}, options)
        cas.transact(self._table, [operation], guard, retry=self._retry)

    def _jobs(
        self, condition: str, names: Mapping[str, str], limit: int, select: Sequence[str] | None = None
    ) -> list[Row]:
        """Read so many jobs; for one that can't be read another one is read."""
        found, reply = list[Row](), ReplyDate()
        options = {} if select is None else {"select": list(select)}
        with sdk_errors.as_outages():
            try:
                for row in self._table.query_entities(
                    condition, parameters=dict(names), results_per_page=limit, raw_response_hook=reply, **options
                ):
                    with suppress(Unreadable):
                        found.append(_job(row, reply))
                    if len(found) == limit:
                        break
            except ResourceNotFoundError:
                return []
        return found

    def _rows(
        self, place: str, first: str, last: str, *, select: Sequence[str] | None, page: int | None
    ) -> Iterator[TableEntity]:
        """Read rows of a partition between two keys, both left out; a page without rows is not the end."""
        names = {"place": place, "first": first, "last": last}
        condition = "PartitionKey eq @place and RowKey gt @first and RowKey lt @last"
        with sdk_errors.as_outages():
            try:
                yield from self._table.query_entities(
                    condition, parameters=names, select=None if select is None else list(select), results_per_page=page
                )
            except ResourceNotFoundError:
                return


def _some(rows: Iterator[TableEntity], read: Callable[[TableEntity], Read], limit: int | None) -> list[Read]:
    """Read so many rows, or all. For a row that can't be read another one is read."""
    found: list[Read] = []
    with closing(rows):  # type: ignore[type-var] # a generator
        for row in rows:
            with suppress(Unreadable):
                found.append(read(row))
            if len(found) == limit:
                break
    return found


def _span(prefix: str, after: Position | None) -> tuple[str, str]:
    """Return the keys between which a list goes on."""
    behind = "" if after is None else f"{after.ms:013d}:{after.job_id}"
    return f"{prefix}{behind}", f"{prefix}{_BEHIND}"


def _type(row: TableEntity) -> str:
    kind = str(row["RowKey"].partition(":")[2])
    if not TYPE.fullmatch(kind):
        raise RowDamaged("the key of a type's row has no type")
    return kind


def _clamp(moment: datetime) -> datetime:
    """Return the moment nearest to one that a key can tell; no job has ended elsewhere."""
    return min(max(moment, FIRST), LAST)


def _key_row(digest: str) -> str:
    return f"key:{digest}"


def _type_row(kind: str) -> str:
    return f"type:{kind}"


def _job(row: TableEntity, reply: ReplyDate) -> Row:
    return codec.decode(row, etag=ReplyDate.etag(row), modified_at=ReplyDate.modified_at(row), seen_at=reply.date)
