"""What a handler reads of blobs, and how its attempt ends where it can not."""

import pytest

from shared.errors import BlobUnreadable, StorageOut
from shared.handlers import Context
from shared.rules.jobs import State
from shared.steps.work.attempt import End
from tests.unit.acts import raising
from tests.unit.handler_jobs import HandlerWorld


def _tell(job: Context) -> dict[str, str]:
    """Return the text of the job's own blob."""
    return {"text": job.read().decode()}


def _work(data: bytes | None, **environ: str) -> tuple[HandlerWorld, End]:
    """Work on a job about a blob of these bytes, or one that is not there."""
    world = HandlerWorld(_tell, **environ)
    ref = world.upload("a.txt", data or b"")
    if data is None:
        world.images.take(ref)
    world.job_id = world.add_job(ref.ref)
    return world, End(world.work())


def test_a_handler_reads_the_blob_that_its_job_is_about() -> None:
    world, end = _work(b"to be")
    assert (end, world.job().report) == (End.COMPLETED, {"text": "to be"})


def test_a_handler_reads_another_blob_by_its_reference() -> None:
    world = HandlerWorld(lambda job: {"text": job.read("books/2.txt").decode()})
    world.images.put(world.upload("2.txt").of("books/2.txt"), b"or not", mime="text/plain")
    world.work()
    assert world.job().report == {"text": "or not"}


def test_a_read_takes_one_request() -> None:
    world, _ = _work(b"to be")
    assert world.journal == ["jobs.get", "jobs.replace", "images.read_current", "jobs.replace"]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (None, ("blob_gone", "The blob does not exist.")),
        (b"to be", ("too_many_bytes", "The blob has 5 bytes. The limit is 4.")),
    ],
)
def test_a_blob_that_is_gone_or_over_the_byte_gate_ends_the_job(data: bytes | None, error: tuple[str, str]) -> None:
    world, end = _work(data, MAX_BYTES="4")
    assert (end, world.job().state, world.error) == (End.FAILED, State.FAILED, error)


@pytest.mark.parametrize("ref", ["text", "books/", "/2.txt", "Books/2.txt", "books/a/../2.txt"])
def test_a_reference_that_names_no_blob_ends_the_job_without_a_request(ref: str) -> None:
    world = HandlerWorld(lambda job: {"text": job.read(ref).decode()})
    assert world.work() is End.FAILED
    assert world.error is not None
    assert (world.error[0], "images.read_current" in world.journal) == ("invalid_reference", False)


@pytest.mark.parametrize(("passing", "end"), [(True, End.RETRIED), (False, End.FAILED)])
def test_a_blob_that_the_service_does_not_give_is_asked_for_again_where_that_may_pass(
    end: End,
    *,
    passing: bool,
) -> None:
    world = HandlerWorld(_tell)
    world.job_id = world.add_job(world.upload("a.txt", b"to be").ref)
    world.images.before("read_current", raising(BlobUnreadable("BlobArchived", passing=passing)))
    assert world.work() is end
    assert world.error == ("blob_unreadable", "The blob service does not return the blob: BlobArchived.")


def test_an_outage_at_a_read_gives_the_job_back_uncounted() -> None:
    world = HandlerWorld(_tell, _tell, MAX_ATTEMPTS="1")
    world.job_id = world.add_job(world.upload("a.txt", b"to be").ref)
    world.images.before("read_current", raising(StorageOut("ServerBusy")))
    with pytest.raises(StorageOut):
        world.work()
    assert world.work() is End.COMPLETED
