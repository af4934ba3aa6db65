import pytest

from shared.errors import StorageOut
from shared.rules.jobs import State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from tests.doubles.world import World
from tests.unit.image_jobs import BLOB_EVENT, hint


def test_a_blob_event_that_the_host_gave_up_on_is_recorded_and_announced(world: World) -> None:
    world.upload()
    assert world.darkroom.admit.admit(BLOB_EVENT) == [Recording.RECORDED]
    assert [row.job.state for row in world.jobs.table.jobs.values()] == [State.PENDING]
    assert len(world.queue.messages) == 1


def test_one_that_was_recorded_is_a_duplicate(world: World) -> None:
    world.record_image()
    assert world.darkroom.admit.admit(BLOB_EVENT) == [Recording.DUPLICATE]


def test_it_ends_no_job_whatever_its_attempts() -> None:
    world = World(MAX_ATTEMPTS="1")
    job_id = world.record_image()
    world.worker_dies(job_id)
    before = world.job(job_id)
    assert [world.darkroom.admit.admit(body) for body in (BLOB_EVENT, hint(job_id))] == [
        [Recording.DUPLICATE],
        [Disposition.LIVE],
    ]
    assert world.job(job_id) == before


def test_the_message_of_a_live_job_is_sent_again(world: World, job_id: str) -> None:
    (first,) = world.queue.messages
    assert world.darkroom.admit.admit(hint(job_id)) == [Disposition.LIVE]
    assert world.queue.messages == [first, first]


def test_an_ended_job_gets_no_message(world: World, job_id: str) -> None:
    world.darkroom.attempt.run(job_id, owner="queue/1")
    assert world.darkroom.admit.admit(hint(job_id)) == [Disposition.ENDED]
    assert len(world.queue.messages) == 1


@pytest.mark.parametrize("port", ["jobs", "images"])
def test_an_outage_raises_so_that_it_comes_back(world: World, port: str) -> None:
    world.upload()
    getattr(world, port).out = True
    with pytest.raises(StorageOut):
        world.darkroom.admit.admit(BLOB_EVENT)
