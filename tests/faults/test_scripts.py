"""Many faults in one life: drawn scripts of several processes, an operator and a host."""

from collections.abc import Iterable

from shared import wiring
from tests.faults.enumeration import Strike
from tests.faults.enumeration_case import Build
from tests.faults.enumeration_rules import LastWriterWins, over
from tests.faults.scripts import Act, Count, Script, Step
from tests.faults.scripts_drawn import drawn, smallest
from tests.proving import at_length

NUMBERS = range(at_length(40, 1000))
#: The first that finds the planted fault is among those from here on: they are played before the others.
LIKELY = range(48, 52)


def played(scripts: Iterable[Script], build: Build = wiring.build) -> Count:
    """Play all scripts, whatever others have come to."""
    count = Count()
    for script in scripts:
        try:
            count += script.play(build)
        except Exception as error:  # noqa: BLE001 - every script has its turn
            count.failures.append(f"{error!r} {script}")
    return count


def test_whatever_mix_of_faults_comes_each_version_ends_once() -> None:
    count = played(map(drawn, NUMBERS))
    print(count)
    assert count.failures == []
    assert count.scripts == len(NUMBERS)
    assert count.strikes.total() > len(NUMBERS)
    assert set(count.strikes) == {strike.name for strike in Strike}
    assert count.opened > 0
    assert {"COMPLETED", "CANCELED", "FAILED"} <= set(count.ends)


def test_commits_that_overwrite_each_other_are_found() -> None:
    for number in (*LIKELY, *NUMBERS):
        (*_, told) = played([drawn(number)], over(LastWriterWins)).failures or [""]
        if told.startswith("AssertionError"):  # judged, not just broken off
            return
    raise AssertionError("no script has found it")


def test_a_script_that_fails_is_made_as_small_as_it_can_be() -> None:
    guilty = Step(act=Act.HAND, strikes={6: Strike.PAUSED_BEFORE}, lapses=True)
    script = Script(steps=[*drawn(1).steps, guilty, *drawn(2).steps], max_attempts=5)
    found = smallest(script, lambda one: any(step.act is Act.HAND and 6 in step.strikes for step in one.steps))
    assert found.steps == [Step(act=Act.HAND, strikes={6: Strike.PAUSED_BEFORE})]
