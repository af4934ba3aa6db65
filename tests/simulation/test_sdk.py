"""The quick SDK sends what the SDK itself sends."""

import re
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.data.tables import TableClient, TableTransactionError, UpdateMode

from tests.simulation.sdk import quick_sdk
from tests.simulation.service.account import storage_account
from tests.simulation.service.exchange import Reply, Request
from tests.simulation.service.transport import InProcess

_DRAWN = re.compile(rb"[0-9a-f]{8}-[0-9a-f-]{27}|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT")


def bodies(*, quick: bool) -> list[bytes]:
    """Send transactions, and return the bodies that the service has got, without what is drawn."""
    account, got = storage_account(), list[bytes]()
    serve = account.services["table"].serve

    def note(request: Request) -> Reply:
        got.append(_DRAWN.sub(b"drawn", request.body))
        return serve(request)

    account.services["table"].serve = note  # type: ignore[method-assign]
    table = TableClient.from_connection_string("UseDevelopmentStorage=true", "jobs", transport=InProcess(account))
    if quick:
        with quick_sdk():
            send(table)
    else:
        send(table)
    return got


def send(table: TableClient) -> None:
    table.create_table()
    row: dict[str, Any] = {"PartitionKey": "p", "RowKey": "é <&>", "text": 'ä"😀\n\r\t--', "data": b"\r\n--"}
    table.submit_transaction([("create", row), ("create", {"PartitionKey": "p", "RowKey": "b"})])
    etag = table.get_entity("p", "b").metadata["etag"]
    guard = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
    table.submit_transaction([("update", {"PartitionKey": "p", "RowKey": "b", "x": 1.5}, guard), ("delete", row)])
    with pytest.raises(TableTransactionError, match="UpdateConditionNotSatisfied"):
        table.submit_transaction([("update", {"PartitionKey": "p", "RowKey": "b"}, guard)])


def test_a_transaction_is_the_same_to_the_byte() -> None:
    assert bodies(quick=True) == bodies(quick=False)
