"""Images a second, processor time and requests of each contestant, in turns on the same Azurite.

All messages wait before a contestant begins. A figure is the median of the rounds, a ratio the median of the ratios
within rounds. Linux only: processor time is read from /proc.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.contest.alone import Alone
from bench.contest.entrants import ENTRANTS, PEERS, Entrant
from bench.contest.estimates import announce
from bench.contest.figures import Finding, median, ratio, shift, typed
from bench.contest.images import SIZES, image_bytes, names
from bench.contest.service import Service
from bench.contest.turns import PROCESSES, Turn, take

ROUNDS, WARM = 4, 16
#: Who takes part here.
_ALL: dict[str, Entrant] = {**ENTRANTS, Alone.name: Alone}
#: Images of a turn. A few that end at once, as dramatiq's do, move a rate over three quarters of them by a few percent.
IMAGES = {"10 KB": 360, "12 MP": 144}
_TURN_SECONDS, _IMAGE_SECONDS = 8.0, {"10 KB": 0.02, "12 MP": 0.06}
Turns = dict[str, list[Turn]]


def main(words: list[str]) -> int:
    """Measure, and print a table for each size."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    for size in options.sizes:
        peers = [peer for peer in PEERS if peer in options.entrants]
        heads = (*(f"images/s ÷ {peer}" for peer in peers), *(f"{peer}'s CPU ÷" for peer in peers))
        head = ("", "images/s", *heads, "CPU ms", "Azurite's CPU ms", "requests")
        finding = Finding(f"throughput {size}", typed("throughput", words), head)
        turns = _race(options.entrants, size, options.images or IMAGES[size], options.rounds)
        _report(finding, size, turns, peers)
        finding.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench throughput", description=__doc__)
    parser.add_argument("--sizes", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--entrants", nargs="+", choices=_ALL, default=list(_ALL))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--images", type=int, help=f"images of a turn (default: {IMAGES})")
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes: what a turn takes beside its images, and feeding and working on those."""
    images = {size: options.images or IMAGES[size] for size in options.sizes}
    turn = sum(_TURN_SECONDS + images[size] * _IMAGE_SECONDS[size] for size in options.sizes)
    return float(turn * options.rounds * len(options.entrants))


def _race(entrants: Sequence[str], size: str, count: int, rounds: int) -> Turns:
    """Let all contestants take turns; who begins changes from round to round.

    Each turn has an Azurite of its own: it works the longer for a request, the more others have left behind.
    """
    turns: Turns = {name: [] for name in entrants}
    warm, images = names("warm", WARM), names("image", count)
    for number in range(rounds):
        first = number % len(entrants)
        for name in [*entrants[first:], *entrants[:first]]:
            print(f"{size}, round {number + 1} of {rounds}: {name} ...", file=sys.stderr, flush=True)
            with Service() as service, tempfile.TemporaryDirectory() as folder:
                service.insert_blobs("photos", [*warm, *images], image_bytes(size))
                contestant = _ALL[name](service, Path(folder) / "turn", number, container="photos")
                turns[name].append(take(contestant, service, warm=warm, names=images))
    return turns


def _report(finding: Finding, size: str, turns: Turns, peers: Sequence[str]) -> None:
    """Put the medians of all rounds into a table, and how steady their ratios are."""
    shifts: list[float] = []
    for name, rounds in turns.items():
        facts = {
            what: median(getattr(turn, what) for turn in rounds)
            for what in ("per_second", "client_ms", "azurite_ms", "requests_total")
        }
        rates = {peer: ratio(_all(rounds, "per_second"), _all(turns[peer], "per_second")) for peer in peers}
        shifts += [shift(_all(rounds, "per_second"), _all(turns[peer], "per_second")) for peer in peers]
        thrift = {peer: ratio(_all(turns[peer], "cpu_ms"), _all(rounds, "cpu_ms")) for peer in peers}
        cells = [f"{facts['per_second']:.0f}", *(f"{value:.2f}" for value in (*rates.values(), *thrift.values()))]
        cells += [f"{facts[what]:.1f}" for what in ("client_ms", "azurite_ms", "requests_total")]
        kinds = rounds[-1].requests
        finding.add((name, *cells), size=size, contestant=name, **facts, requests=kinds, rates=rates, thrift=thrift)
    count = len(next(iter(turns.values())))
    finding.notes.append(
        f"{PROCESSES} processes each, medians of {count} rounds; CPU and requests an image. More is better in every "
        "column of ratios. Where other programs share the cores, those of CPU hold better: all processor time of the "
        "peer, Azurite's included, by all of this contestant."
    )
    if count > 1 and shifts:
        finding.notes.append(f"Without any one of the rounds, a ratio of rates would be at most {max(shifts):.0%} off.")


def _all(turns: Sequence[Turn], what: str) -> list[float]:
    """Return a figure of each turn."""
    return [getattr(turn, what) for turn in turns]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
