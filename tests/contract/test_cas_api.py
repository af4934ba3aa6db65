"""What a client of the API writes, whatever becomes of the replies."""

import pytest

from shared.errors import Mismatch
from shared.rules.images import ANY_VERSION, ImageRef
from tests.contract import job_moves
from tests.contract.faulty_storage import FaultyStorage
from tests.contract.uploads import ref_of
from tests.doubles.transports import Fault


def cat(faulty: FaultyStorage, data: bytes | None = None) -> ImageRef:
    """Name an image, and put one there before if need be."""
    ref = ref_of(faulty.rival.darkroom)
    if data is not None:
        faulty.rivals.images.put(ref, data, mime="image/png")
    return ref


def stands(faulty: FaultyStorage, ref: ImageRef) -> bytes:
    """Return a blob's content."""
    facts = faulty.rivals.images.head(ref)
    return faulty.rivals.images.read(ref, facts.version, size_bytes=facts.size_bytes)


@pytest.mark.parametrize("fault", Fault)
def test_a_blob_is_put_whatever_happens(faulty: FaultyStorage, fault: Fault) -> None:
    ref = cat(faulty, b"old")
    faulty.wire.arm(fault)
    faulty.storage.images.put(ref, b"new", mime="image/png")
    assert stands(faulty, ref) == b"new"


@pytest.mark.parametrize("fault", Fault)
def test_a_free_name_that_ones_own_write_has_taken_is_ones_own(faulty: FaultyStorage, fault: Fault) -> None:
    ref = cat(faulty)
    faulty.wire.arm(fault)
    faulty.storage.images.put(ref, b"new", mime="image/png", only_new=True)
    assert stands(faulty, ref) == b"new"


@pytest.mark.parametrize("fault", Fault)
def test_a_version_that_ones_own_write_has_replaced_is_replaced(faulty: FaultyStorage, fault: Fault) -> None:
    ref = cat(faulty, b"old")
    version = faulty.rivals.images.head(ref).version
    faulty.wire.arm(fault, times=2)
    faulty.storage.images.put(ref, b"new", mime="image/png", etag=version)
    assert stands(faulty, ref) == b"new"


@pytest.mark.parametrize("fault", Fault)
def test_a_blob_that_must_be_there_is_replaced_whatever_happens(faulty: FaultyStorage, fault: Fault) -> None:
    ref = cat(faulty, b"old")
    faulty.wire.arm(fault)
    faulty.storage.images.put(ref, b"new", mime="image/png", etag=ANY_VERSION)
    assert stands(faulty, ref) == b"new"


@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.BUSY_BEFORE])
def test_a_rival_that_is_faster_is_written_over_if_any_version_may_stand(faulty: FaultyStorage, fault: Fault) -> None:
    ref = cat(faulty, b"old")
    faulty.wire.arm(fault, meanwhile=lambda: faulty.rivals.images.put(ref, b"rival's", mime="image/png"))
    faulty.storage.images.put(ref, b"new", mime="image/png", etag=ANY_VERSION)
    assert stands(faulty, ref) == b"new"


@pytest.mark.parametrize("conditional", ["only_new", "etag"])
@pytest.mark.parametrize("fault", [Fault.REQUEST_LOST, Fault.BUSY_BEFORE])
def test_a_rival_that_puts_another_blob_meanwhile_wins(faulty: FaultyStorage, fault: Fault, conditional: str) -> None:
    ref = cat(faulty, None if conditional == "only_new" else b"old")
    version = None if conditional == "only_new" else faulty.rivals.images.head(ref).version
    faulty.wire.arm(fault, meanwhile=lambda: faulty.rivals.images.put(ref, b"rival's", mime="image/png"))
    with pytest.raises(Mismatch):
        faulty.storage.images.put(ref, b"new", mime="image/png", only_new=version is None, etag=version)
    assert stands(faulty, ref) == b"rival's"


@pytest.mark.parametrize("fault", Fault)
def test_a_key_row_is_forgotten_whatever_happens(faulty: FaultyStorage, fault: Fault) -> None:
    ended = job_moves.canceled(faulty.rival)
    faulty.rivals.ended.purge([(ended, faulty.rival.store.key(job_moves.TYPE, ended.job.ref))])
    key = job_moves.key_of(faulty.rival, ended.job.ref)
    faulty.wire.arm(fault)
    faulty.storage.ended.forget(key)
    assert faulty.rival.store.key(job_moves.TYPE, ended.job.ref) is None
