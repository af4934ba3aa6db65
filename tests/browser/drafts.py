"""Rows as the store writes them, kept in memory and copied to a storage service in one go."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient, UpdateMode

from shared.clock import ServerClock
from shared.ports.jobs import JobStore
from shared.storage.batches import Operation
from shared.storage.job_table import JobTable
from shared.storage.retries import RetryPolicy

#: Operations of one transaction at most (Azure Tables).
_TOGETHER = 100


class DraftTable:
    """A table as far as writes of the job store go. Nobody else writes to it: conditions are not looked at."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], dict[str, Any]] = {}

    def jobs(self, clock: ServerClock, *, buckets: int) -> JobStore:
        """Return the store that writes here."""
        table = cast("TableClient", self)
        return JobTable(table, buckets=buckets, clock=clock, retry=RetryPolicy(), draw=lambda: "0" * 32)

    def get_entity(self, partition: str, row_key: str, **_: object) -> dict[str, Any]:
        """Read a row."""
        try:
            return self._rows[partition, row_key]
        except KeyError:
            raise ResourceNotFoundError from None

    def submit_transaction(self, operations: Sequence[Operation], **_: object) -> list[Mapping[str, Any]]:
        """Write rows."""
        for operation in operations:
            kind, columns = operation[0], dict(operation[1])
            options = operation[2] if len(operation) > 2 else {}
            at = (columns["PartitionKey"], columns["RowKey"])
            if kind == "delete":
                del self._rows[at]
            elif kind != "create" and options.get("mode") is not UpdateMode.REPLACE:
                self._rows[at] |= columns
            else:
                assert kind != "create" or at not in self._rows, at
                self._rows[at] = columns
        return [{"etag": "draft"} for _ in operations]

    def copy(self, table: TableClient) -> None:
        """Write all rows into an empty table."""
        places = defaultdict[str, list[Operation]](list)
        for (partition, _), columns in self._rows.items():
            places[partition].append(("upsert", columns))
        for transaction in _transactions(places):
            table.submit_transaction(transaction)


def _transactions(places: Mapping[str, list[Operation]]) -> Iterator[list[Operation]]:
    for operations in places.values():
        for at in range(0, len(operations), _TOGETHER):
            yield operations[at : at + _TOGETHER]
