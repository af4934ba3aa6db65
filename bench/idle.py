"""Requests a minute without work, each contestant on an Azurite of its own, all at the same time and in real time."""

import argparse
import contextlib
import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

from bench.contest.entrants import ENTRANTS, TASKS
from bench.contest.figures import Finding, typed
from bench.contest.images import image_bytes, names
from bench.contest.service import Service

AFTER_MINUTES, MINUTES, WARM = 10.0, 10.0, 4
_SECONDS = 120.0


def main(words: list[str]) -> int:
    """Wait, count, and print a table."""
    options = _parser().parse_args(words)
    minutes, after = options.minutes, options.after_minutes
    finding = Finding("idle", typed("idle", words), ("", "requests a minute", "of them"))
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        services = {}
        for number, name in enumerate(options.entrants):
            services[name] = service = stack.enter_context(Service())
            service.insert_blobs("photos", names("warm", WARM), image_bytes("10 KB"))
            contestant = ENTRANTS[name](service, folder / str(number), number, container="photos")
            stack.callback(contestant.stop)
            contestant.start(1)
            contestant.feed(names("warm", WARM))
            contestant.wait_for(WARM, seconds=_SECONDS)
        print(f"idle for {after:g} minutes, and counted for {minutes:g} ...", file=sys.stderr, flush=True)
        _wait(after)
        begins = {name: service.mark() for name, service in services.items()}
        _wait(minutes)
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


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench idle", description=__doc__)
    parser.add_argument("--entrants", nargs="+", choices=ENTRANTS, default=list(TASKS))
    parser.add_argument("--after-minutes", type=float, default=AFTER_MINUTES)
    parser.add_argument("--minutes", type=float, default=MINUTES)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def _wait(minutes: float) -> None:
    threading.Event().wait(60 * minutes)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
