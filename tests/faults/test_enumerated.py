"""Every storage request of every flow, and every fault at it: one result, nothing lost."""

from collections.abc import Iterator
from typing import Any

import pytest
from azure.core.pipeline.transport import HttpTransport

from localhost.azurite import Azurite
from shared.storage import clients
from tests.doubles.transports import Passing
from tests.faults import enumeration_flows as flows
from tests.faults.enumeration import WRITES_ONLY
from tests.faults.enumeration_runs import Enumeration, Tally

FLOWS = [
    flows.Recording,
    flows.Analysis,
    flows.Crowded,
    flows.Sweeping,
    flows.Renewal,
    flows.Superseding,
    flows.Overtaken,
    flows.Canceling,
    flows.Exhausting,
    flows.Burying,
    flows.Locking,
    flows.Contending,
]


@pytest.fixture(scope="module")
def wire() -> Iterator[HttpTransport[Any, Any]]:
    """Give one pool of connections to all schedules, and close it at the end."""
    with clients.default_transport() as transport:
        yield Passing(transport)


@pytest.fixture(scope="module")
def tallies() -> Iterator[list[Tally]]:
    """Gather what all flows came to, and print the sum."""
    gathered: list[Tally] = []
    yield gathered
    print(f"\nall flows: {sum(gathered, Tally())}")


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.__name__)
def test_whatever_fails_at_any_request_there_is_one_result(
    azurite: Azurite, wire: HttpTransport[Any, Any], tallies: list[Tally], flow: type[flows.Flow]
) -> None:
    tally = Enumeration(flow, azurite.connection, wire).tried()
    tallies.append(tally)
    print(f"{flow.__name__}: {tally}")
    assert tally.failures == []
    assert tally.points >= 3
    assert tally.schedules >= tally.points * len(set(flow.strikes) - set(WRITES_ONLY))
    assert (tally.lost, tally.doubled) == (0, 0)
