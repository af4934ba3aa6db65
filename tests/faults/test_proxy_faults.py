"""Every storage request of a worker that is a process of its own, and every fault at it: one result, nothing lost.

What ``test_enumeration.py`` does inside one process is done here through sockets and signals: the worker is killed with
SIGKILL, or stopped with SIGSTOP while the service's time moves past its lease and a rival works. Its own clock stands
still meanwhile; so it goes on as if it held the lease, and storage must refuse what it sends.

Every day one flow meets the faults that take a process of its own; ``dev.py prove`` tries all faults on all of these.
"""

import subprocess
from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.counting import Count
from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_operators as operators
from tests.faults.enumeration import PAUSES, WRITES_ONLY, Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_rules import LastWriterWins
from tests.faults.proxy import Proxy
from tests.faults.proxy_runs import CONNECTION, ProxyRun
from tests.faults.proxy_workers import Elsewhere, ForkServer, Running
from tests.proving import at_length

#: With the number of pauses in each that make a zombie: after the claim and before the end of the attempt.
FLOWS = {
    flows.Analysis: 6,
    flows.Recording: 0,
    flows.DoubleDelivery: 0,
    flows.Sweeping: 6,
    flows.Superseding: 0,
    flows.Canceling: 6,
    flows.Exhausting: 0,
    flows.Burying: 0,
    operators.CancelingByHand: 0,
    operators.RedrivingCanceled: 0,
}
OTHERS = pytest.mark.prove("in a process of its own each does what it does in one")
RIG = pytest.mark.prove("proves the rig itself; every day one flow goes through it")
#: What sockets and signals alone can show: the rest is the same in one process.
SIGNALS = (Strike.DIED_BEFORE, Strike.DIED_AFTER, Strike.REPLY_LOST, *PAUSES)
STRIKES = tuple(Strike) if at_length(0, 1) else SIGNALS


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """Start the workers of all schedules."""
    with closing(ForkServer()) as started:
        yield started


def commit_of(proxied: ProxyRun) -> int:
    """Return the number of the request that commits."""
    return next(nth for nth, asked in enumerate(proxied.points(), 1) if asked.ends)


@pytest.mark.parametrize(
    "flow",
    [pytest.param(flow, marks=() if flow is flows.Analysis else OTHERS) for flow in FLOWS],
    ids=lambda flow: flow.__name__,
)
def test_whatever_fails_at_any_request_of_a_process_there_is_one_result(
    server: ForkServer, count: Count, flow: type[flows.Flow]
) -> None:
    strikes = [strike for strike in flow.strikes if strike in STRIKES]
    tally = ProxyRun(flow, server).try_all(strikes)
    counts = tally.counts
    count(flows=1, **counts)
    assert tally.failures == []
    assert counts["points"] >= 3
    assert counts["schedules"] >= counts["points"] * len({*strikes} - {*WRITES_ONLY, Strike.DIED_BEFORE})
    assert counts["pauses"] >= 2 * counts["points"]
    assert (counts["kills"] >= 3) is (Strike.DIED_BEFORE in strikes)  # before each of two writes, and behind them
    assert counts["doubled"] == 0
    assert counts["zombies"] == FLOWS[flow] or strikes != [strike for strike in flow.strikes if strike in SIGNALS]
    assert FLOWS[flow] <= counts["zombies"] <= counts["refused"]


@RIG
def test_a_process_that_overwrites_another_s_commit_is_counted_as_a_second_one(server: ForkServer) -> None:
    broken = ProxyRun(flows.Analysis, server, table=LastWriterWins)
    with pytest.raises(AssertionError, match="COMPLETED, 2 commits"):
        broken.strike(commit_of(broken), Strike.PAUSED_BEFORE)
    assert broken.tally.counts["doubled"] == 1


@RIG
def test_a_strike_at_a_request_that_a_process_never_sends_fails(server: ForkServer) -> None:
    with pytest.raises(AssertionError, match="request 99 was not reached"):
        ProxyRun(flows.Analysis, server).strike(99, Strike.DIED_BEFORE)


@RIG
def test_a_paused_process_is_stopped_by_the_kernel_and_goes_on_from_there(server: ForkServer) -> None:
    case, states = Case(), list[tuple[str, int]]()
    case.upload()

    def look() -> None:
        assert isinstance(proxy.victim, Running)
        pid = proxy.victim._facts["pid"]
        asked = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=True)
        states.append((asked.stdout.strip()[0], len(proxy.requests)))

    with closing(Proxy(CONNECTION, case.ledger, account=case.account)) as proxy:
        proxy.arm(2, Strike.PAUSED_BEFORE, look)
        outcome = Elsewhere(server, proxy, case._environ).record.record_event(case.ref.ref)
    assert states == [("T", 2)]
    assert (outcome, len(proxy.requests)) == ("recorded", 4)
