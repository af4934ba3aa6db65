"""What becomes of thumbnails when a job is deleted by hand."""

import pytest

from shared.errors import Mismatch, Refused, StorageOut
from shared.rules.jobs import Event, Move
from tests.doubles.world import World
from tests.unit.test_add import add, ended, purged
from tests.unit.test_remove import canceled, either_way


@pytest.mark.case("mutants 2", was="the thumbnail of a committed report was deleted")
@either_way
def test_a_thumbnail_that_is_published_under_the_removal_of_a_job_that_is_opened_again_stays(
    world: World, *, forget: bool
) -> None:
    job_id = canceled(world)

    def publish() -> None:
        world.darkroom.redrive.redrive(job_id)
        world.images.insert_thumbnail(f"{job_id}/3.webp", b"small", mime="image/webp")

    world.ended.before("purge", publish)
    with pytest.raises(Refused):
        world.darkroom.remove.remove(job_id, forget=forget)
    assert list(world.images.thumbnails) == [f"{job_id}/3.webp"]


def test_a_thumbnail_of_a_later_attempt_than_the_deleted_row_knows_of_stays(world: World) -> None:
    job_id = canceled(world)
    for token in (1, 9):
        world.images.insert_thumbnail(f"{job_id}/{token}.webp", b"small", mime="image/webp")
    world.darkroom.remove.remove(job_id, forget=False)
    assert list(world.images.thumbnails) == [f"{job_id}/9.webp"]


@pytest.mark.case("mutants 2", was="the thumbnail of a committed report was deleted")
def test_a_version_that_moves_on_under_the_removal_keeps_its_thumbnail(world: World, job_id: str) -> None:
    world.darkroom.attempt.run(job_id, owner="queue/1")
    seen = world.jobs.table.jobs[job_id]
    world.ended.before("purge", lambda: world.jobs.behind(job_id, lambda row: Move(Event.RETAG, row.job, row.seen_at)))
    with pytest.raises(Mismatch):
        world.darkroom.remove.remove(job_id, forget=False, versions={seen.fingerprint})
    assert list(world.images.thumbnails) == [f"{job_id}/1.png"]


@pytest.mark.case("mutants 2", was="the thumbnail of a committed report was deleted")
@either_way
def test_a_crash_in_the_middle_of_a_removal_leaves_a_thumbnail_and_no_job(
    world: World, job_id: str, *, forget: bool
) -> None:
    world.darkroom.attempt.run(job_id, owner="queue/1")
    world.images.before("thumbnails_of", lambda: setattr(world.images, "out", True))
    with pytest.raises(StorageOut):
        world.darkroom.remove.remove(job_id, forget=forget)
    world.images.out = False
    assert (world.jobs.table.jobs, list(world.images.thumbnails)) == ({}, [f"{job_id}/1.png"])
    world.darkroom.remove.remove(job_id, forget=True)
    assert (world.jobs.table.keys, world.images.thumbnails) == ({}, {})


def test_while_thumbnails_are_deleted_nobody_can_add_the_job_again(world: World) -> None:
    job_id, again = ended(world), list[bool]()
    world.images.before("thumbnails_of", lambda: again.append(add(world).created))
    world.darkroom.remove.remove(job_id, forget=True)
    assert again == [False]


def test_thumbnails_that_purges_keep_are_kept_when_their_reference_is_forgotten() -> None:
    world = World(PURGE_THUMBNAILS="false")
    job_id = purged(world)
    world.images.insert_thumbnail(f"{job_id}/1.webp", b"small", mime="image/webp")
    world.darkroom.remove.remove(job_id, forget=True)
    assert list(world.images.thumbnails) == [f"{job_id}/1.webp"]
