from collections.abc import Callable
from dataclasses import replace

import pytest

from shared.errors import NewerSchema, NoSuchJob, StorageOut, Undecided
from shared.ports.jobs import Row
from shared.rules.jobs import Event, Move, State
from shared.steps.intake.add import NewJob
from shared.steps.work.attempt import End
from tests.doubles.world import World, png
from tests.unit.acts import refusal

ACTS = ["cancel", "redrive"]


def _act(world: World, act: str) -> Callable[[str], Row]:
    acts: dict[str, Callable[[str], Row]] = {
        "cancel": world.darkroom.cancel.cancel,
        "redrive": world.darkroom.redrive.redrive,
    }
    return acts[act]


def _refusal(world: World, act: str, job_id: str) -> str:
    """Return the code under which an act is refused."""
    return refusal(_act(world, act), job_id)


def _failed(world: World) -> str:
    job_id = world.record_image(data=b"no image")
    world.darkroom.attempt.run(job_id, owner="queue/1")
    assert world.job(job_id).state is State.FAILED
    world.journal.clear()
    return job_id


def test_a_waiting_job_is_canceled_and_its_token_grows(world: World, job_id: str) -> None:
    assert world.darkroom.cancel.cancel(job_id).job.state is State.CANCELED
    job = world.job(job_id)
    assert job.error is not None
    assert (job.state, job.error.code, job.token, job.due) == (State.CANCELED, "canceled", 1, None)


def test_a_worker_whose_job_is_canceled_commits_nothing(world: World, job_id: str) -> None:
    world.images.before("read", lambda: world.darkroom.cancel.cancel(job_id))
    assert world.darkroom.attempt.run(job_id, owner="queue/1") is End.LOST
    job = world.job(job_id)
    assert (job.state, job.report, world.images.thumbnails) == (State.CANCELED, None, {})


def test_cancel_goes_on_until_no_renewal_is_first(world: World, job_id: str) -> None:
    world.rival_claims(job_id)
    renewed = [lambda: world.jobs.behind(job_id, lambda row: Move(Event.RENEW, row.job, row.seen_at))] * 3
    world.jobs.before("replace", *renewed)
    assert world.darkroom.cancel.cancel(job_id).job.state is State.CANCELED


def test_cancel_of_a_job_that_moves_each_time_is_undecided(world: World, job_id: str) -> None:
    renewed = [lambda: world.jobs.behind(job_id, lambda row: Move(Event.RENEW, row.job, row.seen_at))] * 20
    world.jobs.before("replace", *renewed)
    with pytest.raises(Undecided):
        world.darkroom.cancel.cancel(job_id)


def test_canceling_twice_says_the_same_and_writes_once(world: World, job_id: str) -> None:
    assert [world.darkroom.cancel.cancel(job_id).job.state for _ in range(2)] == [State.CANCELED] * 2
    assert world.job(job_id).token == 1


def test_a_completed_job_is_neither_canceled_nor_opened_again(world: World, job_id: str) -> None:
    world.darkroom.attempt.run(job_id, owner="queue/1")
    before = world.job(job_id)
    assert [_refusal(world, act, job_id) for act in ACTS] == ["ended"] * 2
    assert world.job(job_id) == before


def test_a_failed_job_is_opened_again_with_all_of_its_attempts_and_a_message() -> None:
    world = World(MAX_ATTEMPTS="1")
    job_id = _failed(world)
    assert world.darkroom.redrive.redrive(job_id).job.state is State.PENDING
    job = world.job(job_id)
    assert (job.state, job.error, job.attempts, job.out_of_attempts) == (State.PENDING, None, 1, False)
    assert world.journal == ["jobs.get", "jobs.key", "jobs.replace", "queue.send"]
    assert world.darkroom.attempt.run(job_id, owner="queue/2") is End.FAILED


