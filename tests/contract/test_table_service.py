"""The table service in process answers as Azurite does."""

import pytest
from azure.core import MatchConditions
from azure.data.tables import TableServiceClient, TableTransactionError, UpdateMode

from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess

ROW = {"PartitionKey": "p", "RowKey": "1"}


def test_a_transaction_under_a_stale_etag_writes_nothing_and_names_its_operation() -> None:
    wire = InProcess(storage_account())
    table = TableServiceClient.from_connection_string("UseDevelopmentStorage=true", transport=wire).create_table("rows")
    etag = table.create_entity(ROW)["etag"]
    table.update_entity(ROW | {"n": 1})
    guard = {"mode": UpdateMode.REPLACE, "etag": etag, "match_condition": MatchConditions.IfNotModified}
    with pytest.raises(TableTransactionError) as refusal:
        table.submit_transaction([("create", ROW | {"RowKey": "2"}), ("update", ROW, guard)])
    assert (refusal.value.error_code, refusal.value.index) == ("UpdateConditionNotSatisfied", 1)
    assert [row["RowKey"] for row in table.list_entities()] == ["1"]
