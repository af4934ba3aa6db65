"""The table service."""

import json
import re
from dataclasses import dataclass
from xml.sax.saxutils import escape

from tests.simulation.service import batches
from tests.simulation.service.annotations import created, entity_head, metadata_head, table_head
from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.entities import invalid_input, order_of
from tests.simulation.service.entity_writes import LARGEST_BODY, EntityWrites, Place, location_of, place_of
from tests.simulation.service.exchange import Refusal, Reply, Request, Unreadable
from tests.simulation.service.payloads import (
    Payload,
    body_too_large,
    check_name,
    entity_of,
    filter_of,
    format_of,
    json_of,
    metadata_of,
    missing,
    select_of,
    start_of,
    token_of,
    top_of,
)
from tests.simulation.service.rows import Table

VERSION = "2019-02-02"
_MOST_OPERATIONS = 100
_MOST_TABLES = 1000
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_TABLE = re.compile(r"Tables\('([^']*)'\)")


class TableService:
    """All tables of one account.

    Args:
        clock: The services' time.
        behaviour: Where it differs from Azurite.
    """

    def __init__(self, clock: ServiceClock, behaviour: Behaviour | None = None) -> None:
        self._clock = clock
        self._behaviour = behaviour or Behaviour()
        self._tables: dict[str, Table] = {}
        self._deletions: dict[str, float] = {}
        self._writes = EntityWrites(clock, self._behaviour)
        self._number = 0

    def serve(self, request: Request) -> Reply:
        """Answer; a refusal is an answer too."""
        self._number += 1
        try:
            reply = self._route(request)
        except Refusal as refusal:
            reply = self._refusal(refusal, request)
        reply.headers["x-ms-version"] = VERSION
        reply.headers["x-ms-request-id"] = self._identity()
        if "x-ms-client-request-id" in request.headers:
            reply.headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
        return reply

    def _identity(self) -> str:
        return f"{self._number:032x}"

    def _refusal(self, refusal: Refusal, request: Request) -> Reply:
        if isinstance(refusal, Unreadable):
            if not self._behaviour.codes_refusals:
                return Reply(refusal.status)
            refusal = Refusal(400, refusal.code, refusal.message)
        headers = {"x-ms-error-code": refusal.code} if refusal.code else {}
        metadata = format_of(request)
        if metadata is None:
            text = escape(self._details(refusal))
            body = f"{_XML}<Error>\n  <Code>{refusal.code}</Code>\n  <Message>{text}</Message>\n</Error>"
            return Reply(refusal.status, headers | {"Content-Type": "application/xml"}, body.encode())
        headers["Content-Type"] = f"{metadata};streaming=true;charset=utf-8"
        return Reply(refusal.status, headers, self._document(refusal).encode())

    def _document(self, refusal: Refusal, index: int | None = None) -> str:
        value = self._details(refusal) if index is None else f"{index}:{self._details(refusal)}"
        return json.dumps({"odata.error": {"code": refusal.code, "message": {"lang": "en-US", "value": value}}})

    def _details(self, refusal: Refusal) -> str:
        moment = f"{self._clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        return f"{refusal.message}\nRequestId:{self._identity()}\nTime:{moment}"

    def _route(self, request: Request) -> Reply:
        address = request.segments[0] if request.segments else ""
        if "/" in address:
            raise Unreadable(status=500)
        if address == "$batch" and request.method == "POST":
            return self._transact(request)
        if address in ("Tables", "Tables()"):
            return self._of_all(request)
        named = _TABLE.fullmatch(address)
        if named is not None and request.method == "DELETE":
            return self._delete_table(named[1], metadata_of(request))
        if named is not None:
            address = named[1]
        if request.method == "GET":
            return self._read(address, request)
        return self._write(request.method, address, request)

    def _of_all(self, request: Request) -> Reply:
        if request.method == "POST":
            return self._create_table(request)
        if request.method == "GET":
            return self._list_tables(request)
        raise Unreadable

    def _create_table(self, request: Request) -> Reply:
        metadata = metadata_of(request)
        name = json_of(request.body).get("TableName")
        if not isinstance(name, str):
            raise Refusal(400, "TableNameEmpty", "The specified table name is empty.")
        check_name(name)
        key = name.lower()
        if key in self._tables:
            raise Refusal(409, "TableAlreadyExists", "The table specified already exists.")
        if self._clock.seconds < self._deletions.get(key, 0.0):
            raise Refusal(409, "TableBeingDeleted", "The specified table is being deleted.")
        self._tables[key] = Table(name)
        head = metadata_head("Tables/@Element", metadata) | table_head(name, metadata)
        return created(request, {"Content-Type": metadata}, json.dumps(head | {"TableName": name}).encode())

    def _delete_table(self, name: str, metadata: str) -> Reply:
        if self._tables.pop(name.lower(), None) is None:
            raise missing()
        self._deletions[name.lower()] = self._clock.seconds + self._behaviour.table_deletion_seconds
        return Reply(204, {"Content-Type": metadata})

    def _list_tables(self, request: Request) -> Reply:
        metadata = metadata_of(request)
        chosen = filter_of(request)
        first, most = request.query.get("NextTableName", ""), top_of(request) or _MOST_TABLES
        names = sorted(table.name for table in self._tables.values() if table.name >= first)
        names = [name for name in names if chosen.matches(_TableName(name))]
        headers = {"Content-Type": metadata}
        if len(names) > most:
            headers["x-ms-continuation-NextTableName"] = names[most]
        value = [table_head(name, metadata) | {"TableName": name} for name in names[:most]]
        return Reply(200, headers, json.dumps(metadata_head("Tables", metadata) | {"value": value}).encode())

    def _table(self, name: str) -> Table:
        check_name(name)
        table = self._tables.get(name.lower())
        if table is None:
            raise Refusal(404, "TableNotFound", "The table specified does not exist.")
        return table

    def _read(self, address: str, request: Request) -> Reply:
        metadata = metadata_of(request)
        entity = entity_of(address)
        if entity is None:
            return self._query(self._table(address.removesuffix("()")), metadata, request)
        table = self._table(entity[0])
        row = table.rows.get(order_of(entity[1], entity[2]))
        if row is None:
            raise missing()
        body = row.json(entity_head(table.name, row, metadata), metadata, select_of(request))
        return Reply(200, {"Content-Type": metadata, "ETag": row.etag}, body.encode())

    def _query(self, table: Table, metadata: str, request: Request) -> Reply:
        chosen = filter_of(request, exact=self._behaviour.times_exact)
        top, most = top_of(request), self._behaviour.page_rows
        most = most if top is None else min(top, most)
        rows, following = table.page(chosen, start_of(request), most, self._behaviour)
        headers = {"Content-Type": metadata}
        if following is not None:
            headers["x-ms-continuation-NextPartitionKey"] = token_of(following.partition)
            headers["x-ms-continuation-NextRowKey"] = token_of(following.row_key)
        select = select_of(request)
        texts = [row.json(entity_head(table.name, row, metadata, alone=False), metadata, select) for row in rows]
        head = json.dumps(metadata_head("Tables/@Element", metadata) | {"value": []})
        return Reply(200, headers, f"{head[:-2]}{','.join(texts)}]}}".encode())

    def _write(self, method: str, address: str, payload: Payload) -> Reply:
        entity = entity_of(address)
        if method == "POST":
            method = payload.headers.get("x-http-method", method)
        if entity is None and method != "POST":
            raise Unreadable
        name, partition, row_key = entity or (address.removesuffix("()"), "", "")
        table = self._table(name)
        if method == "POST":
            return self._writes.insert(table, payload)
        if method == "DELETE":
            return self._writes.delete(table, partition, row_key, payload.headers.get("if-match"))
        return self._writes.change(method, table, partition, row_key, payload)

    def _transact(self, request: Request) -> Reply:
        if len(request.body) > LARGEST_BODY:
            raise body_too_large()
        operations = batches.read(request.body)
        if len(operations) > _MOST_OPERATIONS:
            return batches.write([self._too_many()])
        self._writes.begin()
        answers: list[str] = []
        earlier: list[Place] = []
        for index, operation in enumerate(operations):
            try:
                answers.append(self._apply(operation, earlier))
            except Refusal as refusal:
                self._writes.roll_back()
                if isinstance(refusal, Unreadable):
                    raise Unreadable(status=500) from None
                return batches.write([batches.write_refusal(index, refusal.status, self._document(refusal, index))])
        return batches.write(answers)

    def _too_many(self) -> str:
        refusal = invalid_input("The batch request operation exceeds the maximum 100 changes per change set.")
        if self._behaviour.codes_refusals:
            index = _MOST_OPERATIONS - 1
            return batches.write_refusal(index, 400, self._document(refusal, index))
        return batches.write_refusal_of_all(self._document(refusal, 0))

    def _apply(self, operation: batches.Operation, earlier: list[Place]) -> str:
        table, partition, row_key = place = place_of(operation)
        if self._behaviour.one_partition and earlier and earlier[0][:2] != (table, partition):
            message = "All commands in a batch must operate on same entity group."
            raise Refusal(400, "CommandsInBatchActOnDifferentPartitions", message)
        if place in earlier:
            message = f"A command with RowKey '{row_key}' is already present in the batch. "
            raise Refusal(400, "InvalidDuplicateRow", message + "An entity can appear only once in a batch. ")
        earlier.append(place)
        if operation.method == "DELETE":
            operation.headers.setdefault("if-match", "*")
        reply = self._write(operation.method, operation.address, operation)
        return batches.write_success(operation, reply, location_of(operation.url, partition, row_key))


@dataclass(frozen=True)
class _TableName:
    name: str

    def value(self, name: str) -> object:
        """Return the name, which is all there is to compare."""
        if name.lower() != "tablename":
            raise Unreadable(status=500)
        return self.name
