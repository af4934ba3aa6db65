"""Many faults in one life: drawn scripts of several processes, an operator and a host, on Azurite.

``DARKROOM_SCRIPTS`` says how many are played: ``500``, or ``500-1500`` for those of these numbers; 40 without it.
"""

import os
from collections.abc import Iterator
from concurrent.futures import Executor

import pytest

from localhost.azurite import Azurite
from shared import wiring
from tests.faults.enumeration import Strike
from tests.faults.enumeration_pool import played, processes
from tests.faults.enumeration_rules import LastWriterWins, over
from tests.faults.scripts import Act, Script, Step
from tests.faults.scripts_drawn import drawn, smallest

_first, _, _end = os.environ.get("DARKROOM_SCRIPTS", "40").rpartition("-")
NUMBERS = range(int(_first or 0), int(_end))
AT_A_TIME = 4
#: The first that finds the planted fault is among those from here on: they are played before the others.
LIKELY = 48


@pytest.fixture(scope="module")
def pool(azurite: Azurite) -> Iterator[Executor]:
    """Give the processes that play scripts."""
    with processes(azurite.connection) as pool:
        yield pool


def test_whatever_mix_of_faults_comes_each_version_ends_once(pool: Executor) -> None:
    scripts = {number: drawn(number) for number in NUMBERS}
    count = played(pool, scripts, wiring.build)
    print(count)
    for number in sorted(count.failures)[:1]:
        print("smallest:", smallest(scripts[number], lambda script: bool(played(pool, {0: script}).failures)))
    assert count.failures == {}
    assert count.scripts == len(NUMBERS)
    assert count.strikes.total() > len(NUMBERS)
    assert set(count.strikes) == {strike.name for strike in Strike}
    assert count.opened > 0
    assert {"COMPLETED", "CANCELED", "FAILED"} <= set(count.ends)


def test_commits_that_overwrite_each_other_are_found(pool: Executor) -> None:
    for first in (LIKELY, *NUMBERS[::AT_A_TIME]):
        scripts = {number: drawn(number) for number in range(first, first + AT_A_TIME)}
        failures = played(pool, scripts, over(LastWriterWins)).failures
        found = [told for told in failures.values() if told.startswith("AssertionError")]  # judged, not just broken off
        if found:
            print(f"found by {len(found)} scripts of the {AT_A_TIME} from {first} on")
            return
    raise AssertionError("no script has found it")


def test_a_script_that_fails_is_made_as_small_as_it_can_be() -> None:
    guilty = Step(act=Act.HAND, strikes={6: Strike.PAUSED_BEFORE}, lapses=True)
    script = Script(steps=[*drawn(1).steps, guilty, *drawn(2).steps], max_attempts=5)
    found = smallest(script, lambda one: any(step.act is Act.HAND and 6 in step.strikes for step in one.steps))
    assert found.steps == [Step(act=Act.HAND, strikes={6: Strike.PAUSED_BEFORE})]
