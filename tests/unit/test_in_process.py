"""The account beneath the SDK clients: what they wait for takes no time."""

import threading
import time

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableServiceClient

from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.exchange import Reply, Request
from tests.simulation.service.serial import one_thread
from tests.simulation.service.transport import InProcess


class Busy:
    """A service that always refuses."""

    def serve(self, _: Request) -> Reply:
        """Refuse."""
        return Reply(503)


def test_a_client_of_one_table_waits_by_the_clock_of_the_account(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", pytest.fail)
    account = Account(services={"table": Busy()})
    options = {"transport": InProcess(account), "retry_total": 3, "retry_backoff_factor": 5}
    service = TableServiceClient.from_connection_string("UseDevelopmentStorage=true", **options)
    with pytest.raises(HttpResponseError):
        service.get_table_client("jobs").get_entity("a", "b")
    assert (account.served, account.clock.monotonic()) == (4, 5 * (2 + 4))  # the SDK waits for nothing the first time


def test_a_transaction_starts_no_thread_in_a_world_of_one(monkeypatch: pytest.MonkeyPatch) -> None:
    wire = InProcess(storage_account())
    table = TableServiceClient.from_connection_string("UseDevelopmentStorage=true", transport=wire).create_table("rows")
    monkeypatch.setattr(threading.Thread, "start", lambda _: pytest.fail("a thread"))
    with one_thread():
        table.submit_transaction([("create", {"PartitionKey": "p", "RowKey": str(number)}) for number in range(3)])
    assert len(list(table.list_entities())) == 3
