"""The whole protocol, explored on production's rules: every world of each scenario, none sampled.

Jobs. What is bounded: one or two workers; one or two events; one overwrite, deletion or return; 1 to 3 attempts; a
message sent is delivered once or twice, or never; and, as each scenario says, one lost reply (applied or not, perhaps
arriving late), one outage, one cancel and one or two redrives by hand. Deaths, renewals, sweeps, burials, purges and
the passing of a lease or of a retention are not bounded. Who claims, exhausts, buries, cancels, redrives, purges or
records reads first and writes later, against what was read.

Purges. A purge reads the job, then the key row, deletes the thumbnails up to the token that it has read, and takes the
job away, each a step of its own; a worker publishes its thumbnail and commits likewise. Of thumbnails only the one of
the row's own token is looked at: no report names another. A version that comes back after a newer one was recorded,
and its own job purged, is not promised to be known.

Locks. Three tenures, two of them in one instance, which remembers the row of its own last release; two to four
acquisitions; up to two lost replies. Renewals, releases (late, repeated, in any order), deaths and the passing of a
lease are not bounded.

Sweeps. Of all who found one due row, one begins, or one sends its message, and the others are refused; and that takes
the due row out of the sweeps' sight in its own transaction. So a backlog is not sent twice a sweep.

Left out of the scenarios together, for size: lost replies and operators with two workers; second attempts of both
versions of an overwritten image; recorders that die around an overwrite; purges of versions that come back. Left out
of the model: reconcile; rows of attempts and ends; thumbnails where nothing is purged; rows of newer schemas; rejected
messages; the sweep's own lock and budget; several lost replies at once for jobs; renewals that arrive late, beyond a
stale ETag; how often a loop gives up. A version that comes back is not promised to be analysed: it must only do no
harm, and not leave the newest version superseded.
"""

from dataclasses import replace

import pytest

from tests.counting import Count
from tests.faults.model.explore import Explorer
from tests.faults.model.lock_explore import LockExplorer
from tests.faults.model.lock_world import LockSetup
from tests.faults.model.rules import Rules
from tests.faults.model.setup import Setup
from tests.faults.model.world import Left


def overwritten(
    left: Left,
    *,
    uploads: tuple[int, ...] = (1, 2),
    events: tuple[int, ...] = (1, 2),
    attempts: int = 1,
    deliveries: int = 1,
    workers: int = 1,
    outsiders: int = 0,
    killed: int = 0,
) -> Setup:
    return Setup(
        left=left,
        uploads=uploads,
        events=events,
        rules=Rules(attempts),
        deliveries=deliveries,
        workers=workers,
        outsiders=outsiders,
        kills=(killed,),
        memory_runs_out=False,
        recorders_die=False,
    )


SCENARIOS: dict[str, Setup | LockSetup] = {
    "a reply is lost": Setup(Left(losses=1), kills=(0, 1), rules=Rules(2)),
    "one upload is told twice": Setup(Left(), events=(1, 1), kills=(0, 1), outsiders=0),
    "storage goes out": Setup(Left(losses=1, abandons=1), rules=Rules(2), outsiders=0),
    "sweeps alone, two at once": Setup(Left(losses=1), deliveries=0, lists=True, kills=(0, 1), rules=Rules(2)),
    "sweeps send again, two at once": Setup(
        Left(losses=1), resends=True, rules=Rules(2), deliveries=1, workers=1, outsiders=2, memory_runs_out=False
    ),
    "an operator cancels and redrives": Setup(
        Left(cancels=1, redrives=1), kills=(0, 1), rules=Rules(2), memory_runs_out=False
    ),
    "an operator, and a reply is lost": Setup(
        Left(losses=1, cancels=1, redrives=1), rules=Rules(1), deliveries=1, workers=1
    ),
    "two operators at once": Setup(Left(cancels=1, redrives=2), rules=Rules(1), deliveries=1, workers=1, outsiders=2),
    "an overwrite of a job that kills": overwritten(Left(), attempts=3, workers=2, outsiders=1, killed=1),
    "an overwrite by a job that kills": overwritten(Left(), workers=2, outsiders=1, killed=2),
    "an overwrite, and a reply is lost": overwritten(Left(losses=1), workers=2),
    "an overwrite, and an operator redrives": overwritten(Left(redrives=1), deliveries=0, outsiders=1),
    "an overwrite, and an operator cancels": overwritten(Left(cancels=1), outsiders=1),
    "the blob is deleted, and a reply is lost": Setup(Left(losses=1), uploads=(1, 0), rules=Rules(1)),
    "the blob is overwritten, then deleted": overwritten(Left(), uploads=(1, 2, 0), workers=2),
    "a version comes back, and a reply is lost": overwritten(Left(losses=1), uploads=(1, 2, 1), events=(1, 3)),
    "a version comes back, and an operator redrives": overwritten(
        Left(redrives=1), uploads=(1, 2, 1), events=(1, 3), deliveries=0, outsiders=1
    ),
    "a purge, and an operator redrives": Setup(
        Left(redrives=1), rules=Rules(1), deliveries=1, outsiders=2, recorders_die=False, purges=True
    ),
    "a purge, and the event comes again": Setup(Left(), rules=Rules(2), events=(1, 1), deliveries=1, purges=True),
    "a purge, and an overwrite": replace(overwritten(Left(), deliveries=0, outsiders=1), purges=True),
    "a purge, and a reply is lost": Setup(
        Left(losses=1, redrives=1), rules=Rules(1), deliveries=1, workers=1, recorders_die=False, purges=True
    ),
    "a lock, four times": LockSetup(asks=4, losses=0),
    "a lock, and a reply is lost": LockSetup(asks=3, losses=1),
    "a lock, and two replies are lost": LockSetup(asks=2, losses=2),
}


#: The widest.
WIDEST = frozenset(
    {
        "an overwrite, and a reply is lost",
        "the blob is overwritten, then deleted",
        "an operator cancels and redrives",
        "a version comes back, and an operator redrives",
        "a purge, and an operator redrives",
        "an overwrite, and an operator cancels",
        "an overwrite of a job that kills",
        "a purge, and an overwrite",
        "two operators at once",
    }
)
WIDE = pytest.mark.prove("puts two events together that others have one by one")


@pytest.mark.parametrize("name", [pytest.param(name, marks=WIDE if name in WIDEST else ()) for name in SCENARIOS])
def test_model_keeps_every_promise_in_every_world(name: str, count: Count) -> None:
    setup = SCENARIOS[name]
    explored = (LockExplorer(setup) if isinstance(setup, LockSetup) else Explorer(setup)).run()
    print(f"{name}: {explored}")
    count(scenarios=1, worlds=explored.worlds, edges=explored.edges)
    assert explored.whole
