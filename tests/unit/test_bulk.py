import threading
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import pytest

from shared.errors import DarkroomError, NoSuchJob, Refused, StorageOut, Undecided
from shared.rules.actions import Action, Counts, Outcome
from shared.steps.operators.bulk import AT_ONCE, MOST_OUTAGES, Bulk, Decision
from shared.steps.operators.cancel import Cancel
from tests.doubles.world import World
from tests.unit.acts import raising

IDS = [f"t-{number:032x}" for number in range(100)]


class Acts:
    """A step that does what it is given to do for each id."""

    def __init__(self, act: Callable[[str], object]) -> None:
        self.act, self.begun = act, list[str]()

    def cancel(self, job_id: str, **_: object) -> None:
        """Act on one."""
        self.begun.append(job_id)
        self.act(job_id)


def _bulk(world: World, acts: Acts) -> Bulk:
    return replace(world.darkroom.bulk, cancel=cast("Cancel", acts))


def _outcomes(decisions: list[Decision]) -> list[Outcome]:
    return [each.outcome for each in decisions]


def _outage_at(*places: int, error: type[DarkroomError] = StorageOut) -> Callable[[str], None]:
    def act(job_id: str) -> None:
        if IDS.index(job_id) in places:
            raise error

    return act


def test_each_id_is_decided_in_its_place(world: World) -> None:
    def act(job_id: str) -> None:
        if job_id == IDS[1]:
            raise Refused("live", "It runs.")
        if job_id == IDS[3]:
            raise NoSuchJob

    decisions = _bulk(world, Acts(act)).act(Action.CANCEL, IDS[:5])
    done, refused = Outcome.DONE, Outcome.REFUSED
    assert [each.id for each in decisions] == IDS[:5]
    assert _outcomes(decisions) == [done, refused, done, refused, done]
    assert [type(each.error) for each in decisions if each.error] == [Refused, NoSuchJob]


@pytest.mark.parametrize("error", [StorageOut, Undecided])
def test_one_outage_keeps_no_other_from_its_turn(world: World, error: type[DarkroomError]) -> None:
    acts = Acts(_outage_at(0, 50, error=error))
    outcomes = _outcomes(_bulk(world, acts).act(Action.CANCEL, IDS))
    assert (outcomes.count(Outcome.DONE), outcomes[0], outcomes[50]) == (98, Outcome.UNKNOWN, Outcome.UNKNOWN)
    assert sorted(acts.begun) == IDS


def test_an_outage_in_the_middle_begins_nothing_more_and_tells_what_is_decided(world: World) -> None:
    first, begun = set(IDS[:20]), threading.Event()

    def act(job_id: str) -> None:
        if first.issubset(acts.begun):
            begun.set()
        if job_id not in first:
            assert begun.wait(60), "an id before the outage has had no turn"  # its thread may be the slowest
            raise StorageOut

    acts = Acts(act)
    decisions = _bulk(world, acts).act(Action.CANCEL, IDS)
    assert _outcomes(decisions) == [Outcome.DONE] * 20 + [Outcome.UNKNOWN] * 80
    assert MOST_OUTAGES <= len(acts.begun) - 20 < MOST_OUTAGES + AT_ONCE
    assert [each.id for each in decisions if each.outcome is Outcome.UNKNOWN and each.error is None] == [
        job_id for job_id in IDS if job_id not in acts.begun
    ]


def test_an_outage_before_anything_is_decided_raises(world: World) -> None:
    acts = Acts(raising(StorageOut("out")))
    with pytest.raises(StorageOut):
        _bulk(world, acts).act(Action.CANCEL, IDS)
    assert len(acts.begun) < MOST_OUTAGES + AT_ONCE


def test_a_refusal_is_a_decision_too(world: World) -> None:
    def act(job_id: str) -> None:
        raise Refused("live", "It runs.") if job_id == IDS[0] else StorageOut

    assert _outcomes(_bulk(world, Acts(act)).act(Action.CANCEL, IDS[:3]))[0] is Outcome.REFUSED


def test_a_bug_is_no_outcome(world: World) -> None:
    with pytest.raises(ZeroDivisionError):
        _bulk(world, Acts(raising(ZeroDivisionError()))).act(Action.CANCEL, IDS[:3])


def test_outcomes_are_counted_with_their_codes() -> None:
    refused = [(Outcome.REFUSED, "live"), (Outcome.REFUSED, "ended"), (Outcome.REFUSED, "live")]
    unknown = [(Outcome.UNKNOWN, "storage_out")]
    counts = Counts.of([(Outcome.DONE, None), *refused, *unknown])
    assert counts == Counts(done=1, refused=3, unknown=1, codes={"live": 2, "ended": 1, "storage_out": 1})
