"""The table service."""

import json
import re
from dataclasses import dataclass

from tests.simulation.service import batches
from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.entities import MINIMAL, NONE, invalid_input, order_of
from tests.simulation.service.entity_writes import (
    LARGEST_BODY,
    ROOT,
    EntityWrites,
    head_of,
    keys_of,
    location_of,
)
from tests.simulation.service.exchange import Refusal, Reply, Request
from tests.simulation.service.payloads import (
    Payload,
    body_too_large,
    check_name,
    entity_of,
    filter_of,
    json_of,
    metadata_of,
    missing,
    select_of,
    start_of,
    token_of,
    wrong_method,
)
from tests.simulation.service.rows import Table

VERSION = "2019-02-02"
_MOST_OPERATIONS = 100
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
        self._deleted: dict[str, float] = {}
        self._writes = EntityWrites(clock)

    def serve(self, request: Request) -> Reply:
        """Answer; a refusal is an answer too."""
        try:
            reply = self._route(request)
        except Refusal as refusal:
            reply = self._refusal(refusal)
        reply.headers["x-ms-version"] = VERSION
        if "x-ms-client-request-id" in request.headers:
            reply.headers["x-ms-client-request-id"] = request.headers["x-ms-client-request-id"]
        return reply

    def _refusal(self, refusal: Refusal, prefix: str = "") -> Reply:
        text = f"{prefix}{refusal.message}\nTime:{self._clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"
        error = {"odata.error": {"code": refusal.code, "message": {"lang": "en-US", "value": text}}}
        headers = {"Content-Type": f"{MINIMAL};streaming=true;charset=utf-8", "x-ms-error-code": refusal.code}
        return Reply(refusal.status, headers | refusal.headers, json.dumps(error).encode())

    def _route(self, request: Request) -> Reply:
        address = request.segments[0] if request.segments else ""
        if address == "$batch":
            return self._transact(request)
        if address in ("Tables", "Tables()"):
            return self._create_table(request) if request.method == "POST" else self._list_tables(request)
        named = _TABLE.fullmatch(address)
        if named is not None and request.method == "DELETE":
            return self._delete_table(named[1])
        if request.method == "GET":
            return self._read(address, request)
        return self._write(request.method, address, request)

    def _create_table(self, request: Request) -> Reply:
        metadata = metadata_of(request)
        name = str(json_of(request.body).get("TableName", ""))
        check_name(name)
        key = name.lower()
        if key in self._tables:
            raise Refusal(409, "TableAlreadyExists", "The table specified already exists.")
        if self._clock.seconds < self._deleted.get(key, 0.0):
            raise Refusal(409, "TableBeingDeleted", "The specified table is being deleted.")
        self._tables[key] = Table(name)
        head = {} if metadata == NONE else {"odata.metadata": f"{ROOT}/$metadata#Tables/@Element"}
        preference = request.headers.get("prefer", "return-content")
        headers = {"Content-Type": metadata, "Preference-Applied": preference}
        if preference == "return-no-content":
            return Reply(204, headers)
        return Reply(201, headers, json.dumps(head | {"TableName": name}).encode())

    def _delete_table(self, name: str) -> Reply:
        if self._tables.pop(name.lower(), None) is None:
            raise missing()
        self._deleted[name.lower()] = self._clock.seconds + self._behaviour.table_deletion_seconds
        return Reply(204)

    def _list_tables(self, request: Request) -> Reply:
        metadata = metadata_of(request)
        chosen = filter_of(request)
        first, most = request.query.get("NextTableName", ""), int(request.query.get("$top", 1000))
        names = sorted(table.name for table in self._tables.values() if table.name >= first)
        names = [name for name in names if chosen.matches(_TableName(name))]
        headers = {"Content-Type": metadata}
        if len(names) > most:
            headers["x-ms-continuation-NextTableName"] = names[most]
        head = {} if metadata == NONE else {"odata.metadata": f"{ROOT}/$metadata#Tables"}
        value = [{"TableName": name} for name in names[:most]]
        return Reply(200, headers, json.dumps(head | {"value": value}).encode())

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
        body = row.json(head_of(table, row, metadata), metadata, select_of(request))
        return Reply(200, {"Content-Type": metadata, "ETag": row.etag}, body.encode())

    def _query(self, table: Table, metadata: str, request: Request) -> Reply:
        most = min(int(request.query.get("$top", self._behaviour.page_rows)), self._behaviour.page_rows)
        rows, following = table.page(filter_of(request), start_of(request), most, self._behaviour)
        headers = {"Content-Type": metadata}
        if following is not None:
            headers["x-ms-continuation-NextPartitionKey"] = token_of(following.partition)
            headers["x-ms-continuation-NextRowKey"] = token_of(following.row_key)
        select = select_of(request)
        head = "" if metadata == NONE else f'"odata.metadata":"{ROOT}/$metadata#Tables/@Element",'
        texts = [row.json({} if metadata == NONE else {"odata.etag": row.etag}, metadata, select) for row in rows]
        return Reply(200, headers, f'{{{head}"value":[{",".join(texts)}]}}'.encode())

    def _write(self, method: str, address: str, payload: Payload) -> Reply:
        entity = entity_of(address)
        if entity is None:
            if method != "POST":
                raise wrong_method()
            return self._writes.insert(self._table(address.removesuffix("()")), payload)
        name, partition, row_key = entity
        table = self._table(name)
        if method == "DELETE":
            return self._writes.delete(table, partition, row_key, payload.headers.get("if-match"))
        if method == "POST":
            method = payload.headers.get("x-http-method", method)
        return self._writes.change(method, table, partition, row_key, payload)

    def _transact(self, request: Request) -> Reply:
        if len(request.body) > LARGEST_BODY:
            raise body_too_large()
        batch = batches.read(request.body)
        boundary = request.headers.get("content-type", "").partition("boundary=")[2].strip('"')
        self._writes.begin()
        answers: list[str] = []
        seen: set[tuple[str, str]] = set()
        for index, operation in enumerate(batch.operations):
            try:
                if len(batch.operations) > _MOST_OPERATIONS:
                    raise invalid_input("The batch request operation exceeds the maximum 100 changes per change set.")
                answers.append(self._apply(operation, seen))
            except Refusal as refusal:
                self._writes.roll_back()
                return batches.write(batch, boundary, [batches.refused(index, self._refusal(refusal, f"{index}:"))])
        return batches.write(batch, boundary, answers)

    def _apply(self, operation: batches.Operation, seen: set[tuple[str, str]]) -> str:
        keys = keys_of(operation)
        if keys in seen:
            message = f"A command with RowKey '{keys[1]}' is already present in the batch. "
            raise Refusal(400, "InvalidDuplicateRow", message + "An entity can appear only once in a batch. ")
        seen.add(keys)
        if operation.method == "DELETE":
            operation.headers.setdefault("if-match", "*")
        reply = self._write(operation.method, operation.address, operation)
        return batches.applied(operation, reply, location_of(operation))


@dataclass(frozen=True)
class _TableName:
    name: str

    def value(self, name: str) -> object:
        """Return the name, which is all there is to compare."""
        return self.name if name.lower() == "tablename" else None
