import json
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.http.prometheus import prometheus
from shared.rules.jobs import State
from shared.rules.locks import Lock
from shared.rules.rhythms import Age, Upkeep
from shared.rules.statistics import Stats
from shared.steps.operators import statistics
from shared.steps.operators.statistics import MARK, STALE_REPORTS
from tests.doubles.clock import FakeClock
from tests.doubles.world import World

NONE = {state.value: 0 for state in State}


class StatisticsWorld(World):
    """Darkroom in memory, and what counts it."""

    def __init__(self, **environ: str) -> None:
        super().__init__({"audio": lambda _: None}, **environ)

    @property
    def states(self) -> dict[str, int]:
        """How many image jobs there are in each state that has any, counted anew."""
        self.clock.advance(61)
        counted = self.darkroom.statistics.count().jobs[self.settings.image_type]
        return {state: number for state, number in counted.items() if number}


STATS = Stats(
    as_of=FakeClock().now,
    jobs={'a"\\\n': {"PENDING": 2, "FAILED": 0}},
    capped=False,
    oldest_due_age_seconds=1.5,
    lock={"holder": None},
    poison=3,
    missed=4,
    stale_reports_total=5,
    done_at={Upkeep.SWEEP: FakeClock().now},
    age_seconds=6.25,
    upkeep={Upkeep.SWEEP: Age(1.25, 9.0, False), Upkeep.PURGE: Age(None, 1.0, True)},
)


@pytest.fixture
def world() -> StatisticsWorld:
    """Give the world that is counted."""
    return StatisticsWorld()


@pytest.mark.parametrize("index_tells", [True, False])
def test_jobs_are_counted_by_their_states(world: StatisticsWorld, index_tells: bool) -> None:  # noqa: FBT001
    world.index.tells_who_runs = index_tells
    ids = [world.record_image(f"{number}.png") for number in range(6)]
    world.rival_claims(ids[0])
    world.rival_claims(ids[1])
    world.darkroom.cancel.cancel(ids[2])
    world.darkroom.attempt.run(ids[3], owner="queue/1")
    assert world.states == {"PENDING": 2, "RUNNING": 2, "CANCELED": 1, "COMPLETED": 1}


def test_a_type_without_jobs_has_every_state_and_no_job() -> None:
    stats = StatisticsWorld().darkroom.statistics.count()
    assert stats.jobs == {"audio": NONE, "image-analysis": NONE}
    assert (stats.oldest_due_age_seconds, stats.capped, stats.lock) == (None, False, {"holder": None})
    assert (stats.poison, stats.missed, stats.stale_reports_total, stats.age_seconds) == (0, None, 0, 0)


def test_the_oldest_due_job_tells_how_long_it_is_due_and_one_of_later_tells_nothing(world: StatisticsWorld) -> None:
    due = world.job(world.record_image()).due
    assert due is not None
    assert world.darkroom.statistics.count().oldest_due_age_seconds is None
    world.clock.advance((due - world.clock.now).total_seconds() + 90)
    world.record_image("later.png")
    assert world.darkroom.statistics.count().oldest_due_age_seconds == pytest.approx(90, abs=1.1)


def test_what_was_counted_is_good_for_a_minute_and_costs_one_read(world: StatisticsWorld) -> None:
    first = world.darkroom.statistics.count()
    world.record_image()
    world.clock.advance(58)
    world.journal.clear()
    again = world.darkroom.statistics.count()
    assert (replace(again, age_seconds=0, upkeep={}), world.journal) == (replace(first, upkeep={}), ["marks.get"])
    assert again.age_seconds == pytest.approx(58, abs=1.1)
    world.clock.advance(3)
    assert world.darkroom.statistics.count().jobs["image-analysis"]["PENDING"] == 1


def test_what_an_earlier_process_counted_is_good_for_another(world: StatisticsWorld) -> None:
    world.record_image()
    counted = world.darkroom.statistics.count()
    assert Stats.of(json.loads(json.dumps(world.marks.rows[MARK].value))) == replace(counted, upkeep={})


def test_what_another_release_counted_and_a_moment_that_is_not_yet_are_counted_anew(world: StatisticsWorld) -> None:
    world.marks.insert(MARK, {"schema": 99, "as_of": world.clock.now.isoformat()})
    assert world.darkroom.statistics.count().jobs["audio"] == NONE
    future = replace(STATS, as_of=world.clock.now + timedelta(days=1))
    world.marks.replace(world.marks.rows[MARK], future.value)
    assert world.darkroom.statistics.count().poison == 0


@pytest.mark.parametrize("counted_before", [False, True])
def test_who_is_slower_than_another_counts_all_the_same(world: StatisticsWorld, counted_before: bool) -> None:  # noqa: FBT001
    if counted_before:
        world.darkroom.statistics.count()
        world.clock.advance(61)
    world.record_image()
    world.marks.before("replace" if counted_before else "insert", lambda: _rival(world))
    assert world.darkroom.statistics.count().jobs["image-analysis"]["PENDING"] == 1
    assert world.marks.rows[MARK].value["poison"] == STATS.poison


def _rival(world: World) -> None:
    stands = world.marks.rows.get(MARK)
    if stands is None:
        world.marks.insert(MARK, STATS.value)
    else:
        world.marks.replace(stands, STATS.value)


def test_a_bucket_is_counted_up_to_its_share_and_then_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MOST", 4)
    monkeypatch.setattr(statistics, "PAGE", 3)
    world = StatisticsWorld(JOB_BUCKETS="1")
    for number in range(3):
        world.darkroom.cancel.cancel(world.record_image(f"{number}.png"))
    stats = world.darkroom.statistics.count()
    assert (stats.jobs["image-analysis"]["CANCELED"], stats.capped) == (3, False)
    for number in range(3, 9):
        world.darkroom.cancel.cancel(world.record_image(f"{number}.png"))
    assert world.states == {"CANCELED": 4}
    assert world.darkroom.statistics.count().capped


