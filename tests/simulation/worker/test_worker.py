"""A worker from its start to its stop, on the services in process and in virtual time."""

from collections import Counter

import pytest

from tests.simulation.worker.worker_ground import LOOK
from tests.simulation.worker.worker_site import HOUR, Site


@pytest.fixture
def site() -> Site:
    """Give a worker with every setting at its default, which has not begun."""
    return Site()


def ages(site: Site) -> dict[str, float | None]:
    """Return the age of each thing that timers do, as the worker says it."""
    return {name: age["age_seconds"] for name, age in (site.worker.health().upkeep or {}).items()}


def test_images_are_analysed_and_their_messages_are_gone(site: Site) -> None:
    site.start()
    site.upload("a.png", "b.png", "c.png")
    site.ground.go(5)
    assert site.states() == {"COMPLETED": 3}
    assert len(site.ground.queue) == 0


def test_an_image_costs_five_requests_and_a_tenth() -> None:
    site = Site(THUMBNAILS="row")
    site.upload(*(f"{number}.png" for number in range(40)))
    site.ground.sendings.clear()
    site.start()
    site.ground.scheduler.run(HOUR, enough=lambda: len(site.ground.queue) == 0)
    sent = Counter(
        sent.label
        for sent in site.ground.sendings
        if not sent.by.startswith(("process/sweep", "process/reconcile", "process/purge"))
    )
    looks = sent.pop(LOOK)
    work = ("get job", "claim", "GET images blob", "complete", "DELETE image-jobs messages")
    assert sent == dict.fromkeys(work, 40)
    assert looks <= 4
    assert site.states() == {"COMPLETED": 40}


def test_a_folder_of_slow_images_that_is_alone_sends_no_message_to_the_tail_and_asks_the_table_now_and_then() -> None:
    site = Site(longest=6, leads=False)
    site.upload(*(f"slow/{number}.png" for number in range(40)))
    site.ground.sendings.clear()
    site.start()
    site.ground.scheduler.run(HOUR, enough=lambda: len(site.ground.queue) == 0)
    counts = site.ground.counts()
    assert counts["POST image-jobs messages"] == 0
    assert 0 < counts["query due"] <= 40


def test_the_first_image_after_an_idle_time_waits_for_half_a_minute_at_most(site: Site) -> None:
    site.idle()
    site.upload("second.png")
    site.ground.go(31)
    assert site.states() == {"COMPLETED": 2}


def test_the_first_image_after_an_idle_time_does_not_wait_where_the_worker_itself_has_sent_its_message(
    site: Site,
) -> None:
    site.idle()
    site.upload("second.png", by=site.worker.darkroom)
    site.ground.go(0.5)
    assert site.states() == {"COMPLETED": 2}


def test_of_images_that_come_each_second_half_wait_less_than_a_twentieth_of_one_for_their_turn(site: Site) -> None:
    site.start()
    site.ground.go(0.3)
    waits = []
    for number in range(30):
        site.ground.go(0.96)
        site.upload(f"{number}.png")
        sent_at = site.ground.now
        site.ground.scheduler.run(sent_at + 1, enough=lambda: len(site.ground.queue.peek(1)) == 0)
        waits.append(site.ground.now - sent_at)
    print(f"median wait {sorted(waits)[15]:.3f} s, longest {max(waits):.3f} s")
    assert max(waits) < 0.12
    assert sorted(waits)[15] < 0.05


@pytest.mark.parametrize("lived", range(100, 160, 9))
def test_the_message_of_a_worker_that_dies_comes_back_as_soon_as_its_job_may_be_claimed(lived: int) -> None:
    site = Site(longest=1_000, leads=False)
    site.start()
    site.upload("a.png")
    site.ground.go(lived)
    site.replace_process()
    site.ground.scheduler.run(site.ground.now + 97, enough=lambda: site.ground.counts()["claim"] == 2)
    assert site.ground.counts()["claim"] == 2


def test_stop_ends_it_at_once_where_nothing_is_under_way(site: Site) -> None:
    running = site.start()
    site.ground.go(HOUR)
    site.worker.stop()
    site.ground.go(1)
    assert running.ended


