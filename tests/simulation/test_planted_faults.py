"""What is planted is found: what proves nothing finds nothing.

Every day each fault of ``SEEDS`` is replayed in the one world that is known to find it, and that ``test_worlds`` keeps
clean without it. A seed is a hint: once production sends other requests, another of these worlds finds the fault.
``dev.py prove`` replays those of ``BEYOND``, too, which take other worlds, and runs the tests that ``OTHERS`` names.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.simulation.planted_faults import FAULTS
from tests.simulation.planted_search import finds, search
from tests.simulation.planted_seeds import BEYOND, OTHERS, SEEDS
from tests.simulation.test_worlds import CLEAN

ROOT = Path(__file__).resolve().parents[2]


def test_known_seeds_are_of_planted_faults_and_of_worlds_that_are_clean_without_them() -> None:
    assert FAULTS.keys() >= SEEDS.keys()
    assert set(CLEAN) >= set(SEEDS.values())


def test_of_each_planted_fault_it_is_known_where_it_is_found_once() -> None:
    assert sorted([*SEEDS, *BEYOND, *OTHERS]) == sorted(FAULTS)
    assert [place for place in OTHERS.values() if not (ROOT / place.partition(":")[0]).is_file()] == []


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


@pytest.mark.prove("each takes a session of its own; every day these tests run without a fault")
@pytest.mark.parametrize("name", OTHERS)
def test_a_planted_fault_is_found_by_the_test_that_is_named(name: str) -> None:
    file = OTHERS[name].partition(":")[0]
    session = (sys.executable, "-m", "tests.simulation.planted_session", name, file)
    done = subprocess.run(session, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    assert done.returncode == pytest.ExitCode.TESTS_FAILED, done.stdout
