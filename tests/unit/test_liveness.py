"""How long ago timers did their work, and when that is too long ago."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from shared.errors import StorageOut
from shared.rules.locks import Lock
from shared.rules.rhythms import Upkeep
from shared.settings.settings import Settings
from shared.steps.operators.liveness import limits_of
from shared.steps.upkeep.reconcile import WalkResult
from tests.doubles.walks import walk, world_of_old_images
from tests.doubles.world import World
from tests.unit.acts import raising

NEVER = dict.fromkeys(Upkeep)
MINUTE, HOUR = 60.0, 3600.0
ACTS: dict[Upkeep, Callable[[World], object]] = {
    Upkeep.SWEEP: lambda world: world.darkroom.sweep.sweep(owner="timer/1"),
    Upkeep.RECONCILE: lambda world: world.darkroom.reconcile.reconcile(owner="timer/1"),
    Upkeep.PURGE: lambda world: world.darkroom.purge.purge(owner="timer/1"),
}


def seconds(world: World) -> dict[Upkeep, float | None]:
    """Return the age of each in whole seconds, as an instance reads it that did nothing itself."""
    ages = world.another().liveness.read()
    return {each: None if age.seconds is None else float(round(age.seconds)) for each, age in ages.items()}


def late(world: World) -> set[Upkeep]:
    """Return what is late."""
    return {each for each, age in world.darkroom.liveness.read().items() if age.is_late}


@pytest.mark.parametrize("act", ACTS)
def test_what_was_done_ages_from_its_end_on_for_every_instance(world: World, act: Upkeep) -> None:
    assert seconds(world) == NEVER
    ACTS[act](world)
    world.clock.advance(90)
    walked = {Upkeep.WALK: 90.0} if act is Upkeep.RECONCILE else {}
    assert seconds(world) == {**NEVER, act: 90.0, **walked}


@pytest.mark.parametrize("act", ACTS)
def test_that_it_was_done_is_written_with_the_release_of_its_lock(world: World, act: Upkeep) -> None:
    ACTS[act](world)
    assert [call for call in world.journal if call.startswith("locks.")] == [
        "locks.get",
        "locks.insert",
        "locks.replace",
    ]


@pytest.mark.parametrize("act", ACTS)
def test_who_takes_the_lock_and_dies_leaves_the_age_as_it_was(world: World, act: Upkeep) -> None:
    ACTS[act](world)
    world.another().lock.try_acquire(act, owner="timer/2")
    world.lapse()
    world.another().lock.try_acquire(act, owner="timer/3").release()
    assert seconds(world)[act] == pytest.approx(world.settings.lease.total_seconds() + 3.5, abs=1)


def test_a_sweep_that_fails_in_part_does_not_count(world: World) -> None:
    world.index.before("types", raising(StorageOut("out")))
    with pytest.raises(StorageOut):
        ACTS[Upkeep.SWEEP](world)
    assert seconds(world) == NEVER


def test_a_slice_in_which_a_look_fails_does_not_count() -> None:
    world = world_of_old_images("a.png")
    world.jobs.before("key", raising(StorageOut("out")))
    with pytest.raises(StorageOut):
        walk(world)
    assert seconds(world)[Upkeep.RECONCILE] is None


def test_a_purge_by_hand_says_nothing_of_the_timer(world: World) -> None:
    world.darkroom.purge.purge(owner="http/1", before={})
    assert seconds(world) == NEVER


def test_a_walk_is_done_with_its_last_slice() -> None:
    world = world_of_old_images("a.png", "b.png")
    world.listing.most = 1
    world.marks.before("insert", lambda: world.clock.advance(120))
    assert walk(world) == WalkResult(seen=1, missed=1, complete=False)
    assert (seconds(world)[Upkeep.RECONCILE], seconds(world)[Upkeep.WALK]) == (0, None)
    world.clock.advance(30)
    assert walk(world).complete
    assert (seconds(world)[Upkeep.RECONCILE], seconds(world)[Upkeep.WALK]) == (0, 0)


def test_the_limits_are_three_pauses_without_work_and_as_many_budgets() -> None:
    minutes = {each: limit / timedelta(minutes=1) for each, limit in limits_of(Settings.read({})).items()}
    assert minutes == {Upkeep.SWEEP: 3 * (15 + 4), Upkeep.RECONCILE: 3 * (30 + 2), Upkeep.PURGE: 3 * (360 + 2)}


@pytest.mark.parametrize(
    ("environ", "minutes"),
    [
        ({"SCHEDULE": "0 0 * * * *"}, 3 * (60 + 4)),
        ({"SWEEP_BUDGET_SECONDS": "60"}, 3 * (15 + 1)),
        ({"DISPATCH": "queue"}, 3 * (15 + 4)),
        ({"DISPATCH": "timer"}, 3 * (1 + 4)),
        ({"DISPATCH": "timer", "SCHEDULE": "0 */2 * * * *"}, 3 * (2 + 4)),
        ({"SCHEDULE": "no host takes such a one"}, 3 * (15 + 4)),
    ],
)
def test_the_limit_of_sweeps_follows_schedule_budget_and_dispatch(environ: dict[str, str], minutes: float) -> None:
    assert limits_of(Settings.read(environ))[Upkeep.SWEEP] == timedelta(minutes=minutes)


@pytest.mark.parametrize("act", ACTS)
def test_what_was_done_too_long_ago_is_late(world: World, act: Upkeep) -> None:
    for each in ACTS.values():
        each(world)
    limit = limits_of(world.settings)[act].total_seconds()
    world.clock.advance(limit - 2)
    assert act not in late(world)
    world.clock.advance(4)
    assert act in late(world)
    assert world.darkroom.liveness.is_late()
    ACTS[act](world)
    assert act not in late(world)


def test_what_was_never_done_is_late_when_a_process_has_asked_for_longer_than_its_limit(world: World) -> None:
    world.clock.advance(24 * HOUR)
    assert late(world) == set()
    world.clock.advance(58 * MINUTE)
    assert late(world) == {Upkeep.SWEEP}
    assert late(World()) == set()


def test_a_sweep_that_is_paused_is_never_late_and_a_walk_may_take_as_long_as_it_likes() -> None:
    world = World(DISPATCH="off")
    for act in ACTS.values():
        act(world)
    assert late(world) == set()
    world.clock.advance(1000 * HOUR)
    assert late(world) == {Upkeep.RECONCILE, Upkeep.PURGE}


def test_whether_something_is_late_takes_one_read_and_the_ages_take_two(world: World) -> None:
    liveness, journal = world.darkroom.liveness, world.journal
    assert not liveness.is_late()
    assert journal == ["locks.list"]
    liveness.read()
    assert journal[1:] == ["locks.list", "marks.get"]


def test_the_row_of_an_earlier_release_and_a_mark_that_is_damaged_say_nothing(world: World) -> None:
    world.locks.insert(Lock(name="sweep", owner=None, token=7, lease=timedelta(seconds=60)))
    world.marks.insert(world.settings.walk_mark, {"done_at": "yesterday"})
    assert seconds(world) == NEVER
    ACTS[Upkeep.SWEEP](world)
    assert seconds(world) == {**NEVER, Upkeep.SWEEP: 0}
