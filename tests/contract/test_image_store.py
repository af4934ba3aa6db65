import hashlib
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import BlobChanged, BlobGone, BlobTooLarge, InvalidReference, Mismatch
from shared.rules.images import ANY_VERSION, ImageRef
from shared.rules.thumbnails import MAX_BYTES
from tests.contract.benches import ImagesBench

NAMES = ["cat.png", "2026/summer #1/50% ä?😀.png", "/a//b/", "%2e%2e/x", "a" * 1024]


def read(images: ImagesBench, ref: ImageRef) -> bytes:
    """Read what stands there."""
    facts = images.store.head(ref)
    return images.store.read(ref, facts.version, size_bytes=facts.size_bytes)


def test_an_absent_blob_is_gone_at_a_look_and_at_a_read(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    version = images.store.head(ref).version
    images.remove(ref)
    with pytest.raises(BlobGone):
        images.store.head(ref)
    with pytest.raises(BlobGone):
        images.store.read(ref, version, size_bytes=4)


def test_a_missing_container_is_a_blob_that_is_gone(images: ImagesBench) -> None:
    ref = type(images.upload("cat.png", b""))("absent-container", "cat.png")
    with pytest.raises(BlobGone):
        images.store.head(ref)


@pytest.mark.parametrize("name", NAMES)
def test_a_blob_is_read_as_it_was_uploaded(images: ImagesBench, name: str) -> None:
    ref = images.upload(name, bytes(range(256)))
    assert read(images, ref) == bytes(range(256))


@pytest.mark.parametrize("name", NAMES)
def test_the_current_version_of_a_blob_is_read_without_a_look(images: ImagesBench, name: str) -> None:
    images.upload(name, b"miau")
    ref = images.upload(name, bytes(range(256)))
    assert images.store.read_current(ref, most_bytes=1000) == bytes(range(256))


@pytest.mark.azurite
def test_a_blob_of_no_byte_is_read_as_it_is(images: ImagesBench) -> None:
    assert images.store.read_current(images.upload("cat.png", b""), most_bytes=1000) == b""


@pytest.mark.azurite
def test_a_blob_of_as_many_bytes_as_may_be_read_is_read_and_no_larger_one(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    assert images.store.read_current(ref, most_bytes=4) == b"miau"
    with pytest.raises(BlobTooLarge) as refused:
        images.store.read_current(ref, most_bytes=3)
    assert refused.value.size_bytes == 4


@pytest.mark.parametrize("container", [None, "absent-container"])
def test_there_is_nothing_to_read_where_a_blob_or_its_container_is_absent(
    images: ImagesBench, container: str | None
) -> None:
    ref = images.upload("cat.png", b"miau")
    with pytest.raises(BlobGone):
        images.store.read_current(replace(ref, container=container or ref.container, name="dog.png"), most_bytes=4)


def test_an_empty_blob_has_facts(images: ImagesBench) -> None:
    assert images.store.head(images.upload("cat.png", b"")).size_bytes == 0


@pytest.mark.azurite
def test_the_facts_are_those_of_the_upload(images: ImagesBench) -> None:
    facts = images.store.head(images.upload("cat.webp", b"miau", "image/webp"))
    assert (facts.size_bytes, facts.content_type) == (4, "image/webp")
    assert facts.modified_at.utcoffset() == timedelta(0)


def test_a_version_is_a_bare_etag(images: ImagesBench) -> None:
    version = images.store.head(images.upload("cat.png", b"miau")).version
    assert version.startswith("0x")
    assert '"' not in version


@pytest.mark.azurite
def test_reading_an_old_version_is_changed(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    version = images.store.head(ref).version
    images.upload("cat.png", b"woof")
    with pytest.raises(BlobChanged):
        images.store.read(ref, version, size_bytes=4)


def test_the_same_content_again_is_another_version(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    version = images.store.head(ref).version
    images.upload("cat.png", b"miau")
    assert images.store.head(ref).version != version


def test_a_change_of_metadata_is_another_version_whose_content_is_known_to_be_the_same(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    before = images.store.head(ref)
    images.touch(ref)
    after = images.store.head(ref)
    assert after.version != before.version
    assert replace(after, version="", modified_at=before.modified_at) == replace(before, version="")
    assert after.content_md5 == hashlib.md5(b"miau", usedforsecurity=False).hexdigest()


def test_the_first_thumbnail_creates_its_container(images: ImagesBench) -> None:
    images.store.insert_thumbnail("job/1.webp", b"small", mime="image/webp")
    assert images.thumbnails() == {"job/1.webp": (b"small", "image/webp")}


@pytest.mark.azurite
def test_writing_a_thumbnail_twice_is_harmless_and_the_first_is_never_written_over(images: ImagesBench) -> None:
    for data in (b"first", b"first", b"second"):
        images.store.insert_thumbnail("job/1.webp", data, mime="image/webp")
    assert images.thumbnails() == {"job/1.webp": (b"first", "image/webp")}


def test_a_loser_deletes_its_own_thumbnail_alone_and_twice_is_harmless(images: ImagesBench) -> None:
    for name in ("job/1.webp", "job/2.webp"):
        images.store.insert_thumbnail(name, b"small", mime="image/webp")
    for _ in range(2):
        images.store.delete_thumbnail("job/1.webp")
    assert list(images.thumbnails()) == ["job/2.webp"]


@pytest.mark.parametrize("data", [b"small", bytes(200_000)])
def test_a_thumbnail_is_read_as_it_was_written(images: ImagesBench, data: bytes) -> None:
    images.store.insert_thumbnail("job/1.webp", data, mime="image/webp")
    assert images.store.thumbnail("job/1.webp") == (data, "image/webp")


def test_what_is_larger_than_any_thumbnail_is_not_read_in_its_place(images: ImagesBench) -> None:
    images.store.insert_thumbnail("job/1.webp", bytes(MAX_BYTES + 1), mime="image/webp")
    with pytest.raises(BlobGone):
        images.store.thumbnail("job/1.webp")


def test_an_absent_thumbnail_is_gone_and_so_is_one_of_an_absent_container(images: ImagesBench) -> None:
    with pytest.raises(BlobGone):
        images.store.thumbnail("job/1.webp")
    images.store.insert_thumbnail("job/2.webp", b"small", mime="image/webp")
    with pytest.raises(BlobGone):
        images.store.thumbnail("job/1.webp")


@pytest.mark.parametrize("name", NAMES)
def test_a_blob_is_put_as_it_was_sent(images: ImagesBench, name: str) -> None:
    ref = replace(images.upload("other.png", b""), name=name)
    images.store.put(ref, bytes(range(256)), mime="image/webp")
    facts = images.store.head(ref)
    assert (facts.content_type, read(images, ref)) == ("image/webp", bytes(range(256)))
    assert facts.content_md5 == hashlib.md5(bytes(range(256)), usedforsecurity=False).hexdigest()


def test_the_first_blob_creates_its_container(images: ImagesBench) -> None:
    ref = replace(images.upload("other.png", b""), container=f"new-{uuid.uuid4().hex[:12]}")
    images.store.put(ref, b"miau", mime="image/png")
    assert images.store.head(ref).size_bytes == 4


def test_without_a_condition_a_blob_is_put_over_another(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    before = images.store.head(ref).version
    images.store.put(ref, b"woof", mime="image/png")
    after = images.store.head(ref).version
    assert (after != before, read(images, ref)) == (True, b"woof")


@pytest.mark.parametrize("data", [b"miau", b"woof"])
@pytest.mark.parametrize("condition", ["only_new", "etag"])
def test_a_name_that_is_taken_and_a_version_that_is_replaced_are_refused_whatever_the_bytes(
    images: ImagesBench, data: bytes, condition: str
) -> None:
    ref = images.upload("cat.png", b"miau")
    old = images.store.head(ref).version if condition == "etag" else None
    images.upload("cat.png", b"miau")
    before = images.store.head(ref)
    with pytest.raises(Mismatch):
        images.store.put(ref, data, mime="image/png", only_new=old is None, etag=old)
    assert images.store.head(ref) == before


def test_a_name_that_is_free_is_taken(images: ImagesBench) -> None:
    ref = replace(images.upload("other.png", b""), name="cat.png")
    images.store.put(ref, b"miau", mime="image/png", only_new=True)
    assert images.store.head(ref).size_bytes == 4


def test_a_version_of_a_blob_that_is_gone_is_refused(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    old = images.store.head(ref).version
    images.remove(ref)
    with pytest.raises(Mismatch):
        images.store.put(ref, b"woof", mime="image/png", etag=old)


def test_where_any_version_may_stand_one_must(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    images.store.put(ref, b"woof", mime="image/png", etag=ANY_VERSION)
    assert read(images, ref) == b"woof"
    images.remove(ref)
    with pytest.raises(Mismatch):
        images.store.put(ref, b"woof", mime="image/png", etag=ANY_VERSION)
    with pytest.raises(BlobGone):
        images.store.head(ref)


def test_no_version_stands_in_a_container_that_is_not_there(images: ImagesBench) -> None:
    ref = replace(images.upload("cat.png", b"miau"), container=f"absent-{uuid.uuid4().hex}")
    with pytest.raises(Mismatch):
        images.store.put(ref, b"woof", mime="image/png", etag=ANY_VERSION)


def test_the_version_that_was_named_is_replaced(images: ImagesBench) -> None:
    ref = images.upload("cat.png", b"miau")
    images.store.put(ref, b"woof", mime="image/png", etag=images.store.head(ref).version)
    assert read(images, ref) == b"woof"


FOLDED = [
    "../thumbnails-x/a.png",
    "a/./b.png",
    "a\\b.png",
    "b.png.",
    "a./b.png",
    "a\nb.png",
    "a\x85b",
    "\ufffe",
    "\ud800",
]


@pytest.mark.case("storage refused name", was="poison for ever; the API answers 503")
@pytest.mark.case("storage backslash", was="a second job under an alias")
@pytest.mark.parametrize("name", [*FOLDED, "", "a" * 1025, "/".join("a" * 255)])
def test_no_call_takes_a_name_that_storage_would_fold_or_refuse(images: ImagesBench, name: str) -> None:
    ref = replace(images.upload("cat.png", b"miau"), name=name)
    store: Any = images.store
    calls: list[Callable[[], object]] = [
        lambda: store.head(ref),
        lambda: store.read(ref, "0x1", size_bytes=4),
        lambda: store.read_current(ref, most_bytes=4),
        lambda: store.put(ref, b"miau", mime="image/png"),
        lambda: store.insert_thumbnail(name, b"small", mime="image/webp"),
        lambda: store.delete_thumbnail(name),
        lambda: store.thumbnail(name),
    ]
    for call in calls:
        with pytest.raises(InvalidReference):
            call()


@pytest.mark.parametrize("container", ["..", "a/../b", "Images", "im", "a--b", "-ab", "a" * 64, "$logs/x"])
def test_no_call_takes_a_container_that_cannot_be(images: ImagesBench, container: str) -> None:
    ref = replace(images.upload("cat.png", b"miau"), container=container)
    with pytest.raises(InvalidReference):
        images.store.head(ref)
    with pytest.raises(InvalidReference):
        images.store.put(ref, b"miau", mime="image/png")
