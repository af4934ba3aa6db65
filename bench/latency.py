"""From a message to its result, at one image a second: the time from its acceptance by the queue to the commit."""

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from bench.contest.contestants import Contestant
from bench.contest.entrants import ENTRANTS
from bench.contest.estimates import announce
from bench.contest.figures import Finding, percentile, typed
from bench.contest.images import image_bytes, names
from bench.contest.service import Service, until
from bench.contest.turns import PROCESSES
from shared import clock

ROUNDS, IMAGES, WARM = 4, 30, 8
_SECONDS = 60.0
_TURN_SECONDS = 5.0


def main(words: list[str]) -> int:
    """Measure, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    finding = Finding("latency", typed("latency", words), ("", "p50 ms", "p99 ms"))
    times: dict[str, list[float]] = {name: [] for name in options.entrants}
    with Service() as service, tempfile.TemporaryDirectory() as folder:
        warm, images = names("warm", WARM), names("image", options.images)
        service.insert_blobs("photos", [*warm, *images], image_bytes("10 KB"))
        for number in range(options.rounds):
            for at, name in enumerate(options.entrants):
                print(f"round {number + 1} of {options.rounds}: {name} ...", file=sys.stderr, flush=True)
                place = Path(folder) / f"{number}-{at}"
                contestant = ENTRANTS[name](service, place, 100 * number + at, container="photos")
                times[name] += _times(contestant, warm, images)
    for name, found in times.items():
        p50, p99 = (1000 * percentile(found, share) for share in (0.5, 0.99))
        cells = (name, f"{p50:.0f}", f"{p99:.0f}")
        finding.add(cells, contestant=name, p50_ms=p50, p99_ms=p99, mean_ms=1000 * sum(found) / len(found))
    finding.notes.append(
        f"10 KB, {PROCESSES} processes, {options.rounds} rounds of {options.images} images in turns; "
        "the host polls by its host.json."
    )
    finding.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench latency", description=__doc__)
    parser.add_argument("--entrants", nargs="+", choices=ENTRANTS, default=list(ENTRANTS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--images", type=int, default=IMAGES)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes: an image a second."""
    return float((_TURN_SECONDS + options.images) * options.rounds * len(options.entrants))


def _times(contestant: Contestant, warm: list[str], images: list[str]) -> list[float]:
    """Return the seconds that each image took; each is sent a second after the one before, as long as that may take."""
    sent: dict[str, float] = {}
    times: list[float] = []

    def look() -> None:
        new = contestant.ends.read()
        times.extend(clock.monotonic() - sent.pop(name) for name in new if name in sent)

    def all_are_there() -> bool:
        look()
        return not sent

    try:
        contestant.start(PROCESSES)
        contestant.feed(warm)
        contestant.wait_for(len(warm), seconds=_SECONDS)
        due = clock.monotonic()
        for name in images:
            _watch_until(due, look)
            contestant.feed([name])
            sent[name] = clock.monotonic()
            due += 1.0
        until(all_are_there, seconds=_SECONDS, what=f"A result of {contestant.name}")
    finally:
        contestant.stop()
    return times


def _watch_until(moment: float, look: Callable[[], None]) -> None:
    """Look for results until then."""

    def is_over() -> bool:
        look()
        return clock.monotonic() >= moment

    until(is_over, seconds=_SECONDS, what="The next second")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
