"""Planted faults fit production code, and leave it as they found it."""

from datetime import timedelta

import pytest

from shared.rules import jobs, leases, moves
from shared.rules.leases import renewal_timeout
from shared.steps.work.held_claim import HeldClaim
from tests.simulation import planted_faults
from tests.simulation.planting import Edit, NotPlanted, PlantedFault, fault, plant


@pytest.mark.parametrize("each", planted_faults.FAULTS.values(), ids=str)
def test_a_planted_fault_fits_production_code(each: PlantedFault) -> None:
    with plant(each):
        pass


def test_a_fault_is_gone_when_its_context_ends() -> None:
    shorter = fault("shorter", ("shared.rules.leases:renewal_timeout", "2 * RENEWALS", "4 * RENEWALS"))
    before = leases.renewal_timeout(timedelta(seconds=60))
    with plant(shorter):
        assert leases.renewal_timeout(timedelta(seconds=60)) == before / 2
    assert leases.renewal_timeout(timedelta(seconds=60)) == before


def test_a_fault_reaches_who_has_imported_the_function_by_its_name() -> None:
    with plant(fault("shorter", ("shared.rules.leases:renewal_timeout", "2 * RENEWALS", "4 * RENEWALS"))):
        assert renewal_timeout(timedelta(seconds=60)) == timedelta(seconds=5)


def test_a_constant_is_changed_wherever_it_was_imported() -> None:
    sound = jobs.TRANSITIONS
    with plant(planted_faults.FAULTS["redrive of a completed job"]):
        changed = [row for row in jobs.TRANSITIONS if row not in sound]
        assert [(row.event, row.source) for row in changed] == [(jobs.Event.REDRIVE, jobs.State.COMPLETED)]
    assert jobs.TRANSITIONS is sound


@pytest.mark.parametrize(
    "edit",
    [
        Edit("shared.rules.leases:lapses", "margin", ""),
        Edit("shared.lease:lapsed", "margin", ""),
        Edit("shared.steps.work.claims:Claims.rewrite", "claim", ""),
        Edit("shared.rules.leases:lapsed", "no such text", ""),
        Edit("shared.rules.leases:lapsed", "margin", ""),
        Edit("shared.rules.leases:lapsed", "lease + margin", "nothing"),
    ],
    ids=["function", "module", "method", "text", "text twice", "name"],
)
def test_a_fault_that_fits_no_more_is_an_error(edit: Edit) -> None:
    with pytest.raises(NotPlanted), plant(fault("gone", edit)):
        pass


def test_a_fault_may_change_one_function_in_several_places() -> None:
    place = "shared.rules.leases:renewal_timeout"
    with plant(fault("shorter", (place, "2 * RENEWALS", "4 * RENEWALS"), (place, "lease /", "3 * lease /"))):
        assert renewal_timeout(timedelta(seconds=60)) == timedelta(seconds=15)


def test_two_faults_may_be_planted_at_once_and_none_is_left() -> None:
    codes = [HeldClaim._write.__code__, moves.claim.__code__]
    with plant(planted_faults.FAULTS["completion by status only"], planted_faults.FAULTS["claim that is not counted"]):
        assert all(function.__code__ not in codes for function in (HeldClaim._write, moves.claim))
    assert [HeldClaim._write.__code__, moves.claim.__code__] == codes
