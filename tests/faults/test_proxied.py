"""Every storage request of a worker that is a process of its own, and every fault at it: one result, nothing lost.

What ``test_enumerated.py`` does inside one process is done here through sockets and signals: the worker is killed with
SIGKILL, or stopped with SIGSTOP while the service's time moves past its lease and a rival works. Its own clock stands
still meanwhile; so it goes on as if it held the lease, and storage must refuse what it sends.

``DARKROOM_EVERY_STRIKE=1`` tries the whole list of strikes, not only those that take a process of its own, and a death
at each request, not only those that leave something else behind.
"""

import os
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport

from localhost.azurite import Azurite
from shared.storage import clients
from tests.counting import Count
from tests.doubles.transports import Passing
from tests.faults import enumeration_flows as flows
from tests.faults import enumeration_operators as operators
from tests.faults.enumeration import PAUSES, WRITES_ONLY, Strike
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_rules import LastWriterWins
from tests.faults.proxied_runs import Proxied
from tests.faults.proxied_workers import Elsewhere, ForkServer
from tests.faults.proxy import Proxy

#: With the number of pauses in each that make a zombie: after the claim and before the end of the attempt.
FLOWS = {
    flows.Recording: 0,
    flows.Analysis: 6,
    flows.Crowded: 0,
    flows.Sweeping: 6,
    flows.Superseding: 0,
    flows.Canceling: 6,
}
#: Flows of one or two writes, which in a process of their own do what they do in one; with all of the faults.
SHORT = {flows.Exhausting: 0, flows.Burying: 0, operators.CancelingByHand: 0, operators.RedrivingCanceled: 0}

#: What sockets and signals alone can show, unless all is asked for: the rest is the same in one process.
SIGNALS = (Strike.DIED_BEFORE, Strike.DIED_AFTER, Strike.REPLY_LOST, *PAUSES)
STRIKES = SIGNALS
if os.environ.get("DARKROOM_EVERY_STRIKE"):
    FLOWS |= SHORT
    STRIKES = tuple(Strike)


@pytest.fixture(scope="module")
def wire() -> Iterator[HttpTransport[Any, Any]]:
    """Give one pool of connections to all that works in this process, and close it at the end."""
    with clients.default_transport() as transport:
        yield Passing(transport)


@pytest.fixture(scope="module")
def server() -> Iterator[ForkServer]:
    """Start the workers of all schedules."""
    with ForkServer() as started:
        yield started


def commit_of(proxied: Proxied) -> int:
    """Return the number of the request that commits."""
    return next(nth for nth, asked in enumerate(proxied.points(), 1) if asked.ends)


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_whatever_fails_at_any_request_of_a_process_there_is_one_result(
    azurite: Azurite, wire: HttpTransport[Any, Any], server: ForkServer, count: Count, flow: type[flows.Flow]
) -> None:
    strikes = [strike for strike in flow.strikes if strike in STRIKES]
    tally = Proxied(flow, azurite.connection, wire, server).tried(strikes)
    counts = tally.counts
    print(f"{flow.__name__}: {tally}")
    count(flows=1, **counts)
    assert tally.failures == []
    assert counts["points"] >= 3
    assert counts["schedules"] >= counts["points"] * len({*strikes} - {*WRITES_ONLY, Strike.DIED_BEFORE})
    assert counts["pauses"] >= 2 * counts["points"]
    assert (counts["kills"] >= 3) is (Strike.DIED_BEFORE in strikes)  # before each of two writes, and behind them
    assert counts["doubled"] == 0
    assert counts["zombies"] == FLOWS[flow] or strikes != [strike for strike in flow.strikes if strike in SIGNALS]
    assert FLOWS[flow] <= counts["zombies"] <= counts["refused"]


def test_a_process_that_overwrites_another_s_commit_is_counted_as_a_second_one(
    azurite: Azurite, wire: HttpTransport[Any, Any], server: ForkServer
) -> None:
    broken = Proxied(flows.Analysis, azurite.connection, wire, server, table=LastWriterWins)
    with pytest.raises(AssertionError, match="COMPLETED, 2 commits"):
        broken.struck(commit_of(broken), Strike.PAUSED_BEFORE)
    assert broken.tally.counts["doubled"] == 1


def test_a_strike_at_a_request_that_a_process_never_sends_fails(
    azurite: Azurite, wire: HttpTransport[Any, Any], server: ForkServer
) -> None:
    with pytest.raises(AssertionError, match="request 99 was not reached"):
        Proxied(flows.Analysis, azurite.connection, wire, server).struck(99, Strike.DIED_BEFORE)


def test_a_paused_process_is_stopped_by_the_kernel_and_goes_on_from_there(
    azurite: Azurite, wire: HttpTransport[Any, Any], server: ForkServer
) -> None:
    case, states = Case(azurite.connection, wire), []
    case.upload()

    def look() -> None:
        pid = proxy.victim._facts["pid"]
        asked = subprocess.run(["ps", "-o", "state=", "-p", str(pid)], capture_output=True, text=True, check=True)
        states.append((asked.stdout.strip()[0], len(proxy.sent)))

    with Proxy(azurite.connection, case.time, case.ledger) as proxy:
        proxy.arm(2, Strike.PAUSED_BEFORE, look)
        outcome = Elsewhere(server, proxy, case._environ).announced(case.ref.ref)
    assert states == [("T", 2)]
    assert (outcome, len(proxy.sent)) == ("recorded", 4)
