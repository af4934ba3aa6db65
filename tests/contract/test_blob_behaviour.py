"""Blobs as real Azure has them where Azurite differs, and what only takes time."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.storage.blob import BlobBlock, BlobClient, BlobLeaseClient, BlobServiceClient, ContainerClient

from shared.storage.clients import API_VERSION
from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.behaviour import AZURE, Behaviour
from tests.simulation.service.transport import InProcess


def new_container(account: Account) -> ContainerClient:
    """Create a container in an account."""
    service = BlobServiceClient.from_connection_string(
        "UseDevelopmentStorage=true", api_version=API_VERSION, transport=InProcess(account), retry_total=0
    )
    return service.create_container("images")


@pytest.fixture
def account() -> Account:
    """Give an account that behaves as Azure's do."""
    return storage_account(behaviour=AZURE)


@pytest.fixture
def blob(account: Account) -> BlobClient:
    """Give a blob in it."""
    return new_container(account).upload_blob("cat.png", b"miau")


def code(call: Callable[[], Any]) -> str:
    """Return the code of a refusal."""
    with pytest.raises(HttpResponseError) as refused:
        call()
    word = getattr(refused.value, "error_code", None)
    return str(getattr(word, "value", word))


def test_a_container_keeps_its_name_for_a_while_after_it_was_deleted(account: Account) -> None:
    container = new_container(account)
    container.delete_container()
    account.clock.go(29)
    assert code(container.create_container) == "ContainerBeingDeleted"
    assert code(lambda: container.upload_blob("cat.png", b"miau")) == "ContainerNotFound"
    account.clock.go(1)
    container.create_container()


@pytest.mark.parametrize("discard", ["upload", "delete"])
def test_blocks_that_no_list_has_named_do_not_outlive_the_blob(blob: BlobClient, discard: str) -> None:
    blob.stage_block("a", b"woof")
    if discard == "upload":
        blob.upload_blob(b"miau", overwrite=True)
    else:
        blob.delete_blob()
    assert code(lambda: blob.commit_block_list([BlobBlock("a")])) == "InvalidBlockList"


def test_an_archived_blob_can_be_read_once_it_is_back_hours_later(account: Account, blob: BlobClient) -> None:
    blob.set_standard_blob_tier("Archive")
    blob.set_standard_blob_tier("Hot")
    now = blob.get_blob_properties()
    assert (str(now.blob_tier), now.archive_status) == ("Archive", "rehydrate-pending-to-hot")
    assert code(blob.download_blob) == "BlobArchived"
    account.clock.go(15 * 3600)
    assert blob.download_blob().readall() == b"miau"
    now = blob.get_blob_properties()
    assert now.blob_tier_change_time is not None
    assert (now.archive_status, now.blob_tier_change_time - now.last_modified) == (None, timedelta(hours=15))


def test_an_archived_blob_is_not_changed(blob: BlobClient) -> None:
    blob.set_standard_blob_tier("Archive")
    writes: list[Callable[[], Any]] = [
        lambda: blob.set_blob_metadata({"seen": "yes"}),
        blob.set_http_headers,
        lambda: blob.stage_block("AAAA", b"miau"),
        lambda: blob.commit_block_list([]),
        lambda: blob.upload_blob(b"woof", overwrite=True),
    ]
    assert {code(write) for write in writes} == {"BlobArchived"}
    blob.delete_blob()


def test_only_a_tier_that_was_set_has_a_time_of_change(account: Account, blob: BlobClient) -> None:
    assert blob.get_blob_properties().blob_tier_change_time is None
    account.clock.go(60)
    blob.set_standard_blob_tier("Cool")
    now = blob.get_blob_properties()
    assert now.blob_tier_change_time is not None
    assert (now.blob_tier_change_time - now.last_modified).total_seconds() == 60


@pytest.mark.parametrize("name", ["a\x01b", "\x1f&<", "\uffff%41", "\ufffe/\x0b"])
def test_a_name_that_xml_cannot_carry_is_listed_as_it_is(account: Account, name: str) -> None:
    container = new_container(account)
    container.upload_blob(name, b"miau")
    assert [blob.name for blob in container.list_blobs()] == [name]


def test_a_range_that_begins_behind_the_last_byte_is_refused(blob: BlobClient) -> None:
    assert code(lambda: blob.download_blob(4, 1)) == "InvalidRange"
    assert blob.download_blob(3, 2).readall() == b"u"


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_an_empty_page_before_each_other_hides_no_blob(limit: int) -> None:
    container, names = (
        new_container(storage_account(behaviour=Behaviour(empty_pages=True))),
        ["a b", "b/1", "b/2", "ä", "😀"],
    )
    for name in names:
        container.upload_blob(name, b"")
    pages = [[blob.name for blob in page] for page in container.list_blobs(results_per_page=limit).by_page()]
    assert pages[::2] == [[]] * len(pages[::2])
    assert [name for page in pages for name in page] == names


def test_a_lease_runs_out_and_is_renewed_unless_somebody_has_written(account: Account, blob: BlobClient) -> None:
    lease = blob.acquire_lease(15)
    account.clock.go(14.9)
    assert code(lambda: blob.upload_blob(b"woof", overwrite=True)) == "LeaseIdMissing"
    account.clock.go(0.1)
    assert blob.get_blob_properties().lease.state == "expired"
    lease.renew()
    account.clock.go(15)
    blob.set_blob_metadata({"seen": "yes"})
    assert code(lease.renew) == "LeaseIdMismatchWithLeaseOperation"


def test_a_lease_that_another_has_taken_since_is_lost(account: Account, blob: BlobClient) -> None:
    lease = blob.acquire_lease(15)
    account.clock.go(15)
    other: BlobLeaseClient = blob.acquire_lease(-1)
    account.clock.go(10_000_000)
    assert code(lease.renew) == "LeaseIdMismatchWithLeaseOperation"
    assert (blob.get_blob_properties().lease.state, code(lease.release)) == (
        "leased",
        "LeaseIdMismatchWithLeaseOperation",
    )
    other.release()


def test_a_broken_lease_holds_until_its_end(account: Account, blob: BlobClient) -> None:
    lease = blob.acquire_lease(60)
    assert lease.break_lease(20) == 20
    account.clock.go(12)
    assert lease.break_lease() == 8
    assert code(blob.delete_blob) == "LeaseIdMissing"
    account.clock.go(8)
    assert blob.get_blob_properties().lease.state == "broken"
    assert code(lease.renew) == "LeaseIsBrokenAndCannotBeRenewed"
    blob.delete_blob()


def test_what_the_service_cannot_read_has_a_code(blob: BlobClient) -> None:
    container = blob._get_container_client()
    assert code(lambda: next(container.list_blobs(results_per_page=0).by_page())) == "OutOfRangeQueryParameterValue"
    assert code(lambda: container.get_blob_client("a").create_append_blob()) == "InvalidHeaderValue"


def test_two_writes_of_one_second_have_two_etags(blob: BlobClient) -> None:
    first = blob.get_blob_properties()
    blob.upload_blob(b"miau", overwrite=True)
    second = blob.get_blob_properties()
    assert (first.last_modified, first.etag == second.etag) == (second.last_modified, False)
