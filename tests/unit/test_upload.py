import pytest

from shared.errors import Mismatch, StorageOut
from shared.rules.jobs import State
from shared.steps.intake.record import Recording, RecordResult
from shared.steps.work.attempt import End
from tests.doubles.world import World, png
from tests.unit.image_jobs import CAT


def upload(world: World, data: bytes | None = None, *, only_new: bool = False, etag: str | None = None) -> RecordResult:
    """Upload the cat."""
    data = png() if data is None else data
    return world.darkroom.upload.upload(CAT, data, content_type="image/png", only_new=only_new, etag=etag)


def test_an_image_is_put_under_its_name_and_recorded(world: World) -> None:
    recorded = upload(world)
    assert recorded.outcome is Recording.RECORDED
    assert (world.images.blobs[CAT].data, world.images.blobs[CAT].facts.content_type) == (png(), "image/png")
    assert world.job(recorded.job_id).version == world.images.blobs[CAT].facts.version


def test_the_blob_stands_before_its_row_and_the_row_before_its_message(world: World) -> None:
    upload(world)
    assert world.journal == ["images.put", "images.head", "jobs.insert", "queue.send"]


def test_what_was_uploaded_is_analysed(world: World) -> None:
    job_id = upload(world).job_id
    assert world.darkroom.attempt.run(job_id, owner="queue/1") is End.COMPLETED


def test_the_event_of_an_upload_is_a_duplicate(world: World) -> None:
    recorded = upload(world)
    assert world.darkroom.record.record(CAT) == RecordResult(recorded.job_id, Recording.DUPLICATE)


def test_another_upload_of_a_name_replaces_the_version_before(world: World) -> None:
    first, second = upload(world), upload(world, png(5))
    assert world.job(first.job_id).state is State.CANCELED
    assert world.job(second.job_id).state is State.PENDING


@pytest.mark.parametrize(("only_new", "etag"), [(True, None), (False, "0xOTHER")])
def test_a_condition_that_does_not_hold_leaves_all_as_it_was(world: World, *, only_new: bool, etag: str | None) -> None:
    upload(world)
    before, jobs = world.images.blobs, dict(world.jobs.table.jobs)
    with pytest.raises(Mismatch):
        upload(world, png(5), only_new=only_new, etag=etag)
    assert (world.images.blobs, world.jobs.table.jobs) == (before, jobs)


def test_a_condition_that_holds_lets_the_upload_through(world: World) -> None:
    upload(world, only_new=True)
    version = world.images.blobs[CAT].facts.version
    assert upload(world, png(5), etag=version).outcome is Recording.RECORDED
    assert world.images.blobs[CAT].data == png(5)


def test_an_outage_behind_the_blob_is_healed_by_its_event(world: World) -> None:
    world.jobs.out = True
    with pytest.raises(StorageOut):
        upload(world)
    world.jobs.out = False
    assert world.darkroom.record.record(CAT).outcome is Recording.RECORDED
