"""Every storage request of every flow, and every fault at it: one result, nothing lost.

Every day the flows beside the main ones meet four faults out of all: of each kind the one that differs most; the
longest of them one at each request. None is tried where another says the same (see ``enumeration_choice``).
``DARKROOM_EVERY_STRIKE=1`` tries all at all.
"""

from concurrent.futures import Executor
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport

from localhost.azurite import Azurite
from tests.counting import Count
from tests.faults import enumeration_attempts as attempts
from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_locks as locks
from tests.faults import enumeration_operators as operators
from tests.faults import enumeration_rejected as rejected
from tests.faults import enumeration_walks as walks
from tests.faults.enumeration import WRITES_ONLY
from tests.faults.enumeration_choice import FAR, chosen, every
from tests.faults.enumeration_pool import tried
from tests.faults.enumeration_runs import Enumeration

#: Each flow, and how many requests it has at least: with fewer, something is not tried any more.
FLOWS: dict[type[flows.Flow], int] = {
    flows.Recording: 4,
    flows.Analysis: 6,
    flows.Crowded: 6,
    flows.Sweeping: 10,
    flows.Resending: 9,
    flows.Renewal: 6,
    flows.Superseding: 8,
    flows.Overtaken: 6,
    flows.Canceling: 6,
    flows.Exhausting: 3,
    flows.Burying: 3,
    attempts.Retrying: 5,
    attempts.Abandoning: 4,
    attempts.Failing: 5,
    attempts.RenewalOnly: 1,
    attempts.ReceivingImage: 8,
    attempts.Retagging: 6,
    attempts.Rejecting: 2,
    operators.RedrivingFailed: 5,
    operators.RedrivingCorrupt: 5,
    operators.RedrivingCanceled: 5,
    operators.RedriveOvertaken: 5,
    operators.RedrivingOutdated: 3,
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
    walks.Reconciling: 22,
    walks.ReconcilingAnnounced: 19,
    walks.ReconcilingPast: 19,
    walks.Purging: 18,
    walks.PurgingRedriven: 10,
    walks.PurgingOvertaken: 2,
    walks.PurgingOlder: 1,
}


@pytest.mark.parametrize("flow", [flow for flow in FLOWS if every() or flow not in FAR], ids=lambda flow: flow.__name__)
def test_whatever_fails_at_any_request_there_is_one_result(
    azurite: Azurite,
    wire: HttpTransport[Any, Any],
    pool: Executor,
    count: Count,
    flow: type[flows.Flow],
) -> None:
    tally = tried(pool, flow, chosen(flow, Enumeration(flow, azurite.connection, wire).schedules()))
    print(f"{flow.__name__}: {tally}")
    count(flows=1, points=tally.points, schedules=tally.schedules, lost=tally.lost, doubled=tally.doubled)
    assert tally.failures == []
    assert tally.points >= FLOWS[flow]
    assert tally.schedules >= tally.points * (len(set(flow.strikes) - set(WRITES_ONLY)) if every() else 1)
    assert (tally.lost, tally.doubled) == (0, 0)
