"""Transactions on the wire: what is sent is what the SDK would send, and every answer is read as the SDK reads it."""

import json
import re
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.data.tables import TableClient, TableTransactionError, UpdateMode

from shared.storage.batches import read, write
from shared.storage.sdk_errors import code_of
from shared.storage.table_client import Table
from tests.doubles.transports import Passing
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess, content_of

ENTITY: dict[str, Any] = {
    "PartitionKey": "p'ä 1",
    "RowKey": "due:2026-01-01 ä'\"%",
    "text": "ä\r\n--changeset\r\nHTTP/1.1 500 x\r\n\u2028",
    "whole": 7,
    "share": 0.5,
    "flag": True,
    "at": datetime(2026, 1, 1, 12, 30, 1, 5, tzinfo=UTC),
    "data": b"\x00\xff",
}
GUARD = {"etag": "W/\"datetime'2026-01-01T00%3A00%3A00.0000000Z'\"", "match_condition": MatchConditions.IfNotModified}
OPERATIONS: list[Any] = [
    ("create", ENTITY),
    ("update", {**ENTITY, "RowKey": "b"}, {"mode": UpdateMode.MERGE, **GUARD}),
    ("update", {**ENTITY, "RowKey": "c"}, {"mode": UpdateMode.REPLACE, **GUARD}),
    ("upsert", {**ENTITY, "RowKey": "d"}, {"mode": UpdateMode.REPLACE}),
    ("delete", {"PartitionKey": ENTITY["PartitionKey"], "RowKey": "e"}, GUARD),
    ("delete", {"PartitionKey": ENTITY["PartitionKey"], "RowKey": "f"}),
]
#: As the service answers: what was written has an ETag, what was deleted has none.
DONE = (
    b"--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n"
    b"--changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"HTTP/1.1 204 No Content\r\nContent-ID: 0\r\nDataServiceVersion: 3.0;\r\nETag: W/\"datetime'1'\"\r\n\r\n\r\n"
    b"--changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"HTTP/1.1 204 No Content\r\nContent-ID: 1\r\n\r\n\r\n--changesetresponse_2--\r\n--batchresponse_1--\r\n"
)
REFUSED = (
    b"--batchresponse_1\r\nContent-Type: multipart/mixed; boundary=changesetresponse_2\r\n\r\n"
    b"--changesetresponse_2\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"HTTP/1.1 412 Precondition Failed\r\nContent-ID: 3\r\nContent-Type: application/json\r\n\r\n"
    b'{"odata.error":{"code":"UpdateConditionNotSatisfied","message":{"lang":"en-US","value":"3:The condition\\n"}}}'
    b"\r\n--changesetresponse_2--\r\n--batchresponse_1--\r\n"
)
#: One operation: method, address, headers and JSON.
PART = re.compile(r"^(POST|PUT|PATCH|DELETE) (\S+) HTTP/1.1\r\n((?:[^\r]+\r\n)*)\r\n([^\r]*)\r\n", re.MULTILINE)


class Recording(Passing):
    """Keep the body of each request."""

    def __init__(self) -> None:
        super().__init__(InProcess(storage_account()))
        self.requests: list[tuple[dict[str, str], bytes]] = []

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the SDK calls it
        """Keep, and send."""
        self.requests.append((dict(request.headers), content_of(request)))
        return super().send(request, **kwargs)


def _requests_of(kind: type[TableClient]) -> tuple[dict[str, str], list[object]]:
    """Return what the client of a table asks: headers, and of each operation all that counts."""
    wire = Recording()
    table = kind.from_connection_string("UseDevelopmentStorage=true", table_name="jobs", transport=wire, retry_total=0)
    with pytest.raises(HttpResponseError):  # there is no such table
        table.submit_transaction(OPERATIONS)
    ((headers, body),) = wire.requests
    kept = ("x-ms-version", "DataServiceVersion", "MaxDataServiceVersion", "Accept")
    return {name: headers[name] for name in kept}, [_meaning(*part) for part in PART.findall(body.decode())]


def _meaning(method: str, url: str, lines: str, content: str) -> object:
    headers = dict(line.split(": ", 1) for line in lines.splitlines())
    kept = {name: headers.get(name) for name in ("If-Match", "Content-Type", "x-ms-version", "DataServiceVersion")}
    columns = json.loads(content or "{}")
    assert headers.get("Content-Length", "0") == str(len(content))
    return method, url, kept, {name: value for name, value in columns.items() if value != "Edm.String"}


def test_what_is_asked_is_what_the_sdk_would_ask() -> None:
    ours, theirs = _requests_of(Table), _requests_of(TableClient)
    assert len(ours[1]) == len(OPERATIONS)
    assert ours == theirs


def test_rows_that_were_just_sent_are_not_sent_back() -> None:
    wire = Recording()
    options: Any = {"table_name": "jobs", "transport": wire, "retry_total": 0}
    table = Table.from_connection_string("UseDevelopmentStorage=true", **options)
    table.create_table()
    table.submit_transaction([("create", ENTITY)])
    assert b"Prefer: return-no-content" in wire.requests[-1][1]


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 1j, (1, "Edm.Int64")])
def test_a_value_that_no_column_has_is_not_sent(value: object) -> None:
    with pytest.raises(TypeError):
        write([("create", {"PartitionKey": "p", "RowKey": "r", "x": value})], url="u", version="v")


def test_a_transaction_starts_no_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    options: Any = {"table_name": "jobs", "transport": InProcess(storage_account()), "retry_total": 0}
    table = Table.from_connection_string("UseDevelopmentStorage=true", **options)
    table.create_table()
    monkeypatch.setattr(threading.Thread, "start", pytest.fail)
    replies = table.submit_transaction([("create", ENTITY), ("create", {**ENTITY, "RowKey": "b"})])
    assert [reply["etag"] for reply in replies] == [
        table.get_entity(ENTITY["PartitionKey"], key).metadata["etag"] for key in (ENTITY["RowKey"], "b")
    ]
    assert dict(table.get_entity(ENTITY["PartitionKey"], ENTITY["RowKey"])) == ENTITY


@pytest.mark.parametrize("newline", [b"\r\n", b"\n"])
def test_each_operation_has_its_answer(newline: bytes) -> None:
    assert read(DONE.replace(b"\r\n", newline), 2) == [{"etag": "W/\"datetime'1'\""}, {"etag": None}]


def test_an_etag_is_found_in_any_case_and_as_the_first_header() -> None:
    body = DONE.replace(b"Content-ID: 1\r\n", b"eTAG:\t2 \r\nContent-ID: 1\r\n")
    assert [answer["etag"] for answer in read(body, 2)] == ["W/\"datetime'1'\"", "2"]


def test_a_refusal_names_the_operation_and_the_code() -> None:
    with pytest.raises(TableTransactionError) as met:
        read(REFUSED, 5)
    assert (met.value.status_code, met.value.index, code_of(met.value)) == (412, 3, "UpdateConditionNotSatisfied")


@pytest.mark.parametrize(("body", "number"), [(b"", 1), (b"--a\r\n<html>", 1), (DONE, 3), (DONE, 1)])
def test_a_reply_that_is_no_answer_to_the_transaction_decides_nothing(body: bytes, number: int) -> None:
    with pytest.raises(ServiceResponseError):
        read(body, number)


def test_a_refusal_without_words_has_the_code_of_its_status() -> None:
    with pytest.raises(TableTransactionError) as met:
        read(REFUSED.partition(b"{")[0] + b"\r\n", 1)
    assert code_of(met.value) == "412"
