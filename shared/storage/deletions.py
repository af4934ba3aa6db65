"""Plain rows that are deleted as they were read, up to a hundred in one transaction."""

from collections.abc import Callable, Mapping

from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import TableClient

from shared.errors import Lost
from shared.storage import cas, sdk_errors
from shared.storage.batches import Operation
from shared.storage.retries import RetryPolicy


def delete_as_read(
    table: TableClient, partition: str, rows: Mapping[str, str], *, retry: RetryPolicy, draw: Callable[[], str]
) -> int:
    """Delete rows of one partition; one that has moved on is kept, and keeps no other from being deleted.

    Args:
        table: Where they stand.
        partition: Their PartitionKey.
        rows: ETags by RowKey; at most 100.
        retry: How long to send a write again that is not decided.
        draw: Returns a new nonce.

    Returns:
        How many are gone: by this call, or by another's.

    Costs: 1 transaction; 1 more, and a read, for each that has moved on.
    """
    standing, gone = dict(rows), 0
    while standing:
        deletes: list[Operation] = [
            ("delete", {"PartitionKey": partition, "RowKey": row_key}, cas.if_match(etag))
            for row_key, etag in standing.items()
        ]
        first = next(iter(standing))
        try:
            cas.transact(table, deletes, cas.GuardRow(partition, first, standing[first], draw()), retry=retry)
        except Lost as lost:
            del standing[lost.row_key]
            gone += _is_gone(table, partition, lost.row_key)  # by a write whose reply was lost, or by another's
        else:
            return gone + len(standing)
    return gone


def _is_gone(table: TableClient, partition: str, row_key: str) -> bool:
    with sdk_errors.as_outages():
        try:
            table.get_entity(partition, row_key, select=["RowKey"])
        except ResourceNotFoundError:
            return True
    return False
