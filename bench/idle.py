"""Requests a minute without work, of all contestants at the same time and in real time.

Idle is who has had no work for ten minutes. An hour then has what comes once in an hour: sweeps, walks through the
images, looks into poison queues. Each contestant has an Azurite of its own, since the access log of one that they share
would not say whose transactions and host locks it has.
"""

import argparse
import contextlib
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from bench.contest.entrants import ENTRANTS, TASKS
from bench.contest.estimates import announce
from bench.contest.figures import Finding, typed
from bench.contest.images import image_bytes, names
from bench.contest.service import Service

AFTER_MINUTES, MINUTES, WARM = 10.0, 60.0, 4
_SECONDS = 120.0
_START_SECONDS = 10.0
#: Minutes from one word about the progress to the next.
_STEP = 5.0


def main(words: list[str]) -> int:
    """Wait, count, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    minutes, after = options.minutes, options.after_minutes
    finding = Finding("idle", typed("idle", words), ("", "requests a minute", "of them"))
    with contextlib.ExitStack() as stack:
        services = _start(stack, options.entrants)
        _wait(after, "until they count as idle")
        begins = {name: service.mark() for name, service in services.items()}
        _wait(minutes, "until the end of the count")
        for name, service in services.items():
            counts: Counter[str] = service.requests(begins[name], service.mark())
            kinds = ", ".join(f"{kind} {count / minutes:.1f}" for kind, count in sorted(counts.items()))
            rate = counts.total() / minutes
            finding.add((name, f"{rate:.1f}", kinds), contestant=name, per_minute=rate, requests=dict(counts))
    finding.notes.append(
        f"One process each, {after:g} minutes after its last work, counted for {minutes:g} minutes in real time; what "
        "the host asks for itself is among them. The trigger of images is off, as with an Event Grid subscription."
    )
    finding.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench idle", description=__doc__)
    parser.add_argument("--entrants", nargs="+", choices=ENTRANTS, default=list(TASKS))
    parser.add_argument("--after-minutes", type=float, default=AFTER_MINUTES)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes."""
    return 60 * float(options.after_minutes + options.minutes) + _START_SECONDS * len(options.entrants)


def _start(stack: contextlib.ExitStack, entrants: list[str]) -> dict[str, Service]:
    """Start each contestant and let it have some work; return the Azurite of each."""
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    services = {}
    for number, name in enumerate(entrants):
        print(f"{name} ...", file=sys.stderr, flush=True)
        services[name] = service = stack.enter_context(Service())
        service.insert_blobs("photos", names("warm", WARM), image_bytes("10 KB"))
        contestant = ENTRANTS[name](service, folder / str(number), number, container="photos")
        stack.callback(contestant.stop)
        contestant.start(1)
        contestant.feed(names("warm", WARM))
        contestant.wait_for(WARM, seconds=_SECONDS)
    return services


def _wait(minutes: float, what: str) -> None:
    """Wait, and say now and then for how long yet."""
    while minutes > 0:
        print(f"{minutes:g} minutes {what} ...", file=sys.stderr, flush=True)
        threading.Event().wait(60 * min(minutes, _STEP))
        minutes -= _STEP


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
