"""Tasks take turns in one thread, by a virtual time."""

from collections.abc import Callable
from random import Random

import pytest

from tests.simulation.clocks import Watch
from tests.simulation.scheduler import Died, Home, Scheduler, Stuck
from tests.simulation.service.clock import ServiceClock
from tests.simulation.threads import Event, Lock, Pool

DAY = 86_400.0


@pytest.fixture
def scheduler() -> Scheduler:
    return Scheduler(ServiceClock(), Random)


@pytest.fixture
def home() -> Home:
    return Home("process")


def waits(scheduler: Scheduler, seconds: float, said: list[str], word: str) -> Callable[[], None]:
    def call() -> None:
        scheduler.sleep(seconds)
        said.append(f"{word} {scheduler.now:g}")

    return call


def test_who_waits_for_less_goes_on_first_and_the_time_is_that_of_its_moment(scheduler: Scheduler, home: Home) -> None:
    said: list[str] = []
    for seconds in (5.0, 1.0, 3.0):
        scheduler.spawn("waiter", waits(scheduler, seconds, said, "at"), home)

    assert scheduler.run(DAY)
    assert said == ["at 1", "at 3", "at 5"]


def test_a_process_that_stands_still_goes_on_where_it_was_when_its_time_is_over(
    scheduler: Scheduler, home: Home
) -> None:
    said: list[str] = []
    scheduler.spawn("waiter", waits(scheduler, 1.0, said, "at"), home)
    home.stopped_until = 60.0

    scheduler.run(DAY)
    assert said == ["at 61"]


def test_a_process_that_dies_does_nothing_more_but_let_go(scheduler: Scheduler, home: Home) -> None:
    said: list[str] = []

    def holds() -> None:
        try:
            scheduler.sleep(10.0)
            said.append("went on")
        finally:
            said.append("let go")

    task = scheduler.spawn("holder", holds, home)
    scheduler.at(5.0, lambda: scheduler.kill(home))

    assert scheduler.run(DAY)
    assert (said, isinstance(task.error, Died)) == (["let go"], True)


def test_a_lock_has_one_holder_and_lets_the_next_in(scheduler: Scheduler, home: Home) -> None:
    said: list[str] = []
    lock = Lock(scheduler)

    def holds() -> None:
        with lock:
            begun = scheduler.now
            scheduler.sleep(1.0)
            said.append(f"{begun:g} to {scheduler.now:g}")

    for _ in range(2):
        scheduler.spawn("holder", holds, home)
    scheduler.run(DAY)
    assert said == ["0 to 1", "1 to 2"]


def test_an_event_lets_those_go_on_who_wait_for_it_and_a_time_that_is_over_too(
    scheduler: Scheduler, home: Home
) -> None:
    event, said = Event(scheduler, Watch(scheduler.clock, rate=2.0)), list[tuple[bool, float]]()
    scheduler.spawn("short", lambda: said.append((event.wait(4.0), scheduler.now)), home)
    scheduler.spawn("long", lambda: said.append((event.wait(40.0), scheduler.now)), home)
    scheduler.at(5.0, event.set)

    scheduler.run(DAY)
    assert said == [(False, 2.0), (True, 5.0)]


def test_a_pool_makes_so_many_calls_at_once_and_gives_their_errors_to_who_asks(
    scheduler: Scheduler, home: Home
) -> None:
    said: list[str] = []

    def submits() -> None:
        with Pool(scheduler, home, 2, "pool") as pool:
            begun = [pool.submit(waits(scheduler, 1.0, said, "done")) for _ in range(3)]
            begun.append(pool.submit(lambda: 1 // 0))
        said.append(type(begun[-1].exception()).__name__)

    scheduler.spawn("submitter", submits, home)
    scheduler.run(DAY)
    assert said == ["done 1", "done 1", "done 2", "ZeroDivisionError"]


def test_who_waits_for_what_nobody_does_is_named(scheduler: Scheduler, home: Home) -> None:
    scheduler.spawn("sleeper", scheduler.park, home)
    with pytest.raises(Stuck, match=r"sleeper\.1"):
        scheduler.run(DAY)
