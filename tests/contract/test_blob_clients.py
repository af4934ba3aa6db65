"""The blob SDK over the services in process, as over Azurite: what its calls send beyond what the app sends."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import BlobServiceClient, ContainerClient, ContentSettings

from shared.storage.clients import API_VERSION
from tests.contract.places import Place

pytestmark = pytest.mark.azurite

#: Bytes that one request of these clients carries.
PIECE = 4


@pytest.fixture
def container(place: Place) -> Iterator[ContainerClient]:
    """Give a container, and a client that cuts blobs into small pieces."""
    sizes: dict[str, Any] = {
        "max_single_put_size": PIECE,
        "max_block_size": PIECE,
        "min_large_block_upload_threshold": 1,
        "max_single_get_size": PIECE,
        "max_chunk_get_size": PIECE,
    }
    with BlobServiceClient.from_connection_string(
        place.environ["AzureWebJobsStorage"], api_version=API_VERSION, transport=place.transport, retry_total=0, **sizes
    ) as service:
        yield service.create_container(place.environ["IMAGES_CONTAINER"])


@pytest.mark.parametrize("size", [0, 1, PIECE, PIECE + 1, 5 * PIECE, 33])
def test_a_blob_of_any_size_goes_up_by_blocks_and_comes_down_by_ranges(container: ContainerClient, size: int) -> None:
    data = bytes(range(size))
    blob = container.upload_blob("cat.png", data, metadata={"Shot": "7"}, max_concurrency=3)
    assert blob.download_blob(max_concurrency=3).readall() == data
    pieces = range(0, size, PIECE) if size > PIECE else ()
    assert [block.size for block in blob.get_block_list("all")[0]] == [len(data[at : at + PIECE]) for at in pieces]
    properties = blob.get_blob_properties()
    assert (properties.size, properties.metadata, bool(properties.content_settings.content_md5)) == (
        size,
        {"Shot": "7"},
        size <= PIECE,
    )


def test_blocks_that_nobody_commits_are_no_blob(container: ContainerClient) -> None:
    blob = container.get_blob_client("cat.png")
    blob.stage_block("AAAA", b"miau")
    assert (blob.exists(), list(container.list_blob_names())) == (False, [])
    assert [block.id for block in blob.get_block_list("all")[1]] == ["AAAA"]


def test_refusals_are_errors_of_their_own_kind(container: ContainerClient) -> None:
    blob = container.upload_blob("cat.png", b"miau")
    etag = blob.get_blob_properties().etag
    with pytest.raises(ResourceExistsError):
        blob.upload_blob(b"woof")
    with pytest.raises(ResourceModifiedError):
        blob.download_blob(etag='"0x1"', match_condition=MatchConditions.IfNotModified)
    with pytest.raises(HttpResponseError) as unmodified:
        blob.download_blob(etag=etag, match_condition=MatchConditions.IfModified)
    assert unmodified.value.status_code == 304
    with pytest.raises(ResourceNotFoundError):
        container.get_blob_client("dog.png").get_blob_properties()
    with pytest.raises(ResourceExistsError):
        container.create_container()
    with pytest.raises(HttpResponseError, match="LeaseNotPresentWithBlobOperation"):
        blob.set_blob_metadata({}, lease="11111111-0000-4000-8000-000000000001")


def test_folders_are_walked(container: ContainerClient) -> None:
    for name in ("a/1.png", "a/2.png", "b.png", "c/d/e.png"):
        container.upload_blob(name, b"")
    assert [one.name for one in container.walk_blobs()] == ["a/", "c/", "b.png"]
    assert [one.name for one in container.walk_blobs("c/")] == ["c/d/"]
    assert [one.name for one in container.list_blobs("a/")] == ["a/1.png", "a/2.png"]


def test_what_a_list_tells_is_what_a_look_tells(container: ContainerClient) -> None:
    settings = ContentSettings(
        content_type="image/png", content_encoding="odd", content_language="de", cache_control="x"
    )
    blob = container.upload_blob("ä 1.png", b"miau", metadata={"Shot": "7"}, content_settings=settings)
    (line,), look = container.list_blobs(include=["metadata"]), blob.get_blob_properties()
    for fact in ("name", "size", "last_modified", "creation_time", "metadata", "blob_tier", "blob_type"):
        assert (fact, getattr(line, fact)) == (fact, getattr(look, fact))
    assert f'"{line.etag}"' == look.etag
    fields = ("content_type", "content_encoding", "content_language", "cache_control", "content_md5")
    assert [getattr(line.content_settings, one) for one in fields] == [
        getattr(look.content_settings, one) for one in fields
    ]


def test_a_lease_keeps_others_out_until_it_is_released(container: ContainerClient) -> None:
    blob = container.upload_blob("cat.png", b"miau")
    lease = blob.acquire_lease(15)
    with pytest.raises(HttpResponseError):
        blob.acquire_lease(15)
    with pytest.raises(HttpResponseError):
        blob.delete_blob()
    blob.set_blob_metadata({"seen": "yes"}, lease=lease)
    lease.renew()
    lease.release()
    blob.delete_blob()
    assert not blob.exists()