def test_a_live_job_is_not_opened_again(world: World, job_id: str) -> None:
    assert _refusal(world, "redrive", job_id) == "live"
    world.rival_claims(job_id)
    assert _refusal(world, "redrive", job_id) == "live"


def test_an_older_version_is_not_opened_over_a_newer_one(world: World) -> None:
    older = world.record_image()
    newer = world.record_image(data=png(5))
    assert world.job(older).state is State.CANCELED
    assert _refusal(world, "redrive", older) == "outdated"
    assert (world.job(older).state, world.job(newer).state) == (State.CANCELED, State.PENDING)


def test_a_newer_version_that_is_recorded_meanwhile_stays_the_only_live_one(world: World) -> None:
    older = _failed(world)
    world.jobs.before("replace", lambda: world.record_image(data=png(5)))
    assert _refusal(world, "redrive", older) == "outdated"
    assert world.job(older).state is State.FAILED


@pytest.mark.parametrize("act", ACTS)
def test_a_job_that_is_not_there_is_unknown(world: World, act: str) -> None:
    world.record_image()
    with pytest.raises(NoSuchJob):
        _act(world, act)(f"image-analysis-{0:032x}")


@pytest.mark.parametrize("act", ACTS)
def test_a_job_of_a_newer_release_is_left_to_it(world: World, job_id: str, act: str) -> None:
    world.newer_release_writes(job_id)
    with pytest.raises(NewerSchema):
        _act(world, act)(job_id)


@pytest.mark.parametrize("act", ACTS)
def test_an_outage_is_no_answer(world: World, job_id: str, act: str) -> None:
    world.jobs.out = True
    with pytest.raises(StorageOut):
        _act(world, act)(job_id)


def test_a_queue_that_is_out_delays_a_job_that_was_opened_again(world: World) -> None:
    job_id = _failed(world)
    world.queue.out = True
    assert world.darkroom.redrive.redrive(job_id).job.state is State.PENDING
    assert world.job(job_id).due is not None


def _canceled(world: World, *, unique: bool) -> str:
    """Add a job of another type, and cancel it."""
    row = world.darkroom.add.add(NewJob(kind="word-count", ref="text", params={}, unique=unique)).row
    assert row is not None
    world.darkroom.cancel.cancel(row.job.id)
    world.journal.clear()
    return row.job.id


def test_a_unique_job_whose_key_row_is_gone_has_one_again_when_it_is_opened(world: World) -> None:
    job_id = _canceled(world, unique=True)
    world.jobs.table.keys.clear()
    assert world.darkroom.redrive.redrive(job_id).job.state is State.PENDING
    assert [key.job_id for key in world.jobs.table.keys.values()] == [job_id]


def test_a_key_row_that_another_inserts_meanwhile_is_looked_at(world: World) -> None:
    job_id = _canceled(world, unique=True)
    (key,) = world.jobs.table.keys.values()
    world.jobs.table.keys.clear()
    other = replace(key, job_id=f"word-count-{0:032x}")
    world.jobs.before("replace", lambda: world.jobs.table.keys.update({(key.type, key.ref): other}))
    assert _refusal(world, "redrive", job_id) == "outdated"
    assert world.job(job_id).state is State.CANCELED


def test_a_job_that_is_not_unique_has_no_key_row_and_is_opened_without_a_look_for_one(world: World) -> None:
    job_id = _canceled(world, unique=False)
    assert world.darkroom.redrive.redrive(job_id).job.state is State.PENDING
    assert (world.journal, world.jobs.table.keys) == (["jobs.get", "jobs.replace"], {})


def test_a_job_that_is_not_unique_is_opened_beside_a_unique_one_of_its_reference(world: World) -> None:
    job_id = _canceled(world, unique=False)
    assert world.darkroom.add.add(NewJob(kind="word-count", ref="text", params={}, unique=True)).created
    assert world.darkroom.redrive.redrive(job_id).job.state is State.PENDING
    assert len(world.jobs.table.keys) == 1
