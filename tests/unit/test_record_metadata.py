"""A change of metadata alone: a new version of the same content."""

from dataclasses import replace
from typing import Any

import pytest

from shared.rules.jobs import State
from shared.steps.intake.record import Recording
from shared.steps.work.attempt import End
from tests.doubles.world import World, png
from tests.unit.image_jobs import CAT


def _touch(world: World) -> str:
    """Record and analyse an image, then change its metadata; return its job's id."""
    job_id = world.record_image()
    world.darkroom.attempt.run(job_id, owner="queue/1")
    world.clock.advance(5)
    world.images.touch(CAT)
    return job_id


def test_a_change_of_metadata_is_not_analysed_again_and_the_job_stands_for_both_versions(world: World) -> None:
    job_id = _touch(world)
    sent = list(world.queue.messages)
    told = world.darkroom.record.record(CAT)
    key = world.jobs.table.keys["image-analysis", "images/cat.png"]
    assert (told.job_id, told.outcome) == (job_id, Recording.UNCHANGED)
    assert (key.job_id, key.version, world.job(job_id).newest) == (job_id, "0x2", "0x2")
    assert (list(world.jobs.table.jobs), world.queue.messages) == ([job_id], sent)


def test_a_change_of_metadata_is_told_once(world: World) -> None:
    job_id = _touch(world)
    world.darkroom.record.record(CAT)
    again = world.darkroom.record.record(CAT)
    assert (again.job_id, again.outcome) == (job_id, Recording.DUPLICATE)


def test_a_change_of_metadata_is_analysed_again_where_that_is_asked_for() -> None:
    world = World(REANALYZE_ON_METADATA="true")
    job_id = _touch(world)
    told = world.darkroom.record.record(CAT)
    assert told.outcome is Recording.RECORDED
    assert world.darkroom.attempt.run(told.job_id, owner="queue/1") is End.COMPLETED
    assert told.job_id != job_id


def test_new_content_after_a_change_of_metadata_is_analysed(world: World) -> None:
    _touch(world)
    world.darkroom.record.record(CAT)
    assert world.darkroom.attempt.run(world.record_image(data=png(9, 9)), owner="queue/1") is End.COMPLETED


@pytest.mark.parametrize("before", ["waiting", "running", "failed"])
def test_a_change_of_metadata_before_there_is_a_report_is_analysed(world: World, before: str) -> None:
    job_id = world.record_image(data=b"broken" if before == "failed" else None)
    if before == "running":
        world.rival_claims(job_id)
    if before == "failed":
        world.darkroom.attempt.run(job_id, owner="queue/1")
    world.images.touch(CAT)
    assert world.darkroom.record.record(CAT).outcome is Recording.RECORDED
    assert world.job(job_id).state is (State.FAILED if before == "failed" else State.CANCELED)


@pytest.mark.parametrize(
    "unlike", [{"size_bytes": 70}, {"content_md5": None}, {"content_md5": "0" * 32}, {"created_at": None}]
)
def test_content_of_which_the_service_does_not_say_that_it_is_the_same_is_analysed(
    world: World, unlike: dict[str, Any]
) -> None:
    _touch(world)
    blob = world.images.take(CAT)
    world.images.restore(CAT, replace(blob, facts=replace(blob.facts, **unlike)))
    assert world.darkroom.record.record(CAT).outcome is Recording.RECORDED


def test_the_same_bytes_uploaded_again_are_analysed_again(world: World) -> None:
    job_id = world.record_image()
    world.darkroom.attempt.run(job_id, owner="queue/1")
    world.clock.advance(5)
    assert world.darkroom.record.record(world.upload()).outcome is Recording.RECORDED


def test_two_blobs_whose_digests_nobody_knows_are_not_taken_for_the_same(world: World) -> None:
    world.upload()
    for version in ("0x7", "0x8"):
        blob = world.images.take(CAT)
        world.images.restore(CAT, replace(blob, facts=replace(blob.facts, version=version, content_md5=None)))
        told = world.darkroom.record.record(CAT)
        assert told.outcome is Recording.RECORDED
        assert world.darkroom.attempt.run(told.job_id, owner="queue/1") is End.COMPLETED


def test_a_job_that_completes_while_the_change_of_its_metadata_is_recorded_stands_for_both(world: World) -> None:
    job_id = world.record_image()
    attempt = world.darkroom.claims.begin(job_id, owner="queue/1")
    world.images.touch(CAT)
    world.jobs.before("insert", int, lambda: attempt.complete({}))
    told = world.darkroom.record.record(CAT)
    assert (told.job_id, told.outcome) == (job_id, Recording.UNCHANGED)
    assert world.job(job_id).state is State.COMPLETED


def test_a_job_that_is_purged_while_the_change_of_its_metadata_is_recorded_is_analysed_again() -> None:
    world = World(RETENTION_COMPLETED_DAYS="0")
    job_id = _touch(world)
    world.clock.advance(1)
    world.jobs.before("replace", lambda: world.darkroom.purge.purge(owner="timer/1"))
    assert world.darkroom.record.record(CAT).outcome is Recording.RECORDED
    assert job_id not in world.jobs.table.jobs


def test_the_same_bytes_under_another_encoding_are_analysed_again(world: World) -> None:
    job_id = _touch(world)
    world.images.mark(CAT, content_encoding="gzip")
    assert world.darkroom.record.record(CAT).outcome is Recording.RECORDED
    assert len(world.jobs.table.jobs) == 2
    assert job_id in world.jobs.table.jobs
