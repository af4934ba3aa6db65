"""Search for planted faults: by which seed each is found, and after how long.

``python -m tests.simulation.planted_search`` searches for all of them, on both cores, and prints what to write into
``planted_seeds``; with names, or parts of names, for those alone.
"""

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from tests.simulation.chance import Chance
from tests.simulation.planted_faults import FAULTS
from tests.simulation.planted_rollouts import ROLLOUTS
from tests.simulation.planted_seeds import BEYOND, OTHERS, SEEDS
from tests.simulation.planting import plant
from tests.simulation.rollouts import draw_rollout
from tests.simulation.world import World

#: No fault may take longer on two cores.
MOST_SECONDS = 300.0
#: Faults that only show where the release before takes part.
_ROLLOUTS = frozenset(each.name for each in ROLLOUTS)


@dataclass(frozen=True)
class Search:
    """How a search for one fault has ended.

    Attributes:
        name: Of the fault.
        seed: By which it is found, while the same seed without the fault is clean; None where it was not found.
        worlds: How many were run with the fault.
        seconds: How long it took, on one core.
        wrong: What was found first.
        unclean: Seeds that find something without the fault too.
    """

    name: str
    seed: int | None
    worlds: int
    seconds: float
    wrong: str = ""
    unclean: tuple[int, ...] = ()


def finds(name: str, seed: int) -> str:
    """Run one world with a fault; return what is wrong, and nothing where it is not found."""
    with plant(FAULTS[name]):
        wrong = World(seed, hasty=True).run().wrong
    return wrong[0] if wrong else ""


def search(name: str, *, seconds: float = MOST_SECONDS, first: int = 0) -> Search:
    """Search for one fault, from a seed on."""
    begun, unclean, worlds = time.monotonic(), list[int](), 0
    seed = first
    while time.monotonic() - begun < seconds:
        if name in _ROLLOUTS and draw_rollout(Chance(seed)) is None:
            seed += 1
            continue
        worlds += 1
        wrong = finds(name, seed)
        if wrong and not World(seed, hasty=True).run().wrong:
            return Search(name, seed, worlds, time.monotonic() - begun, wrong, tuple(unclean))
        if wrong:
            unclean.append(seed)
        seed += 1
    return Search(name, None, worlds, time.monotonic() - begun, unclean=tuple(unclean))


def searches(names: list[str], *, seconds: float, first: int, processes: int) -> Iterator[Search]:
    """Search for several faults at once."""
    with ProcessPoolExecutor(processes) as pool:
        futures = [pool.submit(search, name, seconds=seconds, first=first) for name in names]
        for future in futures:
            yield future.result()


def main() -> None:
    """Search, and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("parts", nargs="*", help="parts of the names of faults; without one, all")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="for each fault, on one core")
    parser.add_argument("--first", type=int, default=0, help="seed to begin with")
    parser.add_argument("--missing", action="store_true", help="only those that have no seed yet")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args()
    names = [name for name in FAULTS if not options.parts or any(part in name for part in options.parts)]
    if options.missing:
        names = [name for name in names if name not in {*SEEDS, *BEYOND, *OTHERS}]
    for one in searches(names, seconds=options.seconds, first=options.first, processes=options.processes):
        told = f"{one.name!r}: {one.seed},  # {one.seconds:.1f} s, {one.worlds} worlds: {one.wrong}"
        print(told if one.seed is not None else f"NOT FOUND {told}", *one.unclean[:5], flush=True)


if __name__ == "__main__":
    main()