def test_stop_lets_a_sweep_end_what_it_has_begun_and_begin_no_more() -> None:
    site = Site(longest=100, DISPATCH="timer", SWEEP_PARALLELISM="1")
    site.upload("a.png", "b.png", "c.png")
    running = site.start()
    site.ground.scheduler.run(HOUR, enough=lambda: site.ground.counts()["GET images blob"] > 0)
    site.worker.stop()
    site.ground.go(300)
    assert running.ended
    assert site.states() == {"COMPLETED": 1, "PENDING": 2}


@pytest.mark.parametrize("begin", [0.0, 3.0, 20.0])
def test_stop_while_storage_is_out_ends_it_in_six_seconds_and_says_that_not_all_is_settled(begin: float) -> None:
    site = Site(longest=0.5)
    site.upload(*(f"{number}.png" for number in range(16)))
    running = site.start()
    site.ground.go(1)
    site.ground.storage_outage(600)
    site.ground.go(begin)
    assert site.worker.health().in_hand
    site.worker.stop()
    site.ground.go(6)
    assert (running.ended, running.value) == (True, False)


def test_what_a_worker_leaves_in_an_outage_comes_back_and_is_committed_once() -> None:
    site = Site(longest=0.5, leads=False)
    site.upload(*(f"{number}.png" for number in range(16)))
    site.start()
    site.ground.go(1)
    site.ground.storage_outage(60)
    site.worker.stop()
    site.ground.go(60)
    site.replace_process()
    site.ground.scheduler.run(site.ground.now + 200, enough=lambda: len(site.ground.queue) == 0)
    assert site.states() == {"COMPLETED": 16}


def test_a_write_that_meets_a_moment_of_an_outage_after_stop_is_sent_again() -> None:
    site = Site(longest=1)
    site.upload("a.png")
    running = site.start()
    site.ground.scheduler.run(HOUR, enough=lambda: site.ground.counts()["GET images blob"] > 0)
    site.worker.stop()
    site.ground.storage_outage(1)
    site.ground.go(10)
    assert (running.ended, running.value, site.states()) == (True, True, {"COMPLETED": 1})


def test_it_is_well_as_long_as_it_has_read_the_queue_lately(site: Site) -> None:
    assert not site.worker.health().is_well
    site.start()
    site.ground.go(30)
    health = site.worker.health()
    assert (health.is_well, health.in_hand) == (True, 0)
    assert health.polled_seconds is not None
    assert health.polled_seconds < 5
    site.ground.outage(0, 300)
    site.ground.go(120)
    assert not site.worker.health().is_well


def test_it_is_well_as_long_as_its_hands_are_full() -> None:
    site = Site(longest=1_000, slots=2)
    site.start()
    site.upload(*(f"{number}.png" for number in range(8)))
    site.ground.go(200)
    health = site.worker.health()
    assert health.is_well == (health.in_hand == 2)


def test_it_says_how_long_ago_it_has_done_each_chore(site: Site) -> None:
    assert ages(site) == dict.fromkeys(("sweep", "reconcile", "purge", "walk"))
    site.start()
    site.ground.go(3_700)
    limits = {"sweep": 301, "reconcile": 1_801, "purge": 3_601, "walk": 1_801}
    assert all(age is not None and 0 <= age < limits[name] for name, age in ages(site).items()), ages(site)


def test_one_that_does_not_lead_does_no_chores_and_hardly_looks_while_it_is_idle() -> None:
    site = Site(leads=False)
    site.idle()
    site.ground.go(HOUR)
    assert {sent.label for sent in site.ground.sendings} == {LOOK}
    assert len(site.ground.looks()) <= 6
    health = site.worker.health()
    assert (health.is_well, health.is_idle, health.upkeep) == (True, True, None)


def test_one_that_does_not_lead_looks_often_again_once_it_is_woken() -> None:
    site = Site(leads=False)
    site.idle()
    site.upload("second.png")
    site.worker.wake()
    site.ground.go(0.5)
    assert site.states() == {"COMPLETED": 2}
    site.ground.go(10)
    assert len(site.ground.looks()) > 20
