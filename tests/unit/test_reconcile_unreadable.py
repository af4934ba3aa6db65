"""Blobs that can't be looked at, or not yet: what a walk does with them, and what it costs."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta

import pytest

from shared.errors import BlobUnreadable, StorageOut
from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.record import Recording
from shared.steps.upkeep.reconcile import WalkResult
from shared.steps.work.attempt import End
from tests.doubles.walks import job_names, walk, world_of_old_images
from tests.doubles.world import World, png
from tests.unit.acts import raising

DAY = timedelta(days=1)


def closed_blob(*, passing: bool) -> Callable[[], None]:
    """Return what a look meets at a blob that is closed to us."""
    return raising(BlobUnreadable("AuthorizationPermissionMismatch", passing=passing))


def calls(world: World) -> list[str]:
    """Return what the next walk calls, in its order."""
    world.clock.advance(300)
    world.journal.clear()
    walk(world)
    return [call for call in world.journal if not call.startswith("locks.")]


@pytest.mark.case("mutants 3", was="57 requests a walk in place of 5: the watermark stays")
@pytest.mark.parametrize("act", [closed_blob(passing=True), raising(StorageOut("out"))])
def test_a_blob_that_cannot_be_looked_at_pins_no_watermark_and_is_looked_at_again(act: Callable[[], None]) -> None:
    world = world_of_old_images(*(f"{number:02}.png" for number in range(50)), age=DAY, apart=True)
    world.images.before("head", act)
    with suppress(StorageOut):
        walk(world)
    assert len(job_names(world)) == 49
    assert calls(world) == [
        *("marks.get", "images.head", "jobs.insert", "queue.send"),  # the one that was left
        *("listing.page", "marks.replace"),
    ]
    assert len(job_names(world)) == 50
    assert calls(world) == ["marks.get", "listing.page", "marks.replace"]


def test_more_names_than_a_mark_keeps_are_looked_at_by_the_watermark() -> None:
    world = world_of_old_images(*(f"{number:03}.png" for number in range(60)), age=DAY, apart=True)
    world.images.before("head", *[raising(StorageOut("out"))] * 60)
    with pytest.raises(StorageOut):
        walk(world)
    (mark,) = world.marks.rows.values()
    assert "again" not in mark.value
    walk(world)
    assert len(job_names(world)) == 60


def test_a_blob_that_nobody_will_ever_get_is_rejected_and_not_looked_at_again() -> None:
    world = world_of_old_images("a.png", age=DAY, apart=True)
    world.images.before("head", closed_blob(passing=False))
    walk(world)
    assert world.rejections.rows["images/a.png"].code == "blob_unreadable"
    assert calls(world) == ["marks.get", "listing.page", "marks.replace"]


@pytest.mark.case("storage folder marker", was="a FAILED job")
def test_markers_of_folders_are_counted_and_left() -> None:
    world = world_of_old_images("album", "album/a.png", apart=True)
    world.images.mark(ImageRef("images", "album"), folder=True)
    assert walk(world) == WalkResult(seen=2, missed=1, ignored=1, complete=True)
    assert job_names(world) == ["album/a.png"]


def archived(world: World) -> str:
    """Let a job end since its blob is archived; return its id."""
    ref = world.upload("a.png")
    job_id = world.darkroom.record.record(ref, announce=False).job_id
    world.images.mark(ref, archived=True, tier_changed_at=world.clock.now)
    world.images.before("read", closed_blob(passing=False))
    world.darkroom.attempt.run(job_id, owner="queue/1")
    assert world.job(job_id).state is State.FAILED
    return job_id


@pytest.mark.case("storage rehydrated", was="FAILED for good")
def test_a_job_whose_blob_has_left_the_archive_is_opened_again_by_the_next_walk_once() -> None:
    world = world_of_old_images()
    job_id = archived(world)
    world.clock.advance(86_400)
    assert walk(world) == WalkResult(seen=1, complete=True)
    world.images.mark(ImageRef("images", "a.png"), archived=False, tier_changed_at=world.clock.now)
    world.clock.advance(86_400)
    assert walk(world) == WalkResult(seen=1, reopened=1, complete=True)
    assert world.job(job_id).state is State.PENDING
    world.clock.advance(86_400)
    assert walk(world) == WalkResult(seen=1, complete=True)


@pytest.mark.case("storage rehydrated", was="FAILED for good")
def test_an_event_of_a_changed_tier_opens_the_job_again_and_works_on_it() -> None:
    world = world_of_old_images()
    job_id = archived(world)
    world.clock.advance(60)
    world.images.mark(ImageRef("images", "a.png"), archived=False, tier_changed_at=world.clock.now)
    assert world.darkroom.receive.receive(b"images/a.png", owner="queue/1") == [End.COMPLETED]
    assert world.darkroom.receive.receive(b"images/a.png", owner="queue/1") == [End.ENDED]
    assert world.job(job_id).state is State.COMPLETED


@pytest.mark.parametrize("left_archive", [True, False])
def test_a_job_that_fails_again_is_not_opened_for_the_same_change(*, left_archive: bool) -> None:
    world = world_of_old_images()
    job_id, ref = archived(world), ImageRef("images", "a.png")
    world.clock.advance(60)
    world.images.mark(ref, archived=not left_archive, tier_changed_at=world.clock.now)
    if left_archive:
        assert world.darkroom.record.record(ref).outcome is Recording.REDRIVEN
        world.clock.advance(60)
        world.images.before("read", closed_blob(passing=False))
        world.darkroom.attempt.run(job_id, owner="queue/1")
    assert world.darkroom.record.record(ref).outcome is Recording.DUPLICATE
    assert world.job(job_id).state is State.FAILED


def _out_of_the_archive(world: World) -> str:
    """Let a job end since its blob is archived, and take the blob out of the archive; return the job's id."""
    job_id = archived(world)
    world.images.mark(ImageRef("images", "a.png"), archived=False, tier_changed_at=world.clock.now + timedelta(hours=1))
    world.clock.advance(86_400)
    return job_id


def test_a_job_of_a_newer_release_is_not_opened_again() -> None:
    world = world_of_old_images()
    job_id = _out_of_the_archive(world)
    world.newer_release_writes(job_id)
    row = world.jobs.table.jobs[job_id]
    assert walk(world).reopened == 0
    assert world.jobs.table.jobs[job_id] == row


@pytest.mark.parametrize("call", ["get", "key", "replace"])
def test_a_job_is_not_opened_again_beside_that_of_a_version_that_is_recorded_meanwhile(call: str) -> None:
    world = world_of_old_images()
    job_id = _out_of_the_archive(world)

    def overwrite() -> None:
        world.darkroom.record.record(world.upload("a.png", png(3, 2)), announce=False)

    world.jobs.before(call, overwrite)
    assert world.darkroom.record.record(ImageRef("images", "a.png")).outcome is Recording.DUPLICATE
    states = {row.job.id: row.job.state for row in world.jobs.table.jobs.values()}
    assert (states.pop(job_id), *states.values()) == (State.FAILED, State.PENDING)


def test_a_job_that_somebody_else_opens_meanwhile_is_opened_once() -> None:
    world = world_of_old_images()
    job_id = _out_of_the_archive(world)
    rows = []

    def open_again() -> None:
        world.darkroom.redrive.redrive(job_id)
        rows.append(world.jobs.table.jobs[job_id])

    world.jobs.before("replace", open_again)
    assert walk(world).reopened == 0
    assert [world.jobs.table.jobs[job_id]] == rows
    assert world.job(job_id).state is State.PENDING
