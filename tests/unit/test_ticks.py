"""How often a sweep timer sweeps: at each tick while there is work, and at each fifteenth while there is none."""

import pytest

from shared.errors import StorageOut
from shared.steps.upkeep.sweep import SweepResult
from tests.doubles.world import World

MINUTES = 60


def ticks(world: World, minutes: int) -> list[int]:
    """Tick once a minute; return the minutes in which there was a sweep."""
    swept = []
    for minute in range(minutes):
        world.journal.clear()
        world.darkroom.ticks.tick(owner="timer/1")
        if any(call.startswith("locks.") for call in world.journal):
            swept.append(minute)
        world.clock.advance(MINUTES + (0.2 if minute % 2 else -0.2))
    return swept


def test_after_ten_minutes_without_work_each_fifteenth_tick_sweeps(world: World) -> None:
    assert ticks(world, 41) == [*range(10), 24, 39]


@pytest.mark.parametrize("after", [0.1, 0.9, 1.1, 1.9, 2.5, 3.0])
def test_a_job_that_falls_due_in_idle_times_is_swept_up_by_the_next_tick(world: World, after: float) -> None:
    ticks(world, 12)
    for _ in range(int(after)):
        assert ticks(world, 1) == []
    world.clock.advance(after % 1 * MINUTES)
    due = world.job(world.record_image()).due
    world.clock.advance((1 - after % 1) * MINUTES)
    assert due is not None
    while world.clock.server.now() <= due:
        assert ticks(world, 1) == []
    assert ticks(world, 1) == [0]


def test_idle_ticks_ask_each_bucket_once_in_the_time_that_a_job_is_left_to_its_message(world: World) -> None:
    assert world.settings.grace.total_seconds() == 2 * MINUTES
    ticks(world, 11)
    world.clock.advance(2 * MINUTES)
    world.journal.clear()
    for _ in range(6):
        world.darkroom.ticks.tick(owner="timer/1")
        world.clock.advance(MINUTES)
    assert world.journal == ["jobs.due"] * 3 * world.settings.job_buckets


def test_a_sweep_that_finds_work_is_followed_by_one_at_each_tick(world: World) -> None:
    assert ticks(world, 14) == [*range(10)]
    job_id = world.record_image()
    world.clock.advance(3 * MINUTES)
    assert ticks(world, 12) == [*range(11)]
    assert world.job(job_id).state.ended


@pytest.mark.parametrize("dispatch", ["timer", "off"])
def test_every_tick_counts_where_no_message_starts_an_analysis(dispatch: str) -> None:
    world = World(DISPATCH=dispatch)
    sweeps, sweep = list[str](), world.darkroom.sweep.sweep

    def count(*, owner: str) -> SweepResult:
        sweeps.append(owner)
        return sweep(owner=owner)

    world.darkroom.sweep.sweep = count  # type: ignore[method-assign,assignment] # of this world alone
    ticks(world, 20)
    assert len(sweeps) == 20


def test_a_tick_answers_what_its_sweep_did_and_nothing_where_there_was_none(world: World) -> None:
    world.record_image()
    world.clock.advance(3 * MINUTES)
    swept = world.darkroom.ticks.tick(owner="timer/1")
    assert swept is not None
    assert swept.found_work
    ticks(world, 12)
    assert world.darkroom.ticks.tick(owner="timer/1") is None


def test_a_tick_after_a_sweep_that_raised_sweeps(world: World) -> None:
    ticks(world, 24)
    world.jobs.out = True
    with pytest.raises(StorageOut):
        world.darkroom.ticks.tick(owner="timer/1")
    world.jobs.out = False
    assert ticks(world, 3) == [0, 1, 2]
