from collections.abc import Callable

import pytest

from shared.errors import Mismatch, NewerSchema, NoSuchJob, Refused, StorageOut, Undecided
from shared.rules.jobs import Event, Move, State
from tests.doubles.world import World, png
from tests.unit.acts import refusal
from tests.unit.external_jobs import claim_job
from tests.unit.test_add import add, added_id, ended, forget_reference, purged

either_way = pytest.mark.parametrize("forget", [True, False])


def live(world: World) -> str:
    """Add the job."""
    return added_id(add(world))


def running(world: World) -> str:
    """Add the job, and claim it."""
    return claim_job(world, live(world))[0]


def canceled(world: World) -> str:
    """Add the job, claim it, and cancel it."""
    job_id = running(world)
    world.darkroom.cancel.cancel(job_id)
    return job_id


@either_way
@pytest.mark.parametrize("made", [ended, canceled])
def test_all_of_an_ended_job_goes(world: World, made: Callable[[World], str], *, forget: bool) -> None:
    job_id = made(world)
    world.images.insert_thumbnail(f"{job_id}/1.webp", b"small", mime="image/webp")
    world.images.insert_thumbnail("other/1.webp", b"small", mime="image/webp")
    world.darkroom.remove.remove(job_id, forget=forget)
    assert (world.jobs.table.jobs, world.jobs.table.attempts) == ({}, {})
    assert list(world.images.thumbnails) == ["other/1.webp"]


def test_the_key_row_stays_and_says_how_the_job_ended(world: World) -> None:
    job_id = ended(world)
    world.darkroom.remove.remove(job_id, forget=False)
    (key,) = world.jobs.table.keys.values()
    assert (key.job_id, key.state) == (job_id, State.FAILED)
    assert not add(world).created


def test_what_is_forgotten_may_be_added_again(world: World) -> None:
    world.darkroom.remove.remove(ended(world), forget=True)
    assert world.jobs.table.keys == {}
    assert add(world).created


@either_way
def test_a_job_that_is_not_unique_goes_without_a_look_for_a_key_row(world: World, *, forget: bool) -> None:
    unique, other = live(world), added_id(add(world, unique=False))
    world.darkroom.cancel.cancel(other)
    world.journal.clear()
    world.darkroom.remove.remove(other, forget=forget)
    assert world.journal == ["jobs.get", "ended.purge", "images.thumbnails_of"]
    assert (list(world.jobs.table.jobs), len(world.jobs.table.keys)) == ([unique], 1)


@either_way
@pytest.mark.parametrize("made", [live, running])
def test_a_job_that_has_not_ended_stays(world: World, made: Callable[[World], str], *, forget: bool) -> None:
    job_id = made(world)
    before = world.job(job_id)
    with pytest.raises(Refused, match="Cancel it first") as met:
        world.darkroom.remove.remove(job_id, forget=forget)
    assert (met.value.code, world.job(job_id)) == ("live", before)


@either_way
def test_a_job_that_is_not_there_cant_be_removed(world: World, *, forget: bool) -> None:
    live(world)
    with pytest.raises(NoSuchJob):
        world.darkroom.remove.remove(f"word-count-{0:032x}", forget=forget)


@either_way
def test_a_job_of_a_newer_release_is_left_to_it(world: World, *, forget: bool) -> None:
    job_id = ended(world)
    world.newer_release_writes(job_id)
    with pytest.raises(NewerSchema):
        world.darkroom.remove.remove(job_id, forget=forget)


@either_way
def test_an_outage_is_no_answer(world: World, *, forget: bool) -> None:
    job_id = ended(world)
    world.jobs.out = True
    with pytest.raises(StorageOut):
        world.darkroom.remove.remove(job_id, forget=forget)


def test_a_version_that_the_caller_has_seen_is_removed_and_no_other(world: World) -> None:
    job_id = ended(world)
    seen = world.jobs.table.jobs[job_id].fingerprint
    with pytest.raises(Mismatch):
        world.darkroom.remove.remove(job_id, forget=False, versions={"another"})
    world.darkroom.remove.remove(job_id, forget=False, versions={seen, "another"})
    assert world.jobs.table.jobs == {}


def test_a_version_that_moves_on_under_the_removal_is_not_removed(world: World) -> None:
    job_id = ended(world)
    world.ended.before("purge", lambda: world.darkroom.redrive.redrive(job_id), int)
    with pytest.raises(Mismatch):
        world.darkroom.remove.remove(job_id, forget=False, versions={world.jobs.table.jobs[job_id].fingerprint})
    assert world.job(job_id).state is State.PENDING


