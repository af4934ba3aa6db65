import pytest

from shared.rules.invariants import Rule
from shared.rules.jobs import State
from tests.unit.test_invariants import NEW, NOBODY, found, keyed, sound


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELED])
def test_a_key_row_may_name_a_job_that_is_gone_exactly_when_it_says_how_that_ended(state: State) -> None:
    group = sound()
    keyed(version="0x9", job_id=NOBODY)(group)
    del group.jobs[NEW], group.index["d"], group.tries[2]
    assert found(group) == {Rule.KEY_BROKEN}
    keyed(final=state)(group)
    assert found(group) == set()
