import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from azure.storage.blob import BlobBlock, BlobClient, ContentSettings, StandardBlobTier

from shared.errors import MarkerRejected, StorageOut
from shared.ports.images import ImageListing
from shared.rules.images import ListedBlob
from shared.steps.operators import blob_count
from shared.steps.operators.blob_count import BlobCount
from shared.storage.blob_listing import BlobListing
from tests.contract.benches import AzureImages, ImagesBench
from tests.contract.memory_benches import DoubledImages
from tests.contract.places import Place
from tests.contract.refusing_transports import IMPATIENT, Refusing
from tests.contract.uploads import blob_of, ref_of, upload
from tests.doubles.listing import MemoryListing
from tests.doubles.transports import CountingTransport

#: What somebody does to a blob.
Change = Callable[[BlobClient], None]
NAMES = ["2026/summer #1/50% ä?😀.png", "a b.png", "a.png", "b.png"]


@pytest.fixture
def listing(images: ImagesBench, place: Place) -> ImageListing:
    """Give the listing of the container that the bench uploads to."""
    if isinstance(images, DoubledImages):
        return MemoryListing(images.store, images.store._clock, container="images")
    return place.build().storage.listing


def _all(listing: ImageListing, limit: int) -> list[ListedBlob]:
    """List page by page."""
    page = listing.page(None, limit=limit)
    blobs = list(page.blobs)
    while page.marker is not None:
        page = listing.page(page.marker, limit=limit)
        blobs += page.blobs
    return blobs


def test_an_empty_container_is_one_page_without_a_marker(images: ImagesBench, listing: ImageListing) -> None:
    images.remove(images.upload("cat.png", b""))
    page = listing.page(None, limit=10)
    assert (page.blobs, page.marker) == ((), None)


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5])
def test_pages_hold_every_blob_once(images: ImagesBench, listing: ImageListing, limit: int) -> None:
    refs = [images.upload(name, b"miau") for name in NAMES]
    assert [blob.ref for blob in _all(listing, limit)] == refs


@pytest.mark.azurite
def test_a_page_holds_no_more_than_the_limit(images: ImagesBench, listing: ImageListing) -> None:
    for name in NAMES:
        images.upload(name, b"miau")
    page = listing.page(None, limit=3)
    assert len(page.blobs) == 3
    assert page.marker is not None


@pytest.mark.parametrize("name", NAMES)
def test_a_listing_tells_what_a_look_at_the_blob_tells(images: ImagesBench, listing: ImageListing, name: str) -> None:
    facts = images.store.head(images.upload(name, b"miau"))
    (blob,) = listing.page(None, limit=10).blobs
    assert blob.facts == facts
    assert facts.modified_at.utcoffset() == timedelta(0)


def put(*, tier: StandardBlobTier | None = None, **options: Any) -> Change:  # noqa: ANN401 - of the SDK
    """Return what uploads an image, and then names a tier."""

    def change(blob: BlobClient) -> None:
        blob.upload_blob(options.pop("data", b"miau"), overwrite=True, **options)
        if tier is not None:
            blob.set_standard_blob_tier(tier)

    return change


def commit(blob: BlobClient) -> None:
    """Upload in blocks: nobody knows the MD5."""
    blob.stage_block("1", b"miau")
    blob.commit_block_list([BlobBlock("1")])


def touch(blob: BlobClient) -> None:
    """Change an image's metadata."""
    put(metadata={"seen": "yes"})(blob)
    blob.set_blob_metadata({"seen": "twice"})


@pytest.mark.azurite
@pytest.mark.parametrize(
    "change",
    [
        put(content_settings=ContentSettings(content_type='image/jpeg; q="%C3"')),
        put(content_settings=ContentSettings(content_encoding="gzip", content_language="de")),
        put(tier=StandardBlobTier.COOL),
        put(tier=StandardBlobTier.ARCHIVE),
        put(data=b""),
        commit,
        touch,
    ],
    ids=["type", "encoding", "cool", "archived", "empty", "blocks", "touched"],
)
def test_a_listing_tells_all_that_a_look_at_a_blob_of_any_kind_tells(place: Place, change: Change) -> None:
    darkroom = place.build(create=True)
    change(blob_of(darkroom))
    (blob,) = darkroom.storage.listing.page(None, limit=10).blobs
    assert blob.facts == darkroom.storage.images.head(ref_of(darkroom))


def test_a_listing_does_not_know_whether_an_empty_blob_marks_a_folder(place: Place) -> None:
    darkroom = place.build(create=True)
    upload(darkroom, data=b"", metadata={"hdi_isfolder": "true"})
    (blob,) = darkroom.storage.listing.page(None, limit=10).blobs
    assert (blob.facts.folder, darkroom.storage.images.head(blob.ref).folder) == (False, True)


@pytest.mark.azurite
def test_a_page_tells_when_the_service_answered(images: ImagesBench, listing: ImageListing) -> None:
    images.upload("cat.png", b"miau")
    page = listing.page(None, limit=10)
    assert page.seen_at.microsecond == 0
    assert timedelta(0) <= page.seen_at - page.blobs[0].facts.modified_at < timedelta(seconds=5)


def test_a_blob_uploaded_behind_the_marker_is_on_no_later_page(images: ImagesBench, listing: ImageListing) -> None:
    for name in ("b.png", "c.png"):
        images.upload(name, b"miau")
    first = listing.page(None, limit=1)
    images.upload("a.png", b"miau")
    assert [blob.ref.name for blob in listing.page(first.marker, limit=10).blobs] == ["c.png"]


def test_a_container_that_is_missing_is_no_empty_one(place: Place) -> None:
    listing = place.with_settings(IMAGES_CONTAINER=f"absent-{uuid.uuid4().hex[:12]}").build().storage.listing
    with pytest.raises(StorageOut, match="ContainerNotFound"):
        listing.page(None, limit=10)


@pytest.mark.parametrize(("marker", "error"), [("old", MarkerRejected), (None, StorageOut)])
def test_only_a_marker_can_be_refused(place: Place, marker: str | None, error: type[Exception]) -> None:
    AzureImages(place)
    refusing = Refusing(place.transport, status=400)
    listing = place.build(refusing, runtime=IMPATIENT).storage.listing
    refusing.refusals_left = 1
    with pytest.raises(error):
        listing.page(marker, limit=10)


def test_an_outage_is_no_refusal_of_the_marker(place: Place) -> None:
    AzureImages(place)
    refusing = Refusing(place.transport, status=503)
    listing = place.build(refusing, runtime=IMPATIENT).storage.listing
    refusing.refusals_left = 1_000
    with pytest.raises(StorageOut):
        listing.page("old", limit=10)


def test_a_listing_names_the_account_that_it_lists(place: Place) -> None:
    listing = place.build().storage.listing
    assert isinstance(listing, BlobListing)
    assert f"/{listing.account}/{place.environ['IMAGES_CONTAINER']}" in listing._client.url


def test_the_blobs_are_counted_with_a_list_a_page_and_no_more_than_ten_a_call(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blob_count, "PAGE", 2)
    wire = CountingTransport(place.transport)
    darkroom = place.build(wire, create=True)
    for number in range(21):
        upload(darkroom, f"{number:02}.png")
    with wire.count() as requests:
        first = darkroom.count_blobs.count()
    assert (first.blobs, len(requests)) == (20, 10)
    with wire.count() as requests:
        assert darkroom.count_blobs.count(first.marker) == BlobCount(1, None)
    assert len(requests) == 1
