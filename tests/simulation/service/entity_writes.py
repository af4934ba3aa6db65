"""Writes of rows: each alone, or taken back with the others of its transaction."""

from collections.abc import Mapping
from urllib.parse import quote

from tests.simulation.service import batches
from tests.simulation.service.annotations import created, entity_head
from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.entities import (
    TOO_LARGE,
    Order,
    Property,
    Row,
    check_key,
    check_row,
    check_sizes,
    invalid_input,
    make_row,
    order_of,
    properties_of,
)
from tests.simulation.service.exchange import Refusal, Reply, Unreadable
from tests.simulation.service.payloads import (
    Payload,
    body_too_large,
    entity_of,
    is_etag,
    json_of,
    meet,
    metadata_of,
    missing,
    unmet,
)
from tests.simulation.service.rows import Table

LARGEST_BODY = 4 * 1024 * 1024
_LARGEST_ENTITY = 1024 * 1024
#: Of what JavaScript leaves as it is when it quotes, that which Python does not.
_PLAIN = "!~*'()"
#: Table, PartitionKey, RowKey.
Place = tuple[str, str, str]
_MERGES = ("PATCH", "MERGE")


class EntityWrites:
    """Writes to any table.

    Args:
        clock: The services' time.
        behaviour: The limits.
    """

    def __init__(self, clock: ServiceClock, behaviour: Behaviour) -> None:
        self._clock = clock
        self._behaviour = behaviour
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
        if partition is None or row_key is None:
            raise Refusal(400, "PropertiesNeedValue", "The values are not specified for all properties in the entity.")
        if not isinstance(partition, str) or not isinstance(row_key, str):
            raise Unreadable(status=500)
        check_key(partition)
        check_key(row_key)
        check_sizes(body)
        properties = properties_of(body)
        if order_of(partition, row_key) in table.rows:
            raise Refusal(409, "EntityAlreadyExists", "The specified entity already exists.")
        row = self._put(table, partition, row_key, properties)
        written = row.json(entity_head(table.name, row, metadata), metadata, None).encode()
        return created(payload, {"Content-Type": metadata, "ETag": row.etag}, written)

    def change(self, method: str, table: Table, partition: str, row_key: str, payload: Payload) -> Reply:
        """Replace or merge a row; without a condition, insert it where it is missing."""
        if method != "PUT" and method not in _MERGES:
            raise Unreadable
        if len(payload.body) > _LARGEST_ENTITY:
            raise Refusal(400, "EntityTooLarge", TOO_LARGE)
        body = json_of(payload.body)
        check_sizes(body)
        condition = payload.headers.get("if-match")
        if not is_etag(condition):
            raise Refusal(400, "InvalidOperation", "") if method in _MERGES else invalid_input()
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
        if condition is None:
            raise Unreadable
        if not condition:
            raise unmet()
        if not is_etag(condition):
            raise invalid_input()
        row = table.rows.get(order_of(partition, row_key))
        if row is None:
            raise missing()
        meet(row, condition)
        self._undo.append((table, row.order, row))
        table.drop(row.order)
        return Reply(204)

    def _put(self, table: Table, partition: str, row_key: str, properties: Mapping[str, Property]) -> Row:
        row = make_row(partition, row_key, properties, self._clock.stamp())
        check_row(row, self._behaviour)
        self._undo.append((table, row.order, table.rows.get(row.order)))
        table.put(row)
        return row


def place_of(operation: batches.Operation) -> Place:
    """Return which row an operation writes.

    Raises:
        Refusal: It has no PartitionKey.
    """
    place = entity_of(operation.address)
    if place is not None:
        return place
    body = json_of(operation.body)
    if "PartitionKey" not in body:
        raise invalid_input()
    return operation.address, str(body["PartitionKey"]), str(body.get("RowKey"))


def location_of(url: str, partition: str, row_key: str) -> str:
    """Return where an inserted row is, by the URL of its table."""
    return f"{url}(PartitionKey='{quote(partition, _PLAIN)}',RowKey='{quote(row_key, _PLAIN)}')"
