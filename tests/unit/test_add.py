from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.clock import DATE_STEP
from shared.errors import NewerSchema, StorageOut, TooLarge, Undecided
from shared.rules.jobs import State
from shared.steps.intake.add import AddResult, NewJob
from shared.steps.intake.announce import LONGEST_DELAY
from tests.doubles.world import World
from tests.unit.external_jobs import KIND, claim_job

#: What ``add`` must be told.
ORDER: dict[str, Any] = {"kind": KIND, "ref": "text", "params": {"text": "a b"}, "unique": True}
HANDLED = {KIND: lambda _: None}


def add(world: World, **options: Any) -> AddResult:  # noqa: ANN401 - passed on
    """Add a job."""
    return world.darkroom.add.add(NewJob(**{**ORDER, **options}))


def ended(world: World) -> str:
    """Add the job, claim it, and end it."""
    row = add(world).row
    assert row is not None
    job_id, claim = claim_job(world, row.job.id)
    world.darkroom.external.resume(job_id, claim).fail(code="x", message="X.")
    return job_id


def purged(world: World) -> str:
    """Add the job, end it and purge it."""
    job_id = ended(world)
    world.darkroom.remove.remove(job_id, forget=False)
    world.journal.clear()
    return job_id


def forget_reference(world: World) -> None:
    """Let another forget the reference of a job that is there, or was."""
    world.jobs.table.jobs.clear()
    world.jobs.table.keys.clear()


def test_a_job_is_added_as_it_was_ordered(world: World) -> None:
    added = add(world, traceparent="00-1-2-01")
    assert added.row is not None
    assert (added.created, added.key) == (True, None)
    job = world.job(added.row.job.id)
    assert (job, job.state, job.version, job.created) == (added.row.job, State.PENDING, "", world.clock.now)
    assert (job.type, job.ref, job.params, job.unique, job.is_image) == (KIND, "text", {"text": "a b"}, True, False)
    assert job.traceparent == "00-1-2-01"


def test_a_job_has_the_attempts_and_the_time_of_the_settings() -> None:
    world = World(MAX_ATTEMPTS="3", JOB_TIME_LIMIT_SECONDS="60")
    job = world.job(added_id(add(world)))
    assert (job.max_attempts, job.time_limit, job.deadline) == (3, timedelta(seconds=60), None)


def added_id(added: AddResult) -> str:
    """Return the id of what was added."""
    assert added.row is not None
    return added.row.job.id


def test_a_job_may_have_attempts_of_its_own(world: World) -> None:
    assert world.job(added_id(add(world, max_attempts=1))).max_attempts == 1


def test_no_trace_is_made_up_where_none_is_given(world: World) -> None:
    assert world.job(added_id(add(world))).traceparent is None


def test_a_unique_job_is_there_once_and_the_first_params_stay(world: World) -> None:
    first, second = add(world), add(world, params={"text": "c"})
    assert (second.created, second.key, added_id(second)) == (False, None, added_id(first))
    assert second.row is not None
    assert second.row.job.params == {"text": "a b"}
    assert len(world.jobs.table.jobs) == 1


def test_a_unique_job_that_has_ended_is_not_added_again(world: World) -> None:
    job_id = ended(world)
    again = add(world)
    assert (again.created, added_id(again)) == (False, job_id)
    assert world.job(job_id).state is State.FAILED


def test_a_unique_job_that_is_purged_is_not_added_again_and_its_key_row_tells_how_it_ended(world: World) -> None:
    job_id = purged(world)
    again = add(world)
    assert (again.row, again.created) == (None, False)
    assert again.key is not None
    assert (again.key.job_id, again.key.state) == (job_id, State.FAILED)
    assert world.queue.messages == []


def test_a_unique_job_of_another_type_or_reference_is_another(world: World) -> None:
    ids = {added_id(add(world, **other)) for other in ({}, {"ref": "b"}, {"kind": "other"})}
    assert len(ids) == 3


def test_jobs_that_are_not_unique_are_all_new_and_have_no_key_row(world: World) -> None:
    ids = {added_id(add(world, unique=False)) for _ in range(3)}
    assert (len(ids), world.jobs.table.keys) == (3, {})
    jobs = [world.job(job_id) for job_id in ids]
    assert all((job.unique, job.is_image, len(job.version)) == (False, False, 32) for job in jobs)


def test_a_job_that_is_not_unique_stands_beside_one_that_is(world: World) -> None:
    first = added_id(add(world))
    other = add(world, unique=False)
    assert (other.created, added_id(other) != first, added_id(add(world)) == first) == (True, True, True)


@pytest.mark.parametrize(("before", "look"), [(add, "get"), (purged, "key")])
def test_a_job_or_key_row_that_is_forgotten_between_the_insert_and_the_look_is_no_hindrance(
    world: World, before: Callable[[World], object], look: str
) -> None:
    before(world)
    world.jobs.before(look, lambda: forget_reference(world))
    assert add(world).created


def test_a_job_that_another_adds_between_the_insert_and_the_look_is_found(world: World) -> None:
    purged(world)

    def another() -> None:
        forget_reference(world)
        add(world, params={"text": "another's"})

    world.jobs.before("key", another)
    added = add(world)
    assert (added.created, added.key) == (False, None)
    assert added.row is not None
    assert added.row.job.params == {"text": "another's"}


