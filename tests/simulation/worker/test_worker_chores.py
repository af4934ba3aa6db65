"""What timers do under Functions, in a worker: how often, and what it counts as work."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from shared.worker.chores import Chore, Chores
from shared.worker.timers import Timers
from tests.doubles.world import World
from tests.simulation.faults import Outage
from tests.simulation.worker.worker_ground import Ground
from tests.simulation.worker.worker_site import HOUR, Site

POISON_LOOK = "GET image-jobs-poison messages"


def pauses(site: Site, chore: str, begin: float = 0, end: float = 7 * HOUR) -> list[float]:
    """Return the seconds from the beginning of a chore to its next, of those that begin within some time."""
    return [after - before for before, after in pairwise(site.times_of(chore)) if begin <= before < after < end]


def poison_looks(site: Site, begin: float, end: float) -> int:
    """Count the looks into the job queue's poison queue within some time."""
    return sum(sent.label == POISON_LOOK and begin <= sent.at < end for sent in site.ground.sendings)


@pytest.fixture(scope="module")
def day() -> Site:
    """Give a worker after seven hours without work, of which it takes the first ten minutes for busy ones."""
    site = Site()
    site.start()
    site.ground.go(7 * HOUR)
    return site


def test_it_sweeps_each_minute_while_there_is_work_and_every_five_minutes_without(day: Site) -> None:
    assert pauses(day, "sweep", end=595) == pytest.approx([60.0] * 9, abs=1)
    assert pauses(day, "sweep", begin=695) == pytest.approx([300.0] * 80, abs=1)


