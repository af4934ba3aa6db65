import pytest

from shared.rules.invariants import Rule
from shared.rules.jobs import State
from tests.unit.test_invariants import NEW, NOBODY, broken_rules, change_key, sound


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELED])
def test_a_key_row_may_name_a_job_that_is_gone_exactly_when_it_says_how_that_ended(state: State) -> None:
    group = sound()
    change_key(version="0x9", job_id=NOBODY)(group)
    del group.jobs[NEW], group.index["d"], group.tries[2]
    assert broken_rules(group) == {Rule.KEY_BROKEN}
    change_key(final=state)(group)
    assert broken_rules(group) == set()
