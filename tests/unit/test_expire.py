from datetime import timedelta

import pytest

from shared.errors import StorageOut
from shared.rules.jobs import State
from shared.steps.upkeep.expire import LIMIT, Expire
from shared.steps.work.attempt import End
from tests.doubles.world import World
from tests.unit.external_jobs import KIND, MINUTE, add_job, claim_job
from tests.unit.image_jobs import error_code


def expire(world: World, *kinds: str, stops_after: int | None = None) -> int:
    """Expire once, as a sweep of the same process does."""
    stops = iter([False] * (stops_after or 0))
    return world.darkroom.sweep.expire.expire(
        kinds or (KIND,), stop=lambda: stops_after is not None and next(stops, True)
    )


def test_a_job_whose_time_is_over_ends(world: World) -> None:
    job_id = add_job(world, ttl=MINUTE)
    world.clock.advance(61)
    assert expire(world) == 1
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.FAILED, "time_limit")


def test_a_job_whose_last_worker_has_died_ends(world: World) -> None:
    job_id, _ = claim_job(world, add_job(world, max_attempts=1))
    world.lapse()
    assert expire(world) == 1
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.FAILED, "attempts_exhausted")


def test_a_worker_on_its_last_attempt_is_left_while_its_lease_is_live(world: World) -> None:
    job_id, claim = claim_job(world, add_job(world, max_attempts=1))
    world.clock.advance(61)  # its due row has come up, and its lease has not lapsed for others
    assert expire(world) == 0
    assert world.darkroom.external.resume(job_id, claim).renew().job.state is State.RUNNING


def test_jobs_that_may_still_be_claimed_wait_for_whoever_comes(world: World) -> None:
    waiting, (dead, _) = add_job(world, "waiting"), claim_job(world, add_job(world, "dead"))
    later = add_job(world, "later", not_before=world.clock.now + timedelta(hours=1))
    world.lapse()
    before = [world.job(job_id) for job_id in (waiting, dead, later)]
    assert expire(world) == 0
    assert [world.job(job_id) for job_id in (waiting, dead, later)] == before


def test_a_job_that_is_not_due_is_not_even_read() -> None:
    world = World(JOB_BUCKETS="1")
    add_job(world, not_before=world.clock.now + timedelta(hours=1))
    expire(world)
    assert world.journal == ["index.live"]


def test_each_bucket_of_each_type_is_asked_once() -> None:
    world = World(JOB_BUCKETS="4")
    expire(world, KIND, "other")
    assert world.journal == ["index.live"] * 8


@pytest.mark.parametrize("call", ["get", "replace"])
def test_a_job_that_is_ended_meanwhile_or_at_the_write_is_not_counted(world: World, call: str) -> None:
    job_id = add_job(world, ttl=MINUTE)
    world.clock.advance(61)
    world.jobs.before(call, lambda: world.darkroom.cancel.cancel(job_id))
    assert expire(world) == 0
    assert world.job(job_id).state is State.CANCELED


def test_jobs_that_are_gone_or_of_a_newer_release_hold_nobody_up() -> None:
    world = World(JOB_BUCKETS="1")
    world.newer_release_writes(add_job(world, "newer", ttl=MINUTE))
    gone, over = add_job(world, "gone", ttl=MINUTE), add_job(world, "over", ttl=MINUTE)
    world.clock.advance(61)
    world.jobs.before("get", *[lambda: world.jobs.table.jobs.pop(gone, None)] * 3)
    assert expire(world) == 1
    assert world.job(over).state is State.FAILED


def test_behind_a_backlog_of_more_than_it_reads_the_next_goes_on() -> None:
    world = World(JOB_BUCKETS="1")
    for number in range(2 * LIMIT):
        add_job(world, f"{number}")
    world.clock.advance(1)
    over = add_job(world, "over", ttl=MINUTE)
    world.clock.advance(61)
    assert [expire(world), expire(world), expire(world)] == [0, 0, 1]
    assert world.job(over).state is State.FAILED


def test_at_the_end_of_a_backlog_it_begins_anew() -> None:
    world = World(JOB_BUCKETS="1")
    over = add_job(world, "over", ttl=timedelta(hours=1))
    for number in range(LIMIT):
        add_job(world, f"{number}")
    world.clock.advance(1)
    assert [expire(world), expire(world)] == [0, 0]
    world.clock.advance(3_600)
    assert expire(world) == 1
    assert world.job(over).state is State.FAILED


def test_no_more_of_a_bucket_is_read_at_once_than_the_limit() -> None:
    world = World(JOB_BUCKETS="1")
    for number in range(LIMIT + 1):
        add_job(world, f"{number}")
    world.clock.advance(1)
    world.journal.clear()
    expire(world)
    assert world.journal.count("jobs.get") == LIMIT


def test_it_stops_between_two_buckets_when_it_is_told_to() -> None:
    world = World(JOB_BUCKETS="4")
    assert expire(world, stops_after=2) == 0
    assert world.journal == ["index.live"] * 2


def test_an_outage_is_no_empty_table(world: World) -> None:
    world.index.out = True
    with pytest.raises(StorageOut):
        expire(world)


def test_a_sweep_ends_such_jobs_of_types_that_nobody_here_works_on(world: World) -> None:
    job_id = add_job(world, ttl=MINUTE)
    world.clock.advance(61)
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.FAILED: 1}
    assert world.job(job_id).state is State.FAILED


def test_a_sweep_asks_for_no_other_bucket_of_a_type_that_is_worked_on_here() -> None:
    world = World({KIND: lambda _: None}, JOB_BUCKETS="1")
    add_job(world)
    world.darkroom.sweep.sweep(owner="timer/1")
    assert (world.journal.count("index.live"), world.journal.count("jobs.due")) == (0, 2)


def test_another_process_begins_at_the_front() -> None:
    world = World(JOB_BUCKETS="1")
    for number in range(LIMIT):
        add_job(world, f"{number}")
    world.clock.advance(1)
    expire(world)
    over = add_job(world, "over", ttl=timedelta(0))
    world.clock.advance(1)
    fresh = Expire(claims=world.darkroom.claims, index=world.index, settings=world.settings)
    assert fresh.expire((KIND,), stop=lambda: False) == 0
    assert world.job(over).state is State.PENDING
