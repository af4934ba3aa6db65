"""The account beneath the SDK clients: what they wait for takes no time."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from azure.core.exceptions import HttpResponseError
from azure.data.tables import TableServiceClient, TableTransactionError

from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.exchange import Reply, Request
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
    assert (account.request_count, account.clock.monotonic()) == (
        4,
        5 * (2 + 4),
    )  # the SDK waits for nothing the first time


def test_an_account_answers_one_request_after_another_to_many_threads() -> None:
    wire = InProcess(storage_account())
    table = TableServiceClient.from_connection_string("UseDevelopmentStorage=true", transport=wire).create_table("rows")

    def insert(_: int) -> bool:
        """Insert a row in a transaction that fails for every other thread, and is taken back."""
        with suppress(TableTransactionError):
            return bool(table.submit_transaction([("create", {"PartitionKey": "p", "RowKey": key}) for key in "abc"]))
        return False

    with ThreadPoolExecutor(16) as pool:
        assert Counter(pool.map(insert, range(64))) == {True: 1, False: 63}
    assert [row["RowKey"] for row in table.list_entities()] == ["a", "b", "c"]
