"""What a transaction of our own make is for: the processor time that it saves, as a ratio within one run."""

import statistics
import time
import uuid
from typing import Any

from azure.data.tables import TableClient

from shared.storage.table_client import Table
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess

ROUNDS = 15
#: An eighth was measured, the services in process included, which take the same share of both.
MOST = 0.25


def _seconds(client: TableClient) -> float:
    """Insert four rows; return the processor time of all threads."""
    partition = uuid.uuid4().hex
    rows: list[Any] = [("create", {"PartitionKey": partition, "RowKey": str(n), "text": "x" * 200}) for n in range(4)]
    begin = time.process_time()
    client.submit_transaction(rows)
    return time.process_time() - begin


def test_a_transaction_takes_far_less_cpu_than_the_sdks_own() -> None:
    wire = InProcess(storage_account())
    connect = (Table.from_connection_string, TableClient.from_connection_string)
    ours, theirs = (make("UseDevelopmentStorage=true", "jobs", transport=wire) for make in connect)
    ours.create_table()
    ratios = [_seconds(ours) / _seconds(theirs) for _ in range(ROUNDS)]
    print(f"{statistics.median(ratios):.2f} of the SDK's processor time")
    assert statistics.median(ratios) < MOST