@pytest.mark.parametrize("page", [1, 2, 3, 50])
def test_many_jobs_in_one_state_hide_none_in_another(monkeypatch: pytest.MonkeyPatch, page: int) -> None:
    monkeypatch.setattr(statistics, "MOST", 3)
    monkeypatch.setattr(statistics, "PAGE", page)
    world = StatisticsWorld(JOB_BUCKETS="1", MAX_ATTEMPTS="1")
    ids = [world.record_image(f"{number}.png", b"broken" if number == 0 else None) for number in range(15)]
    world.darkroom.attempt.run(ids[0], owner="queue/1")
    world.darkroom.attempt.run(ids[1], owner="queue/1")
    for job_id in ids[2:8]:
        world.darkroom.cancel.cancel(job_id)
    assert world.states == {"PENDING": 3, "CANCELED": 3, "COMPLETED": 1, "FAILED": 1}
    assert world.darkroom.statistics.count().capped


def test_no_job_is_read_where_the_index_says_who_runs(world: StatisticsWorld) -> None:
    for number in range(5):
        world.record_image(f"{number}.png")
    world.rival_claims(world.record_image("busy.png"))
    world.journal.clear()
    assert world.darkroom.statistics.count().jobs["image-analysis"] == {**NONE, "PENDING": 5, "RUNNING": 1}
    assert "jobs.get" not in world.journal


def test_live_jobs_beyond_those_looked_at_count_as_waiting_and_who_is_not_due_is_looked_at_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "LOOKED_AT", 2)
    world = StatisticsWorld()
    world.index.tells_who_runs = False
    ids = [world.record_image(f"{number}.png") for number in range(5)]
    world.clock.advance(900)
    world.rival_claims(ids[4])
    stats = world.darkroom.statistics.count()
    assert (stats.jobs["image-analysis"]["PENDING"], stats.jobs["image-analysis"]["RUNNING"]) == (4, 1)
    assert stats.capped


def test_who_sweeps_is_told_until_that_lease_has_lapsed(world: StatisticsWorld) -> None:
    world.locks.insert(Lock(name="sweep", owner="timer/1", token=1, lease=timedelta(seconds=600)))
    assert world.darkroom.statistics.count().lock == {"holder": "timer/1"}
    world.clock.advance(600 + world.settings.margin.total_seconds() + 2)
    assert world.darkroom.statistics.count().lock == {"holder": None}


def test_poison_missed_images_and_late_reports_are_told(world: StatisticsWorld) -> None:
    world.poison.put(b"x")
    world.blob_poison.put(b"y")
    world.marks.insert(f"reconcile:{world.settings.images_container}", {"marker": None, "missed": 7})
    world.marks.insert(STALE_REPORTS, {"total": 8})
    stats = world.darkroom.statistics.count()
    assert (stats.poison, stats.missed, stats.stale_reports_total) == (2, 7, 8)


def test_a_walk_that_tells_no_missed_images_leaves_them_unknown(world: StatisticsWorld) -> None:
    world.marks.insert(f"reconcile:{world.settings.images_container}", {"marker": None})
    assert world.darkroom.statistics.count().missed is None


def test_the_text_for_prometheus_has_help_type_and_escaped_labels() -> None:
    lines = prometheus(STATS).splitlines()
    assert prometheus(STATS).endswith("\n")
    assert 'darkroom_jobs{type="a\\"\\\\\\n",state="PENDING"} 2' in lines
    assert [line for line in lines if line.startswith("# TYPE")] == [
        "# TYPE darkroom_jobs gauge",
        "# TYPE darkroom_oldest_due_age_seconds gauge",
        "# TYPE darkroom_poison_messages gauge",
        "# TYPE darkroom_missed_images gauge",
        "# TYPE darkroom_stale_reports_total counter",
        "# TYPE darkroom_upkeep_age_seconds gauge",
        "# TYPE darkroom_upkeep_late gauge",
        "# TYPE darkroom_statistics_age_seconds gauge",
    ]
    assert [line.split()[-1] for line in lines if "{" not in line and line[0] != "#"] == ["1.5", "3", "4", "5", "6.25"]
    helped = [line.split()[2] for line in lines if line.startswith("# HELP")]
    assert helped == [line.split()[2] for line in lines if line.startswith("# TYPE")]


def test_what_is_not_known_has_no_sample() -> None:
    text = prometheus(replace(STATS, oldest_due_age_seconds=None, missed=None))
    assert "\ndarkroom_oldest" not in text
    assert "\ndarkroom_missed" not in text


def test_what_timers_did_ages_on_in_figures_that_were_counted_before(world: StatisticsWorld) -> None:
    world.darkroom.sweep.sweep(owner="timer/1")
    for age in (0, 30):
        counted = world.another().statistics.count()
        assert counted.upkeep[Upkeep.SWEEP].seconds == pytest.approx(age, abs=1.1)
        assert (counted.upkeep[Upkeep.PURGE].seconds, counted.upkeep[Upkeep.PURGE].is_late) == (None, False)
        world.clock.advance(30)


def test_prometheus_gets_the_age_of_what_was_done_and_whether_each_is_late() -> None:
    lines = [line for line in prometheus(STATS).splitlines() if "upkeep" in line and line[0] != "#"]
    assert lines == [
        'darkroom_upkeep_age_seconds{work="sweep"} 1.25',
        'darkroom_upkeep_late{work="sweep"} 0',
        'darkroom_upkeep_late{work="purge"} 1',
    ]
