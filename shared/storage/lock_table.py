"""``LockStore`` on Azure Table Storage: one row a lock, which stays so that its token only grows."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.clock import ServerClock
from shared.errors import RowDamaged
from shared.ports.locks import LockRow
from shared.rules.locks import Lock, key
from shared.storage import cas, sdk_errors
from shared.storage.batches import Operation
from shared.storage.columns import Columns
from shared.storage.retries import RetryPolicy, create_table, read_limits
from shared.storage.server_date import ReplyDate

_PARTITION = "lock"


class LockTable:
    """The table of locks.

    Args:
        table: Client of the table.
        clock: The service's time.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.
    """

    def __init__(self, table: TableClient, *, clock: ServerClock, retry: RetryPolicy, draw: Callable[[], str]) -> None:
        self._table = table
        self._clock = clock
        self._retry = retry
        self._draw = draw

    def create(self) -> None:
        """Create the table where it is missing. Costs: 1 transaction."""
        create_table(self._table, self._retry)

    def get(self, name: str, *, timeout: timedelta | None = None) -> LockRow | None:
        """See ``LockStore.get``."""
        reply, limits = ReplyDate(), read_limits(timeout)
        with sdk_errors.as_outages():
            try:
                entity = self._table.get_entity(_PARTITION, key(name), raw_response_hook=reply, **limits)
            except ResourceNotFoundError:
                return None
        return LockRow(_lock(name, entity), reply.etag(entity), reply.modified_at(entity), reply.date)

    def list(self, names: Sequence[str]) -> dict[str, LockRow]:
        """See ``LockStore.list``."""
        reply, keys = ReplyDate(), {key(name): name for name in names}
        parameters = {"place": _PARTITION, **{f"key{number}": each for number, each in enumerate(keys)}}
        either = " or ".join(f"RowKey eq @key{number}" for number in range(len(keys)))
        # The SDK finds a parameter between spaces alone.
        rows: dict[str, LockRow] = {}
        with sdk_errors.as_outages():
            try:
                for entity in self._table.query_entities(
                    f"PartitionKey eq @place and ( {either} )", parameters=parameters, raw_response_hook=reply
                ):
                    name = keys[entity["RowKey"]]
                    with suppress(RowDamaged):
                        lock = _lock(name, entity)
                        rows[name] = LockRow(lock, reply.etag(entity), reply.modified_at(entity), reply.date)
            except ResourceNotFoundError:
                return {}
        return rows

    def insert(self, lock: Lock) -> LockRow:
        """See ``LockStore.insert``."""
        columns = self._columns(lock)
        guard = cas.GuardRow(_PARTITION, columns["RowKey"], None, columns["nonce"])
        return self._row(lock, self._transact(("create", columns), guard))

    def replace(self, row: LockRow, lock: Lock, *, timeout: timedelta | None = None) -> LockRow:
        """See ``LockStore.replace``."""
        columns = self._columns(lock)
        options = {"mode": UpdateMode.REPLACE, **cas.if_match(row.etag)}
        guard = cas.GuardRow(_PARTITION, columns["RowKey"], row.etag, columns["nonce"])
        return self._row(lock, self._transact(("update", columns, options), guard, timeout))

    def _transact(self, operation: Operation, guard: cas.GuardRow, timeout: timedelta | None = None) -> str:
        create = self.create if guard.etag is None else None
        return cas.transact(self._table, [operation], guard, retry=self._retry, timeout=timeout, create=create)

    def _columns(self, lock: Lock) -> dict[str, Any]:
        columns = {
            "PartitionKey": _PARTITION,
            "RowKey": key(lock.name),
            "owner": lock.owner,
            "token": lock.token,
            "lease_seconds": lock.lease.total_seconds(),
            "done_at": lock.done_at,
            "nonce": self._draw(),
        }
        return {name: value for name, value in columns.items() if value is not None}

    def _row(self, lock: Lock, etag: str) -> LockRow:
        now = self._clock.now()
        return LockRow(lock, etag, modified_at=now, seen_at=now)


def _lock(name: str, entity: Mapping[str, Any]) -> Lock:
    """Read a lock's row."""
    columns = Columns(entity)
    return Lock(
        name=name,
        owner=columns.text("owner"),
        token=columns.whole("token"),
        lease=columns.need_span("lease_seconds"),
        done_at=columns.moment("done_at"),
    )
