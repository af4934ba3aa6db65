"""Search for a world that breaks a promise, or run one again: ``python3 dev.py simulate``."""

import argparse
import os
import secrets
import sys
from collections.abc import Sequence
from datetime import timedelta

from shared import clock
from tests.simulation import coverage, entry_points
from tests.simulation.search import Tally, search
from tests.simulation.shrink import shrink
from tests.simulation.world import Outcome, World

_SHORTEN = timedelta(minutes=2)
_LAST_LINES = 60


def main(words: Sequence[str]) -> int:
    """Run the task; return the exit status: 1 where a promise was broken."""
    options = _options(words)
    if options.seed is not None:
        return _replay(options.seed, shorten=options.shorten)
    return _search(options.first, minutes=options.minutes, processes=options.processes, rollouts=options.rollouts)


def _options(words: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="dev.py simulate", description=__doc__)
    parser.add_argument("--seed", type=int, help="run this world alone, and print each of its requests")
    parser.add_argument("--shorten", action="store_true", help="with --seed: leave out what it fails without")
    parser.add_argument("--minutes", type=float, default=1.0, help="how long to search (default: 1)")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at once (default: one a processor)")
    parser.add_argument("--first", type=int, help="first seed of the search (default: drawn)")
    parser.add_argument("--rollouts", action="store_true", help="only worlds in which the release before takes part")
    options = parser.parse_args(words)
    if options.first is None:
        options.first = secrets.randbelow(10**9)
    return options


def _replay(seed: int, *, shorten: bool) -> int:
    outcome = World(seed).run()
    if shorten and outcome.wrong:
        outcome = _shorten(outcome)
    print(*outcome.trace, sep="\n")
    return _tell(outcome)


def _search(first: int, *, minutes: float, processes: int, rollouts: bool) -> int:
    begun_at = clock.monotonic()
    print(f"Worlds from seed {first} on, for {minutes:g} minutes or until one fails; {processes} at once.")
    tally = Tally()
    for tally in search(
        first,
        processes=processes,
        rollouts=rollouts,
        over=lambda so_far: _seconds(begun_at) >= minutes * 60 or bool(so_far.failed),
    ):
        _progress(tally, _seconds(begun_at))
    print(file=sys.stderr)
    hours = _seconds(begun_at) / 3600
    print(
        f"{tally.worlds:,} worlds in {hours * 60:.1f} minutes, {tally.requests:,} requests, {tally.commits:,} results.",
        f"{tally.hostless:,} have workers in place of hosts, of some or of all.",
        f"{tally.rollouts:,} have processes of the release before.",
        f"{tally.full:,} have at least 40 requests, 2 workers and 1 fault; {len(tally.schedules):,} of these differ:",
        f"{len(tally.schedules) / hours:,.0f} schedules an hour.",
        "",
        *coverage.table(tally.coverage, entry_points.EVENTS),
        sep="\n",
    )
    if not tally.failed:
        return 0
    outcome = World(min(tally.failed)).run()
    print(f"\nSeed {outcome.seed} fails: {outcome.wrong[0]}\nIt is shortened, for {_SHORTEN} at most.")
    shorter = _shorten(outcome)
    print(*shorter.trace[-_LAST_LINES:], sep="\n")
    return _tell(shorter)


def _shorten(outcome: Outcome) -> Outcome:
    begun_at = clock.monotonic()
    return shrink(outcome, over=lambda: _seconds(begun_at) >= _SHORTEN.total_seconds())


def _tell(outcome: Outcome) -> int:
    """Say what was decided and what is wrong; return the exit status."""
    print("", f"Seed {outcome.seed}, trace {outcome.hash[:16]}: {outcome.requests:,} requests.", sep="\n")
    print("Faults and acts:", *outcome.decisions, sep="\n  ")
    if not outcome.wrong:
        print("Every promise was kept.")
        return 0
    print("Wrong:", *outcome.wrong, sep="\n  ")
    print(f"Run it again: python3 dev.py simulate --seed {outcome.seed}")
    return 1


def _progress(tally: Tally, seconds: float) -> None:
    line = f"{tally.worlds:,} worlds, {sum(tally.faults.values()):,} faults, {seconds:.0f} s"
    print(f"\r{line}", end="", file=sys.stderr, flush=True)


def _seconds(begun_at: float) -> float:
    return clock.monotonic() - begun_at


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
