"""Rows are read as the SDK reads them, types and all, and its errors are raised where a reply has none."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from azure.core.exceptions import ResourceNotFoundError
from azure.data.tables import EdmType, EntityProperty, TableClient

from shared.storage.sdk_errors import code_of
from shared.storage.table_client import Table
from tests.contract.cutting_server import BreakingServer, breaking, sized_reply
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess
from tests.unit.test_batches import ENTITY

JSON = "Content-Type: application/json;odata=minimalmetadata"
ROWS: list[dict[str, Any]] = [
    {**ENTITY, "RowKey": f"{number:03}", "large": EntityProperty(2**40, EdmType.INT64), "id": UUID(int=number)}
    for number in range(1, 8)
]


@pytest.fixture
def tables() -> tuple[TableClient, TableClient]:
    """Give ours and the SDK's client of a table with rows."""
    wire = InProcess(storage_account())
    ours, theirs = (
        kind.from_connection_string("UseDevelopmentStorage=true", "rows", transport=wire)
        for kind in (Table, TableClient)
    )
    ours.create_table()
    for row in ROWS:
        ours.create_entity(row)
    return ours, theirs


@pytest.fixture(scope="module")
def server() -> Iterator[BreakingServer]:
    with breaking() as serving:
        yield serving


def test_a_row_is_read_with_the_same_types_and_metadata(tables: tuple[TableClient, TableClient]) -> None:
    ours, theirs = (table.get_entity(ENTITY["PartitionKey"], "003") for table in tables)
    assert (ours, ours.metadata) == (theirs, theirs.metadata)
    assert {name: type(value) for name, value in ours.items()} == {name: type(value) for name, value in theirs.items()}


@pytest.mark.parametrize("select", [None, ["RowKey"], ["large", "at"]])
def test_pages_are_read_to_the_same_end(tables: tuple[TableClient, TableClient], select: list[str] | None) -> None:
    ours, theirs = ([*table.query_entities("whole eq 7", results_per_page=3, select=select)] for table in tables)
    assert ours == theirs
    assert len(ours) == len(ROWS)


def test_a_row_that_is_missing_is_missing(tables: tuple[TableClient, TableClient]) -> None:
    errors = []
    for table in tables:
        with pytest.raises(ResourceNotFoundError) as met:
            table.get_entity("p", "no")
        errors.append((met.value.status_code, code_of(met.value)))
    assert errors == [(404, "ResourceNotFound")] * 2


@pytest.mark.parametrize("body", [b"<html>", b"[1]", b"7"])
def test_a_reply_that_is_no_row_raises_what_the_sdk_raises(server: BreakingServer, body: bytes) -> None:
    server.reply = sized_reply("200 OK", body, JSON)
    met = []
    for table in (Table, TableClient):
        with table.from_connection_string(server.connection, "rows", retry_total=0) as client:
            with pytest.raises(Exception) as error:  # noqa: PT011 - whatever the SDK raises
                client.get_entity("p", "r")
            met.append(error.type)
    assert met[0] == met[1]
