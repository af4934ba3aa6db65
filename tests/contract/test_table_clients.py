"""Through the SDK, tables in process and in Azurite give the same results and raise the same errors."""

import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import AzureError
from azure.data.tables import (
    EdmType,
    EntityProperty,
    TableClient,
    TableServiceClient,
    TableTransactionError,
    UpdateMode,
)

from localhost.azurite import Azurite
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess

ROW = {"PartitionKey": "p'1 é", "RowKey": "r%1+"}
VALUES = {
    "i": 5,
    "d": 5.0,
    "l": EntityProperty(2**40, EdmType.INT64),
    "b": b"\x00\xff",
    "g": uuid.UUID(int=5),
    "t": datetime(2026, 1, 1, 2, 3, 4, 5, tzinfo=UTC),
    "s": "é😀",
    "n": None,
    "yes": True,
}
#: Options of the SDK.
GUARD: dict[str, Any] = {
    "match_condition": MatchConditions.IfNotModified,
    "etag": "W/\"datetime'2020-01-01T00%3A00%3A00.0000000Z'\"",
}
CHANGED = ("update", ROW | {"i": 6}, {"mode": UpdateMode.REPLACE, **GUARD})
CREATED = ("create", ROW | {"RowKey": "2"})
_THIRD = ROW | {"RowKey": "3"}
CALLS: dict[str, Callable[[TableClient], Any]] = {
    "create": lambda table: table.create_entity(ROW | VALUES),
    "get": lambda table: table.get_entity(**_keys(ROW)),
    "get some": lambda table: table.get_entity(**_keys(ROW), select=["i", "l", "nope"]),
    "get nothing": lambda table: table.get_entity("p", "1"),
    "create again": lambda table: table.create_entity(ROW),
    "update": lambda table: table.update_entity(ROW | {"i": 7}, mode=UpdateMode.MERGE),
    "update under a condition": lambda table: table.update_entity(ROW, mode=UpdateMode.REPLACE, **GUARD),
    "upsert": lambda table: table.upsert_entity(ROW | {"RowKey": "3", "i": 1}, mode=UpdateMode.REPLACE),
    "query": lambda table: list(table.query_entities("PartitionKey eq @p", parameters={"p": ROW["PartitionKey"]})),
    "query by time": lambda table: list(table.query_entities("t ge @t", parameters={"t": VALUES["t"]}, select=["i"])),
    "query by identity": lambda table: list(table.query_entities("g eq @g", parameters={"g": VALUES["g"]})),
    "query wrongly": lambda table: list(table.query_entities("i eq")),
    "list by pages": lambda table: [len(list(page)) for page in table.list_entities(results_per_page=1).by_page()],
    "transact under a condition": lambda table: table.submit_transaction([CREATED, CHANGED]),
    "transact twice on a row": lambda table: table.submit_transaction([CREATED, ("delete", CREATED[1])]),
    "transact": lambda table: table.submit_transaction([CREATED, ("upsert", ROW | {"i": 8}), ("delete", _THIRD)]),
    "list": lambda table: list(table.list_entities()),
    "delete under a condition": lambda table: table.delete_entity(ROW, **GUARD),
    "delete": lambda table: table.delete_entity(ROW),
    "delete again": lambda table: table.delete_entity(ROW),
    "create the table again": lambda table: table.create_table(),
    "delete the table": lambda table: table.delete_table(),
    "delete the table again": lambda table: table.delete_table(),
    "get from no table": lambda table: table.get_entity("p", "1"),
    "transact with no table": lambda table: table.submit_transaction([CREATED]),
}


def _keys(row: dict[str, str]) -> dict[str, str]:
    return {"partition_key": row["PartitionKey"], "row_key": row["RowKey"]}


@pytest.fixture
def tables(azurite: Azurite) -> Iterator[list[TableClient]]:
    name, wire = f"t{uuid.uuid4().hex}", InProcess(storage_account())
    double = TableServiceClient.from_connection_string("UseDevelopmentStorage=true", transport=wire)
    with TableServiceClient.from_connection_string(azurite.connection) as service, double:
        yield [double.create_table(name), service.create_table(name)]


def test_each_call_of_the_sdk_has_the_same_outcome(tables: list[TableClient]) -> None:
    for name, call in CALLS.items():
        double, azurite = (outcome(call, table) for table in tables)
        assert double == azurite, name


def outcome(call: Callable[[TableClient], Any], table: TableClient) -> object:
    try:
        return comparable(call(table))
    except TableTransactionError as error:
        return type(error), getattr(error, "error_code", None), error.index, error.message.split("\n")[0]
    except AzureError as error:
        return type(error), getattr(error, "error_code", None), getattr(error, "status_code", None)


def comparable(result: Any) -> object:  # noqa: ANN401 - whatever the SDK returns
    if isinstance(result, list):
        return [comparable(one) for one in result]
    if isinstance(result, dict):
        return {key: value for key, value in result.items() if key in ROW or key in VALUES}
    return type(result)
