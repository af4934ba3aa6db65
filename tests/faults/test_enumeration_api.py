"""Every storage request of every call of the API, and every fault at it: one result, and nobody is told wrong."""

import pytest

from tests.counting import Count
from tests.faults import enumeration_api as api
from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_removals as removals
from tests.faults.enumeration import WRITES_ONLY
from tests.faults.enumeration_runs import Enumeration

#: Each flow, and how many requests it has at least: with fewer, something is not tried any more.
FLOWS: dict[type[flows.Flow], int] = {
    api.Adding: 5,
    api.AddingFree: 5,
    api.Holding: 7,
    api.GivingBack: 3,
    api.Letting: 3,
    api.FailingClaim: 3,
    api.FailingOvertaken: 3,
    removals.Removing: 6,
    removals.Forgetting: 8,
    removals.ForgettingPurged: 5,
    removals.Expiring: 3,
    removals.Uploading: 4,
}


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_whatever_fails_at_any_request_of_the_api_there_is_one_result(count: Count, flow: type[flows.Flow]) -> None:
    tally = Enumeration(flow).every()
    count(flows=1, points=tally.points, schedules=tally.schedules, lost=tally.lost, doubled=tally.doubles)
    assert tally.failures == []
    assert tally.points >= FLOWS[flow]
    assert tally.schedules >= tally.points * len(set(flow.strikes) - set(WRITES_ONLY))
    assert (tally.lost, tally.doubles) == (0, 0)
