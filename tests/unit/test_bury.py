from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

import pytest

from shared.errors import StorageOut
from shared.rules.jobs import Event, Move, State
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Recording
from shared.steps.upkeep.bury import Burial
from shared.steps.work.attempt import End
from tests.doubles.world import World
from tests.unit.image_jobs import hint


def _bury(world: World, job_id: str) -> list[StrEnum]:
    return world.darkroom.bury.bury(hint(job_id))


def test_a_job_whose_attempts_are_used_up_is_buried() -> None:
    world = World(MAX_ATTEMPTS="1")
    job_id = world.record_image()
    world.worker_dies(job_id)
    assert _bury(world, job_id) == [Burial.FAILED]
    job = world.job(job_id)
    assert job.error is not None
    assert (job.state, job.error.code, job.token) == (State.FAILED, "poison", 2)


def test_a_live_worker_on_its_last_attempt_is_left_alone() -> None:
    world = World(MAX_ATTEMPTS="1")
    job_id = world.record_image()
    world.rival_claims(job_id)
    assert _bury(world, job_id) == [Burial.LEFT]
    assert world.job(job_id).owner == "rival/1"


def test_a_job_with_attempts_left_is_due_at_once_and_otherwise_as_it_was(world: World, job_id: str) -> None:
    before = world.job(job_id)
    assert _bury(world, job_id) == [Burial.LEFT]
    assert world.job(job_id) == replace(before, due=world.clock.server.now())
    world.clock.advance(1)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 1}


def test_a_job_in_its_back_off_is_due_when_that_is_over() -> None:
    world = World(BACKOFF_SECONDS="100")
    job_id = world.record_image()
    attempt = world.darkroom.claims.begin(job_id, owner="queue/1")
    attempt.retry("out_of_memory", "Too little.")
    assert _bury(world, job_id) == [Burial.LEFT]
    job = world.job(job_id)
    assert job.due == job.not_before == world.clock.server.now() + timedelta(seconds=50)


def test_a_live_worker_with_attempts_left_is_left_alone(world: World, job_id: str) -> None:
    before = world.rival_claims(job_id).job
    assert _bury(world, job_id) == [Burial.LEFT]
    assert world.job(job_id) == before


def test_a_job_that_is_due_is_not_written() -> None:
    world = World(DISPATCH="timer")
    job_id = world.record_image()
    world.journal.clear()
    assert _bury(world, job_id) == [Burial.LEFT]
    assert world.journal == ["jobs.get"]


def test_a_job_that_moves_on_while_it_is_brought_forward_is_left(world: World, job_id: str) -> None:
    world.jobs.before("replace", lambda: world.rival_claims(job_id))
    assert _bury(world, job_id) == [Burial.LEFT]
    assert world.job(job_id).owner == "rival/1"


def test_a_job_that_moves_on_meanwhile_is_left() -> None:
    world = World(MAX_ATTEMPTS="2")
    job_id = world.record_image()
    for _ in range(2):
        world.worker_dies(job_id)
    world.jobs.before("replace", lambda: world.jobs.behind(job_id, lambda row: Move(Event.RENEW, row.job, row.seen_at)))
    assert _bury(world, job_id) == [Burial.LEFT]


def test_a_job_that_has_ended_stays_as_it_is(world: World, job_id: str) -> None:
    world.darkroom.attempt.run(job_id, owner="queue/1")
    assert _bury(world, job_id) == [Burial.ENDED]
    assert world.job(job_id).state is State.COMPLETED


def test_a_job_of_a_newer_release_is_left(world: World, job_id: str) -> None:
    world.newer_release_writes(job_id)
    assert _bury(world, job_id) == [Burial.LEFT]


def test_a_poison_message_that_names_an_image_records_it(world: World) -> None:
    world.upload()
    assert world.darkroom.bury.bury(b"images/cat.png") == [Recording.RECORDED]
    assert len(world.queue.messages) == 1


def test_a_poison_message_that_names_a_recorded_image_sends_no_further_message(world: World) -> None:
    world.record_image()
    assert world.darkroom.bury.bury(b"images/cat.png") == [Burial.LEFT]
    assert len(world.queue.messages) == 1


@pytest.mark.parametrize("body", [b"", b"\xff", b"{", b"[1]", b"absent.png", b'{"job_id":"a-' + b"0" * 32 + b'"}'])
def test_no_content_makes_it_raise(world: World, body: bytes) -> None:
    assert world.darkroom.bury.bury(body) == [Disposition.REJECTED]
    assert len(world.rejections.rows) == 1


@pytest.mark.case("security M1", was="raises RecursionError for ever")
@pytest.mark.parametrize("shape", ["[{}]", '[{{"a":{}}}]', '{{"x":{}}}'])
@pytest.mark.parametrize("depth", [60, 300, 960, 20_000])
def test_a_message_nested_however_deep_is_kept_as_it_came(
    world: World, shape: str, depth: int, case_result: Callable[[str], None]
) -> None:
    text = shape.format("[" * depth + "]" * depth)
    assert world.darkroom.bury.bury(text.encode()) == [Disposition.REJECTED]
    ((kept, row),) = world.rejections.rows.items()
    assert kept == text
    assert row.code == ("too_deep" if depth > 64 else "unknown_form")
    case_result(f"1 row, {row.code}")


def test_an_outage_raises_so_that_the_message_comes_back(world: World) -> None:
    world.jobs.out = True
    with pytest.raises(StorageOut):
        _bury(world, "image-analysis-" + "0" * 32)


def test_an_outage_while_rejecting_raises_so_that_the_message_comes_back(world: World) -> None:
    world.rejections.out = True
    with pytest.raises(StorageOut):
        world.darkroom.bury.bury(b"{")
