"""What is planted is found: what proves nothing finds nothing.

Every day each fault of ``SEEDS`` is replayed in the one world that is known to find it, and that ``test_worlds`` keeps
clean without it. A seed is a hint: once production sends other requests, another of these worlds finds the fault.
``dev.py prove`` replays those of ``BEYOND``, too, which take other worlds.
"""

import pytest

from tests.simulation.planted_faults import FAULTS
from tests.simulation.planted_search import finds, search
from tests.simulation.planted_seeds import BEYOND, OTHERS, SEEDS
from tests.simulation.test_worlds import CLEAN


def test_known_seeds_are_of_planted_faults_and_of_worlds_that_are_clean_without_them() -> None:
    assert FAULTS.keys() >= SEEDS.keys()
    assert set(CLEAN) >= set(SEEDS.values())


def test_of_each_planted_fault_it_is_known_where_it_is_found_once() -> None:
    assert sorted([*SEEDS, *BEYOND, *OTHERS]) == sorted(FAULTS)


@pytest.mark.parametrize("name", SEEDS)
def test_a_planted_fault_is_found(name: str) -> None:
    first = next((seed for seed in (SEEDS[name], *CLEAN) if finds(name, seed)), None)
    assert first is not None
    if first != SEEDS[name]:
        print(f"{name!r}: {first},  # in place of {SEEDS[name]}")


@pytest.mark.prove("each takes a world of its own, or a search for another; every day some hundred others are found")
@pytest.mark.parametrize("name", BEYOND)
def test_a_planted_fault_is_found_in_a_world_beyond(name: str) -> None:
    assert finds(name, BEYOND[name]) or search(name, first=BEYOND[name]).seed is not None
