"""What an everyday run leaves out is said by what it tries."""

import itertools

import pytest

from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_walks as walks
from tests.faults.enumeration import WRITES_ONLY, Strike
from tests.faults.enumeration_choice import Schedule, chosen, distinct
from tests.faults.enumeration_wire import reads

LABELS = ("GET key", "HEAD image", "write job", "GET job", "GET key", "write mark", "write job", "GET job")


def schedules(strikes: tuple[Strike, ...]) -> list[Schedule]:
    """Return all schedules of a made-up flow."""
    every = itertools.product(enumerate(LABELS, 1), strikes)
    return [(nth, label, one) for (nth, label), one in every if not (reads(label) and one in WRITES_ONLY)]


def left_behind(one: Schedule) -> int:
    """Count the writes that a process which dies so has done."""
    return sum(not reads(label) for label in LABELS[: one[0] - (not one[2].applies)])


def test_each_state_that_a_death_leaves_behind_is_left_by_exactly_one_of_those_tried() -> None:
    deaths = [one for one in schedules(tuple(Strike)) if one[2].kills]
    assert sorted(map(left_behind, distinct(deaths))) == sorted(set(map(left_behind, deaths))) == [0, 1, 2, 3]


def test_nothing_but_deaths_is_said_by_others() -> None:
    every = schedules(tuple(Strike))
    assert [one for one in every if not one[2].kills] == [one for one in distinct(every) if not one[2].kills]


@pytest.mark.parametrize(
    "flow", [flows.Analysis, flows.Resending, flows.Canceling, flows.Crowded, walks.Purging, walks.ReconcilingPast]
)
def test_each_request_meets_a_fault_every_day(monkeypatch: pytest.MonkeyPatch, flow: type[flows.Flow]) -> None:
    monkeypatch.delenv("DARKROOM_EVERY_STRIKE", raising=False)
    tried = chosen(flow, schedules(flow.strikes))
    assert {nth for nth, _, _ in tried} == set(range(1, len(LABELS) + 1))
    assert {one[2] for one in tried} <= set(flow.strikes)


def test_all_is_tried_when_all_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DARKROOM_EVERY_STRIKE", "1")
    assert chosen(flows.Canceling, schedules(tuple(Strike))) == schedules(tuple(Strike))
