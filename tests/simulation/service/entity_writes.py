"""Writes of rows: each alone, or taken back with the others of its transaction."""

from collections.abc import Mapping
from urllib.parse import quote

from tests.simulation.service import batches
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.entities import (
    NONE,
    Order,
    Property,
    Row,
    check_key,
    check_sizes,
    make_row,
    order_of,
    properties_of,
)
from tests.simulation.service.exchange import Refusal, Reply
from tests.simulation.service.payloads import (
    Payload,
    body_too_large,
    check_condition,
    entity_of,
    json_of,
    meet,
    metadata_of,
    missing,
    unmet,
    wrong_method,
)
from tests.simulation.service.rows import Table

ROOT = "http://127.0.0.1:10002/devstoreaccount1"
LARGEST_BODY = 4 * 1024 * 1024
_LARGEST_ENTITY = 1024 * 1024
_MERGES = ("PATCH", "MERGE")


class EntityWrites:
    """Writes to any table.

    Args:
        clock: The services' time.
    """

    def __init__(self, clock: ServiceClock) -> None:
        self._clock = clock
        self._undo: list[tuple[Table, Order, Row | None]] = []

    def begin(self) -> None:
        """Forget what is written: it stays."""
        self._undo.clear()

    def roll_back(self) -> None:
        """Take back what has been written since the beginning."""
        for table, order, row in reversed(self._undo):
            table.restore(order, row)

    def insert(self, table: Table, payload: Payload) -> Reply:
        """Insert a row that must be new."""
        metadata = metadata_of(payload)
        if len(payload.body) > LARGEST_BODY:
            raise body_too_large()
        body = json_of(payload.body)
        partition, row_key = body.get("PartitionKey"), body.get("RowKey")
        if not isinstance(partition, str) or not isinstance(row_key, str):
            raise Refusal(400, "PropertiesNeedValue", "The values are not specified for all properties in the entity.")
        check_key(partition)
        check_key(row_key)
        check_sizes(body)
        properties = properties_of(body)
        if order_of(partition, row_key) in table.rows:
            raise Refusal(409, "EntityAlreadyExists", "The specified entity already exists.")
        row = self._put(table, partition, row_key, properties)
        preference = payload.headers.get("prefer", "return-content")
        headers = {"Content-Type": metadata, "ETag": row.etag, "Preference-Applied": preference}
        if preference == "return-no-content":
            return Reply(204, headers)
        return Reply(201, headers, row.json(head_of(table, row, metadata), metadata, None).encode())

    def change(self, method: str, table: Table, partition: str, row_key: str, payload: Payload) -> Reply:
        """Replace or merge a row; without a condition, insert it where it is missing."""
        if method != "PUT" and method not in _MERGES:
            raise wrong_method()
        if len(payload.body) > _LARGEST_ENTITY:
            raise Refusal(400, "EntityTooLarge", "The entity is larger than the maximum allowed size (1MB).")
        body = json_of(payload.body)
        check_sizes(body)
        condition = payload.headers.get("if-match")
        check_condition(condition)
        check_key(partition)
        check_key(row_key)
        properties = properties_of(body)
        old = table.rows.get(order_of(partition, row_key))
        if old is None and condition is not None:
            raise missing()
        if old is not None:
            meet(old, condition)
            properties = {**old.properties, **properties} if method in _MERGES else properties
        return Reply(204, {"ETag": self._put(table, partition, row_key, properties).etag})

    def delete(self, table: Table, partition: str, row_key: str, condition: str | None) -> Reply:
        """Delete a row; a condition must be there."""
        if not condition:
            raise unmet()
        check_condition(condition)
        row = table.rows.get(order_of(partition, row_key))
        if row is None:
            raise missing()
        meet(row, condition)
        self._undo.append((table, row.order, row))
        table.drop(row.order)
        return Reply(204)

    def _put(self, table: Table, partition: str, row_key: str, properties: Mapping[str, Property]) -> Row:
        row = make_row(partition, row_key, properties, self._clock.stamp())
        self._undo.append((table, row.order, table.rows.get(row.order)))
        table.put(row)
        return row


def head_of(table: Table, row: Row, metadata: str) -> dict[str, str]:
    """Return the annotations of a row that stands alone in its reply."""
    if metadata == NONE:
        return {}
    return {"odata.metadata": f"{ROOT}/$metadata#{table.name}/@Element", "odata.etag": row.etag}


def keys_of(operation: batches.Operation) -> tuple[str, str]:
    """Return the keys of the row that an operation writes."""
    entity = entity_of(operation.address)
    if entity is not None:
        return entity[1], entity[2]
    body = json_of(operation.body)
    return str(body.get("PartitionKey")), str(body.get("RowKey"))


def location_of(operation: batches.Operation) -> str:
    """Return where an inserted row is."""
    partition, row_key = keys_of(operation)
    return f"{operation.url}(PartitionKey='{quote(partition)}',RowKey='{quote(row_key)}')"
