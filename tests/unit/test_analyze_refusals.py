"""What an analysis makes of blobs that are not given, and of what their uploaders declare."""

from dataclasses import replace

import pytest

from shared.analysis.validation import check_report
from shared.errors import BlobUnreadable, StorageOut
from shared.rules.jobs import State
from shared.steps.work.attempt import End
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.image_jobs import attempt_job


def test_an_outage_of_the_images_uses_up_no_attempts() -> None:
    world = World(MAX_ATTEMPTS="2")
    job_id = world.record_image()
    for _ in range(5):
        world.images.before("read", lambda: setattr(world.images, "out", True))
        with pytest.raises(StorageOut):
            attempt_job(world, job_id)
        world.images.out = False
        assert world.job(job_id).state is State.PENDING
        world.clock.advance(900)
    assert attempt_job(world, job_id) is End.COMPLETED


def test_a_blob_that_the_service_will_never_give_fails_with_its_reason(world: World, job_id: str) -> None:
    world.images.before("read", raising(BlobUnreadable("BlobArchived")))
    assert attempt_job(world, job_id) is End.FAILED
    error = world.job(job_id).error
    assert error is not None
    assert (error.code, "BlobArchived" in error.message) == ("blob_unreadable", True)


def test_a_blob_that_is_closed_to_us_alone_is_tried_again(world: World, job_id: str) -> None:
    world.images.before("read", raising(BlobUnreadable("AuthorizationPermissionMismatch", passing=True)))
    assert attempt_job(world, job_id) is End.RETRIED
    error = world.job(job_id).error
    assert error is not None
    assert (error.code, world.job(job_id).attempts) == ("blob_unreadable", 1)


def test_a_job_of_a_name_that_no_blob_can_have_fails_with_the_reason(world: World, job_id: str) -> None:
    world.jobs.table.jobs[job_id] = replace(
        world.jobs.table.jobs[job_id], job=replace(world.job(job_id), ref="images/a\\b.png")
    )
    assert attempt_job(world, job_id) is End.FAILED
    error = world.job(job_id).error
    assert error is not None
    assert (error.code, "backslash" in error.message) == ("invalid_reference", True)


@pytest.mark.parametrize(("declared", "told"), [("image/png; x=" + "y" * 3_000, 1_024), (["image/png"], None)])
def test_whatever_an_uploader_declares_the_report_is_of_its_schema(
    world: World, job_id: str, declared: object, told: int | None
) -> None:
    row = world.jobs.table.jobs[job_id]
    params = {**row.job.params, "content_type": declared}
    world.jobs.table.jobs[job_id] = replace(row, job=replace(row.job, params=params))
    assert attempt_job(world, job_id) is End.COMPLETED
    report = world.job(job_id).report
    assert report is not None
    check_report(report)
    shown = report["source"]["declared_type"]
    assert (shown if shown is None else len(shown)) == told
