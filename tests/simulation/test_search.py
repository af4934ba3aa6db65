"""What a search finds is told by its seed, as short as it may be."""

from collections import Counter

import pytest

from tests.simulation import __main__ as command
from tests.simulation.coverage import table
from tests.simulation.faults import Fault
from tests.simulation.planted_faults import FAULTS
from tests.simulation.planting import plant
from tests.simulation.shrink import kind_of, shrink
from tests.simulation.world import Outcome, World

#: That a script has at least that is to be shortened.
_DECISIONS = 16
PLANTED = FAULTS["claim that is written over whatever stands"]


@pytest.fixture(scope="module")
def failed() -> Outcome:
    with plant(PLANTED):
        outcomes = (World(seed).run() for seed in range(12, 50))  # a short one first
        return next(outcome for outcome in outcomes if outcome.wrong and len(outcome.decisions) > _DECISIONS)


def test_a_script_that_is_shortened_fails_in_the_same_way(failed: Outcome) -> None:
    tries = iter(range(12))
    with plant(PLANTED):
        shorter = shrink(failed, over=lambda: next(tries, None) is None)

    assert kind_of(shorter) == kind_of(failed) != ""
    assert len(shorter.decisions) < len(failed.decisions) / 2


def test_a_decision_that_is_left_out_is_not_carried_out(failed: Outcome) -> None:
    without = failed.decisions[-1]
    with plant(PLANTED):
        assert without not in World(failed.seed, [without]).run().decisions


def test_a_replay_prints_each_request_and_says_what_is_wrong(
    failed: Outcome, capsys: pytest.CaptureFixture[str]
) -> None:
    with plant(PLANTED):
        assert command.main(["--seed", str(failed.seed)]) == 1
    printed = capsys.readouterr().out
    assert all(line in printed for line in (*failed.trace, *failed.wrong))
    assert f"python3 dev.py simulate --seed {failed.seed}" in printed


def test_a_replay_of_a_sound_world_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert command.main(["--seed", "1"]) == 0
    assert "Every promise was kept." in capsys.readouterr().out


def test_coverage_counts_a_transaction_of_two_transitions_for_both_and_names_what_was_never_met() -> None:
    met = Counter({("add+supersede", Fault.REPLY_LOST): 3, ("get job", Fault.NONE): 5})
    lines = table(met, ("add", "supersede"))
    rows = {line.split("  ")[0]: line.split() for line in lines}

    column = list(Fault).index(Fault.REPLY_LOST) + 1
    assert (rows["add"][column], rows["supersede"][column]) == ("3", "3")
    assert "lock take × none" in lines[-1]
    assert "add × reply lost" not in lines[-1]
