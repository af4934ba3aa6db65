import json
import logging

import pytest

from shared.errors import StorageOut
from shared.rules import ids
from shared.rules.jobs import State
from shared.steps.upkeep.agenda import Agenda
from shared.steps.upkeep.turns import Turns
from shared.steps.work.attempt import End
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.image_jobs import due_images, insert_due


def test_what_is_due_is_analysed(world: World) -> None:
    found = due_images(world, 3)
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert swept.outcomes == {End.COMPLETED: 3}
    assert {world.job(job_id).state for job_id in found} == {State.COMPLETED}


def test_what_is_not_due_is_left_to_its_message(world: World) -> None:
    world.record_image()
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest, swept.locked_out) == ({}, 0, False)


def test_a_job_whose_worker_died_is_taken_over(world: World, job_id: str) -> None:
    world.worker_dies(job_id)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 1}


def test_a_sweep_beside_another_does_nothing(world: World) -> None:
    due_images(world, 1)
    with world.another().lock.try_acquire("sweep", owner="timer/2"):
        world.journal.clear()
        assert world.darkroom.sweep.sweep(owner="timer/1").locked_out
    assert "jobs.due" not in world.journal


def test_a_sweep_holds_the_lock_while_it_works(world: World) -> None:
    due_images(world, 1)
    held: list[str | None] = []
    world.images.before("read", lambda: held.append(world.locks.rows["sweep"].lock.owner))
    world.darkroom.sweep.sweep(owner="timer/1")
    assert held[0] is not None
    assert world.locks.rows["sweep"].lock.owner is None


def test_nothing_is_begun_when_the_budget_is_over() -> None:
    world = World(SWEEP_PARALLELISM="1", LEASE_SECONDS="3600")
    due_images(world, 5)
    world.clock.advance(1)
    world.images.before("read", int, lambda: world.clock.advance(240))
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest) == ({End.COMPLETED: 2}, 3)


def test_what_the_budget_has_left_is_done_by_the_next_sweep() -> None:
    world = World(SWEEP_PARALLELISM="1", LEASE_SECONDS="3600")
    due_images(world, 3)
    world.images.before("read", lambda: world.clock.advance(240))
    world.darkroom.sweep.sweep(owner="timer/1")
    assert world.darkroom.sweep.sweep(owner="timer/2").outcomes == {End.COMPLETED: 2}


def test_nothing_is_begun_when_the_lock_is_lost() -> None:
    world = World(SWEEP_PARALLELISM="1")
    due_images(world, 3)
    world.images.before("read", lambda: world.clock.advance(58))
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest) == ({End.LOST: 1}, 2)


def test_every_bucket_is_asked() -> None:
    world = World(JOB_BUCKETS="7")
    world.darkroom.sweep.sweep(owner="timer/1")
    assert world.journal.count("jobs.due") == 7


def test_every_bucket_gets_its_turn() -> None:
    world = World(SWEEP_PARALLELISM="1")
    names = [f"{number}.png" for number in range(40)]
    found = [world.record_image(name) for name in names]
    world.clock.advance(121)
    agenda = Agenda(
        world.jobs,
        world.darkroom.attempt.kinds,
        buckets=4,
        now=world.clock.server.now,
        runtime=world.runtime,
        turns=Turns(),
    )
    assert agenda.turn_page(stop=lambda: False) == 40
    order = agenda.rest()
    assert sorted(order) == sorted(found)
    assert {ids.bucket(job_id, 4) for job_id in order[:4]} == {0, 1, 2, 3}


@pytest.mark.parametrize("dispatch", ["timer", "queue"])
def test_a_backlog_of_one_type_keeps_no_other_type_waiting(dispatch: str) -> None:
    world = World(
        {"other": lambda _: None}, SWEEP_PARALLELISM="1", SWEEP_BUDGET_SECONDS="10", MAX_BACKLOG="25", DISPATCH=dispatch
    )
    begun: list[str] = []

    class Turns:
        kinds = ("image-analysis", "other")

        def run(self, job_id: str, *, owner: str) -> End:  # noqa: ARG002 - as Attempt
            begun.append(ids.kind(job_id))
            world.clock.advance(1)
            return End.BUSY

    world.darkroom.sweep.attempt = Turns()  # type: ignore[assignment] # it runs like one
    due_images(world, 20)
    insert_due(world, 2, kind="other")
    world.darkroom.sweep.sweep(owner="timer/1")
    begun += [ids.kind(json.loads(text)["job_id"]) for text, _ in world.queue.messages]
    assert begun[:5] == ["image-analysis", "other", "image-analysis", "other", "image-analysis"]


def test_a_type_that_nothing_here_works_on_is_left_alone(world: World) -> None:
    insert_due(world, 1, kind="other")
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {}


def test_a_job_that_fails_keeps_no_other_from_its_turn(world: World) -> None:
    world.record_image("broken.png", b"broken")
    due_images(world, 2)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 2, End.FAILED: 1}


def test_a_job_of_a_newer_release_is_left(world: World) -> None:
    (job_id,) = due_images(world, 1)
    world.newer_release_writes(job_id)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.LEFT: 1}


@pytest.mark.parametrize("port", ["jobs", "locks"])
def test_a_sweep_while_storage_is_out_raises(world: World, port: str) -> None:
    getattr(world, port).out = True
    with pytest.raises(StorageOut):
        world.darkroom.sweep.sweep(owner="timer/1")


def test_the_lock_is_released_when_a_sweep_raises(world: World) -> None:
    world.jobs.out = True
    with pytest.raises(StorageOut):
        world.darkroom.sweep.sweep(owner="timer/1")
    assert world.locks.rows["sweep"].lock.owner is None


def test_the_first_sweep_creates_what_is_missing_and_no_later_one_does(world: World) -> None:
    world.darkroom.sweep.sweep(owner="timer/1")
    world.darkroom.sweep.sweep(owner="timer/2")
    assert (world.journal[0], world.journal.count("prepare")) == ("prepare", 1)


def test_a_sweep_creates_what_is_missing_but_pauses_while_dispatch_is_off() -> None:
    world = World(DISPATCH="off")
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.PAUSED: 1}
    assert world.journal == ["prepare"]


def test_a_sweep_tells_what_it_did_in_one_line(world: World, caplog: pytest.LogCaptureFixture) -> None:
    due_images(world, 2)
    with caplog.at_level(logging.INFO, logger="darkroom"):
        world.darkroom.sweep.sweep(owner="timer/1")
    told = json.loads(caplog.messages[-1])
    assert (told["event"], told["completed"], told["oldest_due_age_seconds"]) == ("sweep done", 2, 2.0)


def test_a_job_that_raises_keeps_no_other_from_its_turn() -> None:
    world = World(SWEEP_PARALLELISM="1")
    found = due_images(world, 5)
    world.images.before("read", raising(StorageOut("out")))
    with pytest.raises(StorageOut):
        world.darkroom.sweep.sweep(owner="timer/1")
    states = [world.job(job_id).state for job_id in found]
    assert sorted(states) == [State.COMPLETED] * 4 + [State.PENDING]


def test_a_sweep_that_may_create_nothing_works_with_what_is_there(world: World) -> None:
    due_images(world, 1)
    world.darkroom.sweep.prepare = raising(StorageOut("AuthorizationPermissionMismatch"))
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 1}
