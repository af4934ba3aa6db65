"""A group of worker processes, without processes: what its parent does when one says something, or dies."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from shared.worker.run import Ending
from shared.worker.supervisor import Supervisor
from tests.doubles.clock import FakeClock

FINE = {"is_well": True, "is_idle": False, "polled_seconds": 1.0, "upkeep": None, "in_hand": 0, "messages": 0}


class Puppet:
    """A process that does as the test says."""

    def __init__(self, number: int) -> None:
        self.pid = 100 + number
        self.number = number
        self.words: list[dict[str, Any]] = []
        self.exit_status: int | None = None
        self.calls: list[str] = []

    def fileno(self) -> int:
        """Return none that is in use."""
        return -1

    def health(self) -> dict[str, Any] | None:
        """Say what is to be said."""
        return self.words.pop(0) if self.words else None

    def status(self) -> int | None:
        """Return what the test has set."""
        return self.exit_status

    def wake(self) -> None:
        """Note it."""
        self.calls.append("wake")

    def stop(self) -> None:
        """Note it."""
        self.calls.append("stop")

    def kill(self) -> None:
        """Note it, and end."""
        self.calls.append("kill")
        self.exit_status = -9

    def close(self) -> None:
        """Note it."""
        self.calls.append("close")


class Group:
    """A supervisor in a time of its own, whose wishes are a script: a call for each second at which it waits."""

    def __init__(self, processes: int = 2) -> None:
        self.clock = FakeClock(0.0)
        self.count = 0
        self.starts: list[tuple[int, float]] = []
        self.children: list[Puppet] = []
        self.acts: list[tuple[float, Callable[[], object]]] = []
        self.supervisor = Supervisor(self._launch, processes=processes, drain=25, wishes=self, monotonic=self.clock)

    def wait(self, seconds: float, *_: int) -> None:
        """Let the time pass, and do what is due."""
        self.clock.advance(max(0.01, seconds))
        assert self.clock() < 10_000
        while self.acts and self.acts[0][0] <= self.clock():
            self.acts.pop(0)[1]()

    def at(self, second: float, act: Callable[[], object]) -> None:
        """Have something happen."""
        self.acts.append((second, act))

    def wish(self) -> None:
        """Wish for an end."""
        self.count += 1

    def end(self, status: int, *numbers: int) -> Callable[[], None]:
        """Return what ends processes, those that are not told to drain too."""

        def act() -> None:
            for child in self.children:
                if child.number in numbers and child.exit_status is None:
                    child.exit_status = status

        return act

    def say(self, number: int, **health: Any) -> Callable[[], None]:  # noqa: ANN401 - of any health
        """Return what lets the newest process of a place say how it is."""
        return lambda: [each for each in self.children if each.number == number][-1].words.append({**FINE, **health})

    def drain(self, second: float) -> Ending:
        """Run until all have drained, from a second on; return how it has ended."""
        self.at(second, self.wish)
        self.at(second + 2, self.end(0, 0, 1))
        return self.supervisor.run()

    def _launch(self, number: int) -> Puppet:
        self.starts.append((number, self.clock()))
        self.children.append(Puppet(number))
        return self.children[-1]


@pytest.fixture
def group() -> Group:
    """Give a group of two."""
    return Group()


def test_all_drain_at_a_signal_and_the_parent_ends_when_they_have(group: Group) -> None:
    assert group.drain(5) is Ending.SETTLED
    assert [child.calls for child in group.children] == [["stop", "close"]] * 2
    assert group.clock() < 9


def test_a_process_that_dies_is_started_again(group: Group) -> None:
    group.at(5, group.end(-9, 1))
    group.drain(20)
    assert [number for number, _ in group.starts] == [0, 1, 1]
    assert 6 <= group.starts[2][1] < 8


def test_one_that_dies_again_and_again_waits_twice_as_long_each_time_up_to_a_minute(group: Group) -> None:
    for second in range(5, 600):
        group.at(second, group.end(1, 1))
    group.drain(600)
    starts = [second for number, second in group.starts if number == 1]
    waits = [after - before for before, after in pairwise(starts)]
    assert waits[1] == pytest.approx(3, abs=2)
    assert waits[2] > 3
    assert max(waits) == pytest.approx(61, abs=2)


def test_one_that_has_run_for_a_minute_is_started_again_soon(group: Group) -> None:
    for second in (5, 10, 15, 120):
        group.at(second, group.end(1, 1))
    group.drain(130)
    assert group.starts[-1][1] < 123


def test_no_process_is_started_again_while_the_group_drains(group: Group) -> None:
    group.at(5, group.wish)
    group.at(6, group.end(-9, 1))
    group.at(20, group.end(0, 0))
    assert group.supervisor.run() is Ending.CUT_SHORT
    assert len(group.starts) == 2


def test_a_group_of_which_one_could_not_settle_all_says_that_storage_was_out(group: Group) -> None:
    group.at(5, group.wish)
    group.at(6, group.end(4, 1))
    group.at(7, group.end(0, 0))
    assert group.supervisor.run() is Ending.STORAGE_OUT


def test_a_second_signal_kills(group: Group) -> None:
    group.at(5, group.wish)
    group.at(6, group.wish)
    assert group.supervisor.run() is Ending.CUT_SHORT
    assert all("kill" in child.calls for child in group.children)
    assert group.clock() < 9


def test_a_process_that_does_not_drain_is_killed_a_little_after_its_time(group: Group) -> None:
    group.at(5, group.wish)
    group.at(6, group.end(0, 0))
    assert group.supervisor.run() is Ending.CUT_SHORT
    assert 34 <= group.clock() <= 38


def test_settings_that_are_wrong_end_the_group(group: Group) -> None:
    group.at(1, group.end(2, 0, 1))
    assert group.supervisor.run() is Ending.SETTINGS
    assert len(group.starts) == 2


def test_work_of_one_wakes_those_that_are_idle(group: Group) -> None:
    group.at(5, group.say(1, is_idle=True))
    group.at(6, group.say(0, is_idle=True))
    group.at(10, group.say(0, is_idle=False))
    group.drain(20)
    assert [child.calls.count("wake") for child in group.children] == [0, 1]


def test_a_group_is_well_once_each_has_said_so_and_until_one_is_silent(group: Group) -> None:
    seen: list[tuple[bool, Any]] = []

    def look() -> None:
        report = group.supervisor.report()
        seen.append((report["is_well"], report["processes"][0]["polled_seconds"]))

    group.at(1, look)
    group.at(5, group.say(0))
    group.at(5, group.say(1))
    group.at(8, look)
    group.at(30, look)
    group.drain(31)
    assert [is_well for is_well, _ in seen] == [False, True, False]
    assert seen[1][1] == pytest.approx(4, abs=1)


def test_a_process_that_has_died_is_not_well(group: Group) -> None:
    group.at(5, group.say(0))
    group.at(5, group.say(1))
    group.at(6, group.end(-9, 1))
    reports: list[dict[str, Any]] = []
    for second in (7, 10):
        group.at(second, lambda: reports.append(group.supervisor.report()))
    group.drain(20)
    assert [[each["is_well"] for each in report["processes"]] for report in reports] == [[True, False]] * 2
    assert [report["processes"][1]["pid"] for report in reports] == [None, 101]  # its successor has said nothing yet
