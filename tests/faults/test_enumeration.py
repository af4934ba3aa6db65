"""Every storage request of every flow and call of the API, and every fault at it: one result, nothing lost.

All of it takes minutes. Every day each request of the longest flows, of walks, purges and sweeps, meets a third of the
faults, and the next request another third. In flows of fewer requests each meets every other fault, and the next one
those between; in the shortest ones each meets all. ``dev.py prove`` lets each request of all flows meet all of them.
And each read meets one of the failures that make it be asked again, the next read another one.
"""

import pytest

from tests import proving
from tests.counting import Count
from tests.faults import enumeration_api as api
from tests.faults import enumeration_attempts as attempts
from tests.faults import enumeration_bulk as bulk
from tests.faults import enumeration_consumers as consumers
from tests.faults import enumeration_crowds as crowds
from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_locks as locks
from tests.faults import enumeration_operators as operators
from tests.faults import enumeration_purges as purges
from tests.faults import enumeration_rejected as rejected
from tests.faults import enumeration_removals as removals
from tests.faults import enumeration_walks as walks
from tests.faults.enumeration import ASKED_AGAIN, PAUSES, WRITES_ONLY
from tests.faults.enumeration_runs import Enumeration

#: Each flow, and how many requests it has at least: with fewer, something is not tried any more. The longest first, so
#: that processes which share the tests end together.
FLOWS: dict[type[flows.Flow], int] = {
    walks.Reconciling: 22,
    purges.Purging: 18,
    walks.ReconcilingEvents: 19,
    walks.ReconcilingPast: 19,
    crowds.ReconcilingMany: 1,
    crowds.ReconcilingManyOvertaken: 8,
    crowds.ReconcilingManyPast: 1,
    crowds.RecordingOfMany: 4,
    purges.PurgingRedriven: 10,
    purges.PurgingOvertaken: 2,
    purges.PurgingOlder: 1,
    flows.Recording: 4,
    flows.Analysis: 6,
    flows.DoubleDelivery: 6,
    flows.Sweeping: 10,
    flows.Resending: 9,
    flows.Renewal: 6,
    flows.Superseding: 8,
    flows.Overtaken: 6,
    flows.Canceling: 6,
    flows.Exhausting: 3,
    flows.Burying: 3,
    consumers.Consuming: 8,
    consumers.ConsumingSlowly: 6,
    consumers.ConsumingTooOften: 4,
    consumers.ConsumingNoMore: 2,
    attempts.Retrying: 5,
    attempts.Abandoning: 4,
    attempts.Failing: 5,
    attempts.Reading: 4,
    attempts.RenewalOnly: 1,
    attempts.ReceivingImage: 8,
    attempts.Retagging: 6,
    attempts.Rejecting: 2,
    bulk.RedrivingMany: 11,
    operators.RedrivingFailed: 5,
    operators.RedrivingCorrupt: 5,
    operators.RedrivingCanceled: 5,
    operators.RedriveOvertaken: 5,
    operators.RedrivingOlder: 3,
    operators.CancelingByHand: 3,
    operators.CancelingPending: 3,
    rejected.RejectingAgain: 4,
    rejected.RejectingItems: 4,
    rejected.Forgetting: 2,
    rejected.ForgettingOvertaken: 2,
    rejected.Readmitting: 5,
    rejected.ReadmitOvertaken: 5,
    rejected.BuryingEvent: 4,
    rejected.BuryingWaiting: 3,
    rejected.Draining: 7,
    locks.Locking: 7,
    locks.Contending: 7,
    api.Adding: 5,
    api.AddingFree: 5,
    api.Holding: 7,
    api.GivingBack: 3,
    api.Letting: 3,
    api.FailingClaim: 3,
    api.FailingOvertaken: 3,
    removals.Removing: 6,
    removals.RemovingForGood: 8,
    removals.ForgettingPurged: 5,
    removals.Expiring: 3,
    removals.Uploading: 4,
}
#: Flows of so many requests, or more, are the longest; of fewer than the second number, the shortest.
LONG, SHORT = 9, 4


def part_of(flow: type[flows.Flow]) -> int:
    """Return which part of the faults each request meets today: one in so many; all where pauses or outages are all."""
    if not proving.everyday() or FLOWS[flow] < SHORT or len(flow.strikes) <= len(PAUSES):
        return 1
    return 3 if FLOWS[flow] >= LONG else 2


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_whatever_fails_at_any_request_there_is_one_result(count: Count, flow: type[flows.Flow]) -> None:
    part = part_of(flow)
    tally = Enumeration(flow).every(part=part)
    counts = tally.counts
    count(flows=1, **counts)
    assert tally.failures == []
    assert counts["points"] >= FLOWS[flow]
    least = set(flow.strikes).difference(WRITES_ONLY, ASKED_AGAIN[1:] if proving.everyday() else ())
    assert counts["schedules"] >= counts["points"] * (len(least) // part)
    assert (counts["lost"], counts["doubled"]) == (0, 0)