def test_a_key_row_without_its_job_is_no_end_of_one(world: World) -> None:
    add(world)
    world.jobs.table.jobs.clear()
    with pytest.raises(Undecided):
        add(world)


def test_a_job_of_a_newer_release_is_left_to_it(world: World) -> None:
    job_id = added_id(add(world))
    world.newer_release_writes(job_id)
    with pytest.raises(NewerSchema):
        add(world)


@pytest.mark.parametrize(("unique", "claims"), [(True, 1), (False, 2)])
def test_of_two_adds_a_worker_gets_as_many_jobs_as_there_are(world: World, *, unique: bool, claims: int) -> None:
    for _ in range(2):
        add(world, unique=unique)
    world.clock.advance(1)
    taken = [world.darkroom.external.claim_next(KIND, owner="worker/1") for _ in range(3)]
    assert sum(row is not None for row in taken) == claims


def test_a_time_to_live_counts_from_the_add(world: World) -> None:
    job = world.job(added_id(add(world, ttl=timedelta(seconds=60))))
    assert job.deadline == world.clock.now + timedelta(seconds=60)


def test_a_time_to_live_is_not_prolonged_by_a_claim(world: World) -> None:
    job_id = added_id(add(world, ttl=timedelta(seconds=60)))
    claim_job(world, job_id)
    assert world.job(job_id).deadline == world.clock.now + timedelta(seconds=60)


@pytest.mark.parametrize(("handlers", "grace"), [(HANDLED, 120), ({}, 0)])
def test_a_job_is_due_at_once_unless_it_is_left_to_its_message(handlers: Any, grace: int) -> None:  # noqa: ANN401
    world = World(handlers)
    job = world.job(added_id(add(world)))
    assert (job.due, job.not_before) == (world.clock.now + timedelta(seconds=grace), None)


@pytest.mark.parametrize(("handlers", "grace"), [(HANDLED, 120), ({}, 0)])
def test_a_job_for_later_is_due_then(handlers: Any, grace: int) -> None:  # noqa: ANN401
    world = World(handlers)
    later = world.clock.now + timedelta(hours=1)
    job = world.job(added_id(add(world, not_before=later)))
    assert (job.not_before, job.due) == (later, later + timedelta(seconds=grace))


def test_a_moment_that_is_over_delays_nothing() -> None:
    world = World(HANDLED)
    job = world.job(added_id(add(world, not_before=world.clock.now - timedelta(hours=1))))
    assert job.due == world.clock.now + world.settings.grace
    assert world.queue.messages[-1][1] == DATE_STEP


def test_the_message_goes_behind_the_row() -> None:
    world = World(HANDLED)
    add(world)
    world.journal.clear()
    job_id = added_id(add(world, ref="b"))
    assert world.journal == ["jobs.insert", "queue.send"]
    assert (job_id in world.queue.messages[-1][0], world.queue.messages[-1][1]) == (True, timedelta(0))


def test_the_message_of_a_job_for_later_comes_when_it_is_due() -> None:
    world = World(HANDLED)
    job_id = added_id(add(world, not_before=world.clock.now + timedelta(hours=1)))
    assert world.queue.messages[-1][1] == timedelta(hours=1) + DATE_STEP
    world.clock.advance(3_601)
    (message,) = world.queue.take_texts()
    world.darkroom.receive.receive(message.encode(), owner="queue/1")
    assert world.job(job_id).state is State.COMPLETED


@pytest.mark.parametrize(("wait", "sent"), [(LONGEST_DELAY - DATE_STEP, 1), (LONGEST_DELAY, 0)])
def test_a_job_for_later_than_a_message_can_wait_has_none(wait: timedelta, sent: int) -> None:
    world = World(HANDLED)
    add(world, not_before=world.clock.now + wait)
    assert len(world.queue.messages) == sent


def test_a_job_for_later_than_that_is_brought_by_the_sweep() -> None:
    world = World(HANDLED)
    job_id = added_id(add(world, not_before=world.clock.now + timedelta(days=30)))
    world.clock.advance(30 * 86_400 + 121)
    world.darkroom.sweep.sweep(owner="timer/1")
    assert world.job(job_id).state is State.COMPLETED


def test_no_message_starts_a_job_of_a_type_that_external_workers_ask_for(world: World) -> None:
    add(world)
    assert world.queue.messages == []


@pytest.mark.parametrize("again", [add, purged])
def test_what_is_there_already_has_no_second_message(again: Callable[[World], object]) -> None:
    world = World(HANDLED)
    again(world)
    world.queue.messages.clear()
    add(world)
    assert world.queue.messages == []


def test_a_queue_that_is_out_fails_nothing() -> None:
    world = World(HANDLED)
    world.queue.out = True
    assert add(world).created


def test_a_table_that_is_out_sends_nothing() -> None:
    world = World(HANDLED)
    world.jobs.out = True
    with pytest.raises(StorageOut):
        add(world)
    assert world.queue.messages == []


@pytest.mark.parametrize("unique", [True, False])
def test_params_that_no_row_holds_are_refused(world: World, *, unique: bool) -> None:
    with pytest.raises(TooLarge) as met:
        add(world, params={"text": "x" * 32_768}, unique=unique)
    assert (met.value.field, world.jobs.table.jobs, world.jobs.table.keys) == ("params", {}, {})
