"""The fault proxy does what it says, as seen from plain clients of the three services."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from azure.core.exceptions import (
    AzureError,
    HttpResponseError,
    IncompleteReadError,
    ResourceNotFoundError,
    ServiceResponseError,
)
from azure.data.tables import TableClient, TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from localhost.azurite import Azurite
from shared.storage.clients import API_VERSION
from tests.faults.enumeration import Strike
from tests.faults.enumeration_wire import Ledger
from tests.faults.proxy import Proxy
from tests.faults.proxy_http import RETRY_AFTER

pytestmark = pytest.mark.prove("proves the proxy itself; every day test_proxy_faults goes through it")

ROW = {"PartitionKey": "p", "RowKey": "1"}


class Recorder:
    """A victim that only notes what is done to it."""

    def __init__(self) -> None:
        self.signals: list[str] = []

    def kill(self) -> None:
        """Note."""
        self.signals.append("kill")

    def pause(self) -> None:
        """Note."""
        self.signals.append("pause")

    def resume(self) -> None:
        """Note."""
        self.signals.append("resume")


@pytest.fixture
def proxy(azurite: Azurite) -> Iterator[Proxy]:
    """Stand before Azurite."""
    with closing(Proxy(azurite.connection, Ledger())) as opened:
        opened.victim = Recorder()
        yield opened


@pytest.fixture
def direct(azurite: Azurite) -> Iterator[TableClient]:
    """Look at a new table beside the proxy."""
    with TableServiceClient.from_connection_string(azurite.connection) as service:
        yield service.create_table(f"t{uuid.uuid4().hex[:12]}")


@pytest.fixture
def table(proxy: Proxy, direct: TableClient) -> Iterator[TableClient]:
    """Reach the same table through the proxy; nothing is tried twice."""
    with TableClient.from_connection_string(proxy.connection, direct.table_name, retry_total=0) as client:
        yield client


def stands(table: TableClient) -> bool:
    """Whether the row is there."""
    try:
        return bool(table.get_entity("p", "1"))
    except ResourceNotFoundError:
        return False


def test_all_three_services_are_reached_with_the_clients_own_signatures(proxy: Proxy, table: TableClient) -> None:
    table.create_entity(ROW)
    name = f"q{uuid.uuid4().hex[:12]}"
    with BlobServiceClient.from_connection_string(proxy.connection, api_version=API_VERSION) as blobs:
        blob = blobs.create_container(name).get_blob_client("a b/ü.bin")
        blob.upload_blob(bytes(range(256)) * 4096)
        assert blob.get_blob_properties().size == 1 << 20
        assert blob.download_blob().readall() == bytes(range(256)) * 4096
    with QueueClient.from_connection_string(proxy.connection, name, api_version=API_VERSION) as queue:
        queue.create_queue()
        queue.send_message("hello")
        assert next(queue.receive_messages()).content == "hello"
    told = [str(asked) for asked in proxy.requests]
    assert told[0].startswith("POST t")
    assert [word.partition(" ")[0] for word in told] == ["POST", "PUT", "PUT", "HEAD", "GET", "PUT", "POST", "GET"]
    assert [passed.has_effect for passed in proxy.exchanges] == [True] * 8


@pytest.mark.parametrize(
    ("strike", "applied", "seen"),
    [
        (Strike.REPLY_LOST, True, ServiceResponseError),
        (Strike.REPLY_AND_LOOK_LOST, True, ServiceResponseError),
        (Strike.UNREACHABLE, False, ServiceResponseError),
        (Strike.BUSY_BEFORE, False, HttpResponseError),
        (Strike.BUSY_AFTER, True, HttpResponseError),
        (Strike.THROTTLED, False, HttpResponseError),
        (Strike.DIED_BEFORE, False, ServiceResponseError),
        (Strike.DIED_AFTER, True, ServiceResponseError),
    ],
    ids=lambda value: value.name if isinstance(value, Strike) else None,
)
def test_a_strike_applies_the_request_or_not_and_the_client_hears_of_it_what_it_should(
    proxy: Proxy, table: TableClient, direct: TableClient, strike: Strike, *, applied: bool, seen: type[AzureError]
) -> None:
    proxy.arm(1, strike)
    with pytest.raises(seen) as caught:
        table.create_entity(ROW)
    assert type(caught.value) is seen
    assert (stands(direct), proxy.hit, len(proxy.exchanges)) == (applied, True, int(applied))
    assert isinstance(proxy.victim, Recorder)
    assert proxy.victim.signals == ["kill"] * strike.kills


@pytest.mark.parametrize(("strike", "told"), [(Strike.CUT_EARLY, "1 bytes read"), (Strike.CUT_LATE, "1 more expected")])
def test_a_reply_that_is_cut_breaks_off_where_it_should(
    proxy: Proxy, table: TableClient, strike: Strike, told: str
) -> None:
    table.create_entity(ROW)
    proxy.arm(2, strike)
    with pytest.raises(IncompleteReadError, match=told):
        table.get_entity(ROW["PartitionKey"], ROW["RowKey"], retry_total=0)
    assert (proxy.hit, len(proxy.exchanges)) == (True, 2)


@pytest.mark.parametrize("strike", [Strike.PAUSED_BEFORE, Strike.PAUSED_AFTER], ids=lambda strike: strike.name)
def test_in_a_pause_the_worker_stands_still_while_the_rival_works(
    proxy: Proxy, table: TableClient, direct: TableClient, strike: Strike
) -> None:
    assert isinstance(proxy.victim, Recorder)
    seen, signals = list[tuple[bool, list[str]]](), proxy.victim.signals
    proxy.arm(1, strike, lambda: seen.append((stands(direct), list(signals))))
    table.create_entity(ROW)
    assert seen == [(strike.applies, ["pause"])]
    assert signals == ["pause", "resume"]
    assert (stands(direct), len(proxy.exchanges)) == (True, 1)


def test_only_the_armed_request_is_struck(proxy: Proxy, table: TableClient, direct: TableClient) -> None:
    proxy.arm(2, Strike.UNREACHABLE)
    table.create_entity(ROW)
    assert (proxy.hit, stands(direct)) == (False, True)
    with pytest.raises(ServiceResponseError):
        table.delete_entity("p", "1")
    assert proxy.hit
    assert stands(table)
    assert stands(direct)


def test_the_look_after_a_lost_reply_is_lost_as_well_and_the_next_is_not(proxy: Proxy, table: TableClient) -> None:
    proxy.arm(1, Strike.REPLY_AND_LOOK_LOST)
    for call in (lambda: table.create_entity(ROW), lambda: table.get_entity("p", "1")):
        with pytest.raises(ServiceResponseError):
            call()
    assert stands(table)
    assert (len(proxy.requests), len(proxy.exchanges)) == (3, 2)


@pytest.mark.parametrize("strike", [Strike.OUT_BEFORE, Strike.OUT_AFTER], ids=lambda strike: strike.name)
def test_in_an_outage_nothing_gets_through_until_the_worker_has_given_up(
    proxy: Proxy, table: TableClient, direct: TableClient, strike: Strike
) -> None:
    proxy.arm(1, strike)
    for _ in range(3):
        with pytest.raises(ServiceResponseError):
            table.create_entity(ROW)
    assert (stands(direct), len(proxy.requests), len(proxy.exchanges)) == (strike.applies, 3, int(strike.applies))
    proxy.settle()
    assert stands(table) is strike.applies


@pytest.mark.parametrize(("strike", "status"), [(Strike.BUSY_BEFORE, 503), (Strike.THROTTLED, 429)])
def test_a_busy_service_answers_as_each_of_the_three_does(
    proxy: Proxy, table: TableClient, strike: Strike, status: int
) -> None:
    with (
        BlobServiceClient.from_connection_string(proxy.connection, api_version=API_VERSION, retry_total=0) as blobs,
        QueueClient.from_connection_string(proxy.connection, "any", api_version=API_VERSION, retry_total=0) as queue,
    ):
        calls: list[Callable[[], Any]] = [
            lambda: table.get_entity("p", "1"),
            lambda: table.submit_transaction([("create", ROW)]),
            lambda: blobs.get_blob_client("any", "any").get_blob_properties(),
            lambda: queue.send_message("any"),
        ]
        for nth, call in enumerate(calls, 1):
            proxy.arm(nth, strike)
            with pytest.raises(HttpResponseError) as caught:
                call()
            assert caught.value.status_code == status
            assert caught.value.response is not None
            waits = caught.value.response.headers.get("Retry-After")  # type: ignore[attr-defined] # any has them
            assert waits == (str(RETRY_AFTER) if strike is Strike.THROTTLED else None)
    assert proxy.exchanges == []


def test_claims_and_commits_are_counted_when_storage_has_applied_them(
    proxy: Proxy, table: TableClient, direct: TableClient
) -> None:
    claim = {"PartitionKey": "p", "RowKey": "try:a:1", "claim_nonce": "x"}
    commit = {"PartitionKey": "p", "RowKey": "job:a", "state": "COMPLETED"}
    end = {"PartitionKey": "p", "RowKey": "try:a:0", "end_nonce": "x"}
    for nth, strike in enumerate((Strike.REPLY_LOST, Strike.UNREACHABLE), 1):
        proxy.arm(nth, strike)
        with pytest.raises(AzureError):
            table.submit_transaction([("create", claim)])
    table.submit_transaction([("create", commit), ("create", end)])
    with pytest.raises(HttpResponseError):
        table.submit_transaction([("create", {**commit, "extra": 1}), ("create", end)])
    assert (proxy._ledger.claims["a"], proxy._ledger.commits["a"]) == (1, 1)
    asked = [(passed.request.claims, passed.request.ends, passed.has_effect) for passed in proxy.exchanges]
    assert asked == [(True, False, True), (False, True, True), (False, True, False)]
    assert len(list(direct.list_entities())) == 3


def test_a_share_of_replies_is_lost_by_a_seed(azurite: Azurite, direct: TableClient) -> None:
    outcomes: list[list[bool]] = []
    for _ in range(2):
        with closing(Proxy(azurite.connection, Ledger())) as proxy:
            proxy.lose(0.3, seed=1)
            with TableClient.from_connection_string(proxy.connection, direct.table_name, retry_total=0) as table:
                outcomes.append([hears_reply(table) for _ in range(40)])
            assert (proxy.lost, len(proxy.exchanges)) == (outcomes[-1].count(False), 40)
    assert outcomes[0] == outcomes[1]
    assert 4 < outcomes[0].count(False) < 20


def hears_reply(table: TableClient) -> bool:
    """Write, and say whether the reply has come."""
    try:
        table.upsert_entity(ROW)
    except ServiceResponseError:
        return False
    return True


def test_what_goes_wrong_in_the_rivals_turn_is_raised_at_the_end(proxy: Proxy, table: TableClient) -> None:
    def fail() -> None:
        raise AssertionError("the rival met a wall")

    proxy.arm(1, Strike.PAUSED_BEFORE, fail)
    with pytest.raises(ServiceResponseError):
        table.create_entity(ROW)
    assert isinstance(proxy.victim, Recorder)
    assert proxy.victim.signals == ["pause", "resume"]
    with pytest.raises(AssertionError, match="a wall"):
        proxy.settle()
    proxy.settle()
