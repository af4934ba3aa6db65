"""Search world after world for one that breaks a promise, in several processes of this machine."""

import gc
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field, fields

from tests.simulation.chance import Chance
from tests.simulation.faults import Fault
from tests.simulation.rollouts import draw_rollout
from tests.simulation.world import World

#: Worlds that a process runs before it tells of them.
BATCH = 10
#: Seeds for each world in which the release before takes part, about.
_SPARSE = 16
#: What makes a world count: less of it would show little.
_REQUESTS, _WORKERS, _FAULTS = 40, 2, 1


@dataclass
class Tally:
    """What became of some worlds.

    Attributes:
        worlds: How many there were.
        hostless: Those that have workers in place of hosts.
        rollouts: Those in which the release before takes part.
        full: Those of at least 40 requests, 2 workers and 1 fault.
        schedules: How often each hash of those came: they differ.
        requests: Of all.
        commits: Of all.
        faults: Of all, by kind.
        coverage: Of all.
        failed: Seeds of worlds in which something was wrong.
    """

    worlds: int = 0
    hostless: int = 0
    rollouts: int = 0
    full: int = 0
    schedules: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    commits: int = 0
    faults: Counter[Fault] = field(default_factory=Counter)
    coverage: Counter[tuple[str, Fault]] = field(default_factory=Counter)
    failed: list[int] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Take in others."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def run(seeds: range, *, rollouts: bool = False) -> Tally:
    """Run some worlds, or only those in which the release before takes part."""
    tally = Tally()
    for seed in seeds:
        if rollouts and draw_rollout(Chance(seed)) is None:
            continue
        outcome = World(seed).run()
        full = outcome.requests >= _REQUESTS and outcome.workers >= _WORKERS and sum(outcome.faults.values()) >= _FAULTS
        tally.add(
            Tally(
                worlds=1,
                hostless=int(outcome.hostless > 0),
                rollouts=int(outcome.earlier > 0),
                full=int(full),
                schedules=Counter([outcome.hash[:16]] if full else []),
                requests=outcome.requests,
                commits=outcome.commits,
                faults=outcome.faults,
                coverage=outcome.coverage,
                failed=[seed] if outcome.wrong else [],
            )
        )
    return tally


def _collect_rarely() -> None:
    """Let the garbage collector look at worlds alone, and seldom: it took a seventh of the time to look at the rest."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 100)


def search(first: int, *, processes: int, over: Callable[[Tally], bool], rollouts: bool = False) -> Iterator[Tally]:
    """Run worlds from a seed on; yield the sum so far after each batch, until it is over.

    Args:
        first: Seed of the first world.
        processes: At once.
        over: Says of the sum so far that it is enough.
        rollouts: Whether only worlds count in which the release before takes part.
    """
    tally, size = Tally(), BATCH * (_SPARSE if rollouts else 1)
    with ProcessPoolExecutor(processes, initializer=_collect_rarely) as pool:
        running: set[Future[Tally]] = set()
        while not over(tally) or running:
            while len(running) < processes and not over(tally):
                running.add(pool.submit(run, range(first, first + size), rollouts=rollouts))
                first += size
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for each in done:
                tally.add(each.result())
            yield tally
