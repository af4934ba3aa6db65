"""The whole protocol, explored on production's rules: every world of seven scenarios, none sampled.

What is bounded: two workers; two recorders; one overwrite; 1 to 3 attempts; a message sent is delivered once or twice;
and, as each scenario says, one lost reply (applied or not, perhaps arriving late), one outage, one cancel and one
redrive by hand. Deaths, renewals, sweeps, burials and the passing of a lease are not bounded.

What the scenarios leave out together, for size: lost replies while operators act; second attempts of both versions of
an overwritten image; recorders that die around an overwrite. What is not modelled: reconcile, purge, locks, newer
schemas, vanished blobs, a version that comes back, the sweep's own lock, lost replies of renewals beyond a stale ETag.
"""

import pytest

from tests.faults.model.explore import Explorer
from tests.faults.model.rules import Rules
from tests.faults.model.setup import Setup
from tests.faults.model.world import Left

SCENARIOS = {
    "a reply is lost": Setup(left=Left(losses=1), events=1, kills=(0, 1)),
    "one upload is told twice": Setup(left=Left(), events=2, kills=(0, 1)),
    "operators cancel and redrive": Setup(left=Left(cancels=1, redrives=1), events=1, kills=(0, 1), rules=Rules(2)),
    "storage goes out": Setup(left=Left(losses=1, abandons=1), events=1, rules=Rules(2)),
    "an overwrite of a job that kills": Setup(
        left=Left(overwrites=1), kills=(1,), deliveries=1, memory_runs_out=False, recorders_die=False
    ),
    "an overwrite by a job that kills": Setup(
        left=Left(overwrites=1),
        kills=(2,),
        rules=Rules(1),
        deliveries=1,
        memory_runs_out=False,
        recorders_die=False,
    ),
    "an overwrite, and a reply is lost": Setup(
        left=Left(overwrites=1, losses=1), rules=Rules(1), deliveries=1, memory_runs_out=False, recorders_die=False
    ),
}


@pytest.mark.parametrize("name", SCENARIOS)
def test_model_keeps_every_promise_in_every_world(name: str) -> None:
    explored = Explorer(SCENARIOS[name]).run()
    print(f"\n{name}: {explored.worlds:,} worlds, {explored.edges:,} edges, {explored.resting} at rest")
    assert explored.whole