@either_way
def test_a_job_that_is_opened_again_under_the_removal_stays(world: World, *, forget: bool) -> None:
    job_id = ended(world)
    world.ended.before("purge", lambda: world.darkroom.redrive.redrive(job_id))
    assert refusal(world.darkroom.remove.remove, job_id, forget=forget) == "live"
    assert world.job(job_id).state is State.PENDING


def test_a_job_that_was_touched_under_the_removal_is_removed_all_the_same(world: World) -> None:
    job_id = ended(world)
    world.ended.before("purge", lambda: world.jobs.behind(job_id, lambda row: Move(Event.RETAG, row.job, row.seen_at)))
    world.darkroom.remove.remove(job_id, forget=False)
    assert world.jobs.table.jobs == {}


def test_a_job_that_moves_each_time_is_undecided(world: World) -> None:
    job_id = ended(world)
    touched = [lambda: world.jobs.behind(job_id, lambda row: Move(Event.RETAG, row.job, row.seen_at))] * 20
    world.ended.before("purge", *touched)
    with pytest.raises(Undecided):
        world.darkroom.remove.remove(job_id, forget=False)


def test_an_older_version_of_an_image_goes_and_leaves_the_key_row_of_the_newer_one(world: World) -> None:
    older = world.record_image()
    newer = world.record_image(data=png(5))
    world.darkroom.remove.remove(older, forget=True)
    (key,) = world.jobs.table.keys.values()
    assert (key.job_id, key.state, list(world.jobs.table.jobs)) == (newer, None, [newer])


def test_a_purged_job_is_forgotten_by_its_id(world: World) -> None:
    world.darkroom.remove.remove(purged(world), forget=True)
    assert world.jobs.table.keys == {}
    assert world.journal == ["jobs.get", "index.keys", "images.thumbnails_of", "ended.forget"]
    assert add(world).created


def test_of_many_purged_jobs_the_one_is_forgotten_that_was_named() -> None:
    world = World(JOB_BUCKETS="1")
    ids = [added_id(add(world, ref=f"{number}")) for number in range(9)]
    for job_id in ids:
        world.darkroom.cancel.cancel(job_id)
        world.darkroom.remove.remove(job_id, forget=False)
    world.darkroom.remove.remove(ids[4], forget=True)
    assert {key.job_id for key in world.jobs.table.keys.values()} == {*ids} - {ids[4]}


def test_a_purged_job_is_not_there_to_be_removed_again(world: World) -> None:
    job_id = purged(world)
    with pytest.raises(NoSuchJob):
        world.darkroom.remove.remove(job_id, forget=False)
    assert len(world.jobs.table.keys) == 1


def test_what_is_forgotten_is_not_there_to_be_forgotten_again(world: World) -> None:
    job_id = purged(world)
    world.darkroom.remove.remove(job_id, forget=True)
    with pytest.raises(NoSuchJob):
        world.darkroom.remove.remove(job_id, forget=True)


def test_an_older_version_that_is_purged_cant_be_forgotten(world: World) -> None:
    older = world.record_image()
    world.record_image(data=png(5))
    world.darkroom.remove.remove(older, forget=False)
    with pytest.raises(NoSuchJob):
        world.darkroom.remove.remove(older, forget=True)
    assert len(world.jobs.table.keys) == 1


@pytest.mark.parametrize(("made", "call", "forget"), [(ended, "purge", False), (purged, "forget", True)])
def test_a_job_that_another_purges_or_forgets_under_the_removal_is_forgotten_all_the_same(
    world: World, made: Callable[[World], str], call: str, *, forget: bool
) -> None:
    job_id = made(world)
    world.ended.before(call, lambda: world.darkroom.remove.remove(job_id, forget=forget))
    world.darkroom.remove.remove(job_id, forget=True)
    assert world.jobs.table.keys == {}


def add_again(world: World) -> None:
    """Let another forget the job's reference, and add the job again."""
    forget_reference(world)
    assert add(world).created


def test_a_job_that_is_added_again_at_once_is_not_what_was_removed(world: World) -> None:
    job_id = ended(world)
    gone: list[bool] = []

    def another() -> None:
        gone.append(job_id not in world.jobs.table.jobs)
        add_again(world)

    world.jobs.before("key", int, another)
    world.darkroom.remove.remove(job_id, forget=True)
    assert (gone, world.job(job_id).state) == ([True], State.PENDING)
    assert len(world.jobs.table.keys) == 1


@pytest.mark.parametrize(("port", "call"), [("index", "keys"), ("ended", "forget")])
def test_a_purged_job_that_another_forgets_and_adds_again_meanwhile_keeps_its_key_row(
    world: World, port: str, call: str
) -> None:
    job_id = purged(world)
    getattr(world, port).before(call, lambda: add_again(world))
    assert refusal(world.darkroom.remove.remove, job_id, forget=True) == "live"
    assert len(world.jobs.table.keys) == 1
