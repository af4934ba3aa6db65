"""What a client of the API writes, whatever becomes of the replies."""

import pytest

from shared.errors import Mismatch
from shared.rules.images import ANY_VERSION, ImageRef
from tests.contract import lives
from tests.contract.torn import Torn
from tests.doubles.transports import Fault


def cat(torn: Torn, data: bytes | None = None) -> ImageRef:
    """Name an image, and put one there before if need be."""
    ref = ImageRef(torn.images_container, "cat.png")
    if data is not None:
        torn.rivals.images.put(ref, data, mime="image/png")
    return ref


def stands(torn: Torn, ref: ImageRef) -> bytes:
    """Return a blob's content."""
    facts = torn.rivals.images.head(ref)
    return torn.rivals.images.read(ref, facts.version, size_bytes=facts.size_bytes)


@pytest.mark.parametrize("fault", Fault)
def test_a_blob_is_put_whatever_happens(torn: Torn, fault: Fault) -> None:
    ref = cat(torn, b"old")
    torn.wire.arm(fault)
    torn.storage.images.put(ref, b"new", mime="image/png")
    assert stands(torn, ref) == b"new"


@pytest.mark.parametrize("fault", Fault)
def test_a_free_name_that_ones_own_write_has_taken_is_ones_own(torn: Torn, fault: Fault) -> None:
    ref = cat(torn)
    torn.wire.arm(fault)
    torn.storage.images.put(ref, b"new", mime="image/png", only_new=True)
    assert stands(torn, ref) == b"new"


@pytest.mark.parametrize("fault", Fault)
def test_a_version_that_ones_own_write_has_replaced_is_replaced(torn: Torn, fault: Fault) -> None:
    ref = cat(torn, b"old")
    version = torn.rivals.images.head(ref).version
    torn.wire.arm(fault, times=2)
    torn.storage.images.put(ref, b"new", mime="image/png", etag=version)
    assert stands(torn, ref) == b"new"


@pytest.mark.parametrize("fault", Fault)
def test_a_blob_that_must_be_there_is_replaced_whatever_happens(torn: Torn, fault: Fault) -> None:
    ref = cat(torn, b"old")
    torn.wire.arm(fault)
    torn.storage.images.put(ref, b"new", mime="image/png", etag=ANY_VERSION)
    assert stands(torn, ref) == b"new"


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.BUSY_BEFORE])
def test_a_rival_that_is_faster_is_written_over_where_any_version_may_stand(torn: Torn, fault: Fault) -> None:
    ref = cat(torn, b"old")
    torn.wire.arm(fault, meanwhile=lambda: torn.rivals.images.put(ref, b"rival's", mime="image/png"))
    torn.storage.images.put(ref, b"new", mime="image/png", etag=ANY_VERSION)
    assert stands(torn, ref) == b"new"


@pytest.mark.parametrize("conditional", ["only_new", "etag"])
@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.BUSY_BEFORE])
def test_a_rival_that_puts_another_blob_meanwhile_has_won(torn: Torn, fault: Fault, conditional: str) -> None:
    ref = cat(torn, None if conditional == "only_new" else b"old")
    version = None if conditional == "only_new" else torn.rivals.images.head(ref).version
    torn.wire.arm(fault, meanwhile=lambda: torn.rivals.images.put(ref, b"rival's", mime="image/png"))
    with pytest.raises(Mismatch):
        torn.storage.images.put(ref, b"new", mime="image/png", only_new=version is None, etag=version)
    assert stands(torn, ref) == b"rival's"


@pytest.mark.parametrize("fault", Fault)
def test_a_key_row_is_forgotten_whatever_happens(torn: Torn, fault: Fault) -> None:
    row = torn.rival.store.insert(lives.added(torn))
    ended = torn.rival.store.replace(row, lives.ended(torn, row))
    torn.rivals.ended.purge([(ended, torn.rival.store.key(lives.TYPE, ended.job.ref))])
    key = torn.rival.store.key(lives.TYPE, ended.job.ref)
    assert key is not None
    torn.wire.arm(fault)
    torn.storage.ended.forget(key)
    assert torn.rival.store.key(lives.TYPE, ended.job.ref) is None
