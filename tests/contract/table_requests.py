"""Requests of the table service, for scripts: ``<t>`` stands for the script's own table."""

import json
from collections.abc import Iterable
from urllib.parse import quote

from tests.contract.table_wire import Operation

TABLE = "/<t>"
CREATE = Operation("POST", "/Tables", '{"TableName":"<t>"}')
DROP = Operation("DELETE", "/Tables('<t>')")
ALL = Operation("GET", f"{TABLE}()")
STALE = "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\""
MINIMAL, NONE, FULL = (f"application/json;odata={word}metadata" for word in ("minimal", "no", "full"))
#: Keys, and how addresses write them.
ODD_KEYS = {
    " ": "%20",
    "%": "%25",
    "%41": "%2541",
    "+": "+",
    "&": "%26",
    '"': "%22",
    "'": "''",
    "a'b": "a%27%27b",
    "é": "%C3%A9",
    "a,b": "a,b",
    "()": "()",
    "',RowKey='": "%27%27,RowKey=%27%27",
    "=;:@|": "=;:@%7C",
    "\u2028": "%E2%80%A8",
    "😀": "%F0%9F%98%80",
}


def body(partition: object = "p", row_key: object = "1", /, **properties: object) -> str:
    """Write a row; a property named ``x__Int64`` is one named ``x`` of that type."""
    row = {"PartitionKey": partition, "RowKey": row_key}
    for name, value in properties.items():
        plain, _, kind = name.partition("__")
        row[plain] = value
        if kind:
            row[f"{plain}@odata.type"] = f"Edm.{kind}"
    return json.dumps(row)


def insert(partition: str = "p", row_key: str = "1", /, **properties: object) -> Operation:
    """Insert a row."""
    return Operation("POST", TABLE, body(partition, row_key, **properties))


def address(partition: str = "p", row_key: str = "1") -> str:
    """Write where a row is; its keys as they stand in an address."""
    return f"{TABLE}(PartitionKey='{partition}',RowKey='{row_key}')"


def get(partition: str = "p", row_key: str = "1", options: str = "") -> Operation:
    """Read a row."""
    return Operation("GET", address(partition, row_key) + options)


def replace(partition: str = "p", row_key: str = "1", /, *, etag: str | None = None, **properties: object) -> Operation:
    """Replace a row."""
    headers = {} if etag is None else {"If-Match": etag}
    return Operation("PUT", address(partition, row_key), body(partition, row_key, **properties), headers)


def merge(partition: str = "p", row_key: str = "1", /, *, etag: str | None = None, **properties: object) -> Operation:
    """Merge properties into a row."""
    return replace(partition, row_key, etag=etag, **properties)._replace(method="PATCH")


def delete(partition: str = "p", row_key: str = "1", /, *, etag: str | None = "*") -> Operation:
    """Delete a row."""
    return Operation("DELETE", address(partition, row_key), headers={} if etag is None else {"If-Match": etag})


def query(options: str) -> Operation:
    """Read rows."""
    return Operation("GET", f"{TABLE}()?{options}")


def where(condition: str, options: str = "") -> Operation:
    """Read rows by a filter."""
    return query(f"$filter={quote(condition)}{options}")


def tables(condition: str, options: str = "") -> Operation:
    """Read the names of tables."""
    return Operation("GET", "/Tables?$filter=" + quote(condition, "<>") + options)


def accepting(operation: Operation, formats: Iterable[str]) -> list[Operation]:
    """Ask for the answer in each of these formats."""
    return [operation._replace(headers={**operation.headers, "Accept": one}) for one in formats]


def preferring(operation: Operation, preference: str) -> Operation:
    """Ask for, or against, what was created in the answer."""
    return operation._replace(headers={**operation.headers, "Prefer": preference})
