"""All is well whoever of two is first at each request; and a fault in production code is found in some order."""

import pytest

from shared.errors import Undecided
from tests.counting import Count
from tests.faults.crossing_pairs import PAIRS
from tests.faults.crossings import crossings
from tests.simulation.planted_faults import FAULTS
from tests.simulation.planting import plant

#: Of more schedules than a day has time for.
WIDEST = frozenset(
    {
        "a worker and the event of an overwrite",
        "who tries again later, and who takes over",
        "who holds a lock, and who takes over",
        "two events of an overwrite",
        "an overwrite and another",
        "who redrives and who purges",
    }
)
WIDE = pytest.mark.prove("plays many orders; every day pairs with fewer requests play all of theirs")
#: Which pair finds what.
PLANTED = {
    "claim that is written over whatever stands": "one message twice",
    "bury and exhaust that write over a moved row": "a message and its poison",
    "due row moved on over a moved row": "two who send a due job again",
    "redrive by hand that looks at the key row and does not match it": "who redrives, and an overwrite",
    "completion by status only": "a worker and who takes over",
    "completion by id only": "a worker and who takes over",
    "who is refused reads the row and writes over it": "a worker and who takes over",
    "cancel that writes over a moved row": "a worker and who cancels",
    "key row written without its ETag": "two events of an overwrite",
    "key row not read after its refusal": "an overwrite and another",
    "a version that is known is recorded again once its job is purged": "one event twice, of a job that is purged",
    "the sweep sends the message before it has moved the due row on": "two who send a due job again",
    "the sweep leaves the due row where it was": "two who send a due job again",
    "bury of a live lease": "a worker and its poison",
    "the sweep hides a job whose lease is live": "a worker and who sends its job again",
    "a job is given back whoever holds it by now": "who gives back, and who takes over",
    "a job is tried again whoever holds it by now": "who tries again later, and who takes over",
    "release without its ETag": "two who take a lock",
    "a live lock is taken over": "two who take a lock",
    "release that asks neither owner nor token": "who holds a lock, and who takes over",
    "purge that believes the list and does not judge by the row": "who redrives and who purges",
    "purge of a moved row": "who redrives and who purges",
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=WIDE if name in WIDEST else ()) for name in PAIRS])
def test_all_is_well_whoever_is_first_at_each_request(name: str, count: Count) -> None:
    schedules = list(crossings(PAIRS[name]))
    print(f"{name}: {len(schedules)} schedules")
    assert {number for taken in schedules for number in taken} == {0, 1}
    count(crossings=len(schedules))


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_in_some_order(name: str) -> None:
    with plant(FAULTS[name]), pytest.raises((AssertionError, Undecided)):
        list(crossings(PAIRS[PLANTED[name]]))


def test_two_requests_that_know_nothing_of_each_other_are_played_in_one_order() -> None:
    schedules = list(crossings(PAIRS["one event twice"]))
    assert {taken[0] for taken in schedules} == {0}  # both look at the blob first
    assert len({tuple(taken) for taken in schedules}) == len(schedules) > 1
