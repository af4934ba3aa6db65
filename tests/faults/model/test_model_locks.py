"""Planted faults in the model of locks: what the exploration must find, by the promise that each breaks."""

import pytest

from tests.faults.model.lock_explore import LockExplorer
from tests.faults.model.lock_world import LockFault, LockPromise, LockSetup
from tests.faults.model.search import Broken

FAULTS = {
    LockFault.RELEASE_UNCONDITIONAL: LockPromise.TOKENS_GROW,
    LockFault.RELEASE_UNOWNED: LockPromise.ONE_HOLDER,
    LockFault.RELEASE_BLIND: LockPromise.ENDS,
    LockFault.RELEASE_DELETES: LockPromise.TOKENS_GROW,
    LockFault.REMEMBERED_KEPT: LockPromise.TAKEABLE,
    LockFault.RENEWAL_REVIVES: LockPromise.TOKENS_GROW,
    LockFault.ABSENT_IS_LOST: LockPromise.BUSY_IS_TRUE,
    LockFault.NO_RECHECK: LockPromise.ONE_HOLDER,
    LockFault.CLIENT_CLOCK: LockPromise.LEASE_KEPT,
    LockFault.NEVER_LAPSES: LockPromise.TAKEABLE,
}


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_model_finds_a_fault_of_locks(fault: LockFault) -> None:
    with pytest.raises(Broken) as found:
        LockExplorer(LockSetup(asks=2 if fault is LockFault.RELEASE_BLIND else 4, fault=fault)).run()
    print(found.value.promise, *(step for step in found.value.trace if "LockWorld" not in step), sep="\n  ")
    assert found.value.promise is FAULTS[fault]


def test_model_has_a_planted_fault_of_locks_against_every_promise() -> None:
    assert set(FAULTS) == set(LockFault)
    assert set(FAULTS.values()) == set(LockPromise)
