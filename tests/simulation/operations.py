"""What a request to the table service writes: read out of its own bytes, by no code of the service's double."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any
from urllib.parse import unquote, urlsplit

from tests.simulation.service.exchange import Reply, Request

_KEYS = re.compile(r"(\w+)\(PartitionKey='((?:[^']|'')*)',RowKey='((?:[^']|'')*)'\)")
_PART = re.compile(rb"(POST|PUT|PATCH|MERGE|DELETE) (\S+) HTTP/1\.1\r\n(.*?)\r\n\r\n(.*?)\r\n--", re.DOTALL)
_MATCH = re.compile(r"^If-Match:(.*)$", re.IGNORECASE | re.MULTILINE)
_STATUS = re.compile(rb"HTTP/1\.1 (\d{3})")
_OK = 300
_VERBS = {"POST": "insert", "PUT": "replace", "PATCH": "merge", "MERGE": "merge", "DELETE": "delete"}

Place = tuple[str, str, str]


@dataclass(frozen=True)
class Operation:
    """One row that is written.

    Attributes:
        verb: ``insert``, ``replace``, ``merge`` or ``delete``.
        table: Its table.
        partition: Its PartitionKey.
        row: Its RowKey.
        columns: As they are sent, the annotations of their types among them.
        match: The ETag that the row must have; "" for any.
    """

    verb: str
    table: str
    partition: str
    row: str
    columns: Mapping[str, Any] = field(default_factory=dict)
    match: str = ""

    @property
    def place(self) -> Place:
        """What names the row."""
        return self.table, self.partition, self.row


def row_of(request: Request) -> Place | None:
    """Return the row that a request to the table service reads; None where it is another request."""
    found = _KEYS.search(request.segments[0]) if request.service == "table" and request.segments else None
    if found is None or request.method != "GET":
        return None
    table, partition, row = found.groups()
    return table, partition.replace("''", "'"), row.replace("''", "'")


@lru_cache(maxsize=64)
def operations(request: Request) -> Sequence[Operation]:
    """Return the rows that a request to the table service writes, in its order; none for a read.

    The label and each judge ask for the same request's, one after the other.
    """
    if request.service != "table" or request.method == "GET" or not request.segments:
        return ()
    if request.segments[0] == "$batch":
        parts = _PART.findall(request.body)
        found = [
            _one(verb.decode(), unquote(urlsplit(url.decode()).path), body, head.decode())
            for verb, url, head, body in parts
        ]
    else:
        head = f"If-Match: {request.headers.get('if-match', '')}"
        found = [_one(request.method, request.segments[0], request.body, head)]
    return tuple(one for one in found if one is not None)


def status_of(reply: Reply) -> int:
    """Return the status of a reply; of a transaction's, that of the operation that was refused."""
    return max([reply.status, *(int(status) for status in _STATUS.findall(reply.body))])


def writes(request: Request, reply: Reply) -> Sequence[Operation]:
    """Return the rows that a request has written; none where it, or any part of it, was refused."""
    written = operations(request)
    if not written or status_of(reply) >= _OK:
        return ()
    return written


def _one(method: str, path: str, body: bytes, head: str) -> Operation | None:
    verb = _VERBS[method]
    text = body.strip()
    columns = json.loads(text) if text.startswith(b"{") else {}
    if verb == "insert":
        if "RowKey" not in columns:
            return None  # a table is created
        return Operation(verb, path.rpartition("/")[2], columns["PartitionKey"], columns["RowKey"], columns)
    keys = _KEYS.search(path)
    if keys is None:
        return None
    table, partition, row = keys.groups()
    match = _MATCH.search(head)
    names = partition.replace("''", "'"), row.replace("''", "'")
    return Operation(verb, table, *names, columns, match[1].strip() if match else "")