def test_each_idle_hour_costs_four_requests_a_minute_at_most(day: Site) -> None:
    hours = Counter(int((sent.at - 700) // HOUR) for sent in day.ground.sendings if sent.at >= 700)
    print(f"requests in each idle hour: {dict(hours)}")
    assert len(hours) == 7
    assert max(hours.values()) <= 4 * 60


def test_it_sweeps_each_minute_without_work_too_where_no_message_starts_an_analysis() -> None:
    site = Site(DISPATCH="timer")
    site.start()
    site.ground.go(1_200)
    assert max(pauses(site, "sweep")) < 61
    site.upload("a.png")
    site.ground.go(62)
    assert site.states() == {"COMPLETED": 1}


def test_it_walks_every_five_minutes_and_every_thirty_without_work(day: Site) -> None:
    walks = pauses(day, "reconcile")
    assert min(walks) == pytest.approx(300, abs=1)
    assert max(walks) == pytest.approx(1_800, abs=1)


def test_it_purges_within_the_first_hour_and_every_six_hours_without_work(day: Site) -> None:
    assert day.times_of("purge")[0] < HOUR
    assert pauses(day, "purge") == pytest.approx([6 * HOUR], abs=1)


def test_it_looks_into_the_poison_queues_at_each_sweep_and_hourly_without_work(day: Site) -> None:
    assert poison_looks(day, 0, 595) == len(pauses(day, "sweep", end=595)) + 1 == 10
    assert 1 <= poison_looks(day, 695, 695 + 2 * HOUR) <= 2


def test_an_image_that_a_walk_has_found_is_work() -> None:
    site = Site(RECONCILE_GRACE_SECONDS="0", DISPATCH="off")  # nothing else finds it
    site.idle()
    site.upload_without_event("lost.png")
    site.ground.scheduler.run(site.ground.now + HOUR, enough=lambda: not site.worker.is_idle())
    assert site.ground.now < 700 + 1_801


def sweep_costs(containers: int, *, begin: float) -> tuple[Site, int]:
    """Run containers for an hour, from a second on; return the last and how many requests their sweeps have sent."""
    site = Site()
    site.start()
    for number in range(1, containers):
        site.ground.go(13)
        site.start_another(f"container-{number}")
    site.ground.go(begin - site.ground.now)
    site.ground.sendings.clear()
    site.ground.go(HOUR)
    return site, sum("/sweep" in sent.by for sent in site.ground.sendings)


def test_the_sweeps_of_five_idle_containers_cost_little_more_than_those_of_one() -> None:
    _, one = sweep_costs(1, begin=1_000)
    site, five = sweep_costs(5, begin=1_000)
    print(f"requests of sweeps in an idle hour: {one} with one container, {five} with five")
    assert five <= 1.34 * one + 4 * 12  # a read for each that is left out
    assert max(pauses(site, "sweep")) < 301


def test_the_sweeps_of_busy_containers_come_each_minute_and_are_not_done_twice() -> None:
    site = Site()
    site.start()
    for number in range(1, 4):
        site.ground.go(13)
        site.start_another(f"container-{number}")
    site.ground.go(60)
    site.ground.sendings.clear()
    site.ground.go(490)
    between = pauses(site, "sweep")
    assert min(between) >= 45
    assert max(between) < 61


def test_a_container_sweeps_within_a_minute_and_three_quarters_when_another_has_died_that_did() -> None:
    site = Site()
    site.start()
    site.ground.go(10)
    first = site.ground.process
    site.start_another("container")
    site.ground.go(60)
    site.ground.scheduler.kill(first)
    died_at = site.ground.now
    site.ground.go(300)
    sweeps = [at for at in site.times_of("sweep") if at > died_at]
    assert sweeps[0] - died_at <= 105
    assert pauses(site, "sweep")[-1] == pytest.approx(60, abs=1)


@pytest.mark.parametrize(
    ("types", "dispatch", "sweeps"), [([], "both", False), (["echo"], "both", True), ([], "timer", True)]
)
def test_the_sweep_of_another_counts_unless_it_may_not_have_done_the_same(
    types: list[str], dispatch: str, *, sweeps: bool
) -> None:
    world = World(dict.fromkeys(types, lambda _: None), DISPATCH=dispatch)
    world.another().sweep.sweep(owner="timer/1")
    world.journal.clear()
    timers = Timers(world.darkroom, owner="worker/1", is_idle=lambda: False, stop=lambda: False)
    timers.chores()[0].act(timedelta(seconds=45))
    assert ("jobs.due" in world.journal) is sweeps


@pytest.mark.parametrize(("takes", "pause"), [(40, 60), (90, 90)])
def test_a_chore_begins_again_a_minute_after_its_beginning_or_as_soon_as_it_has_ended(takes: int, pause: int) -> None:
    ground, begins = Ground(), list[float]()

    def act(_rest: timedelta) -> bool:
        begins.append(ground.now)
        ground.runtime.pause(takes)
        return True

    minute = timedelta(minutes=1)
    chore = Chore(name="sweep", act=act, busy=minute, idle=minute, first=timedelta(0))
    event = ground.runtime.event()
    chores = Chores(
        chores=(chore,), runtime=ground.runtime, is_idle=lambda: False, note_work=lambda: None, stopping=event
    )

    def wait() -> None:
        with chores.beside():
            ground.runtime.pause(300)

    ground.call(wait)
    assert [after - before for before, after in pairwise(begins)][:2] == pytest.approx([pause] * 2, abs=0.1)


def test_a_job_that_a_sweep_has_found_is_work() -> None:
    site = Site(DISPATCH_GRACE_SECONDS="0")
    site.idle()
    site.upload("late.png")
    site.ground.queue.clear()
    site.ground.scheduler.run(site.ground.now + HOUR, enough=lambda: not site.worker.is_idle())
    assert site.ground.now < 700 + 301


def test_a_chore_that_fails_is_done_again_in_its_time() -> None:
    site = Site()
    site.start()
    site.ground.weather.outages.append(Outage("table", 100.0, 400.0))
    site.ground.go(600)
    assert site.times_of("sweep")[-1] > 540
    assert (site.worker.health().upkeep or {})["sweep"]["age_seconds"] is not None
