"""All that docs/performance.md has, one bench after the other, each in a process of its own."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib import import_module

from bench.contest.estimates import announce, in_words
from bench.contest.figures import signature, typed, write_block
from bench.contest.processes import ROOT
from localhost.install import BY_SIGNAL, call
from shared import clock

#: In this order: comparisons first, and last what takes longer than all the others.
ORDER = ("throughput", "latency", "kill", "cost", "coldstart", "locks", "scale", "reads", "lists", "dashboard", "idle")
_FEWEST = frozenset(ORDER) - {"idle"}


def main(words: list[str]) -> int:
    """Run them; return the exit status of the first that has failed."""
    options, begun_at = parser().parse_args(words), clock.monotonic()
    seconds = {name: expected_seconds(name) for name in ORDER if name in options.benches}
    announce(sum(seconds.values()))
    print(*(f"  {name:12}{in_words(each)}" for name, each in seconds.items()), sep="\n", file=sys.stderr, flush=True)
    status = run_each([*seconds], ["--write"] if options.write else [], _run)
    if options.write and not status and seconds.keys() >= _FEWEST:
        took = in_words(clock.monotonic() - begun_at)
        write_block("all", f"All of them in one go: {signature(typed('all', words))}, {took}.\n")
    return status


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench all", description=__doc__)
    parser.add_argument("--benches", nargs="+", choices=ORDER, default=list(ORDER))
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    return parser


def expected_seconds(name: str) -> float:
    """Return how long a bench takes by itself."""
    module = import_module(f"bench.{name}")
    seconds: float = module.expected_seconds(module.parser().parse_args([]))
    return seconds


def run_each(benches: Sequence[str], words: Sequence[str], run: Callable[[Sequence[str]], int]) -> int:
    """Run benches with these words, one that has failed or not; a signal ends it.

    Args:
        benches: Their names.
        words: Options of each.
        run: Runs a command, and returns its exit status.
    """
    statuses = []
    for name in benches:
        print(f"== {name}", file=sys.stderr, flush=True)
        statuses.append(run([sys.executable, "-m", "bench", name, *words]))
        if statuses[-1] > BY_SIGNAL:  # somebody wants an end
            break
        if statuses[-1]:
            print(f"== {name} failed: exit status {statuses[-1]}", file=sys.stderr, flush=True)
    return next(filter(None, statuses), 0)


def _run(command: Sequence[str]) -> int:
    return call(command, cwd=ROOT)[0]
