"""What a cold start takes: the import of the app, and the processor time from the start to the first result."""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.contest.contestants import Contestant
from bench.contest.entrants import ENTRANTS
from bench.contest.estimates import announce
from bench.contest.figures import Finding, median, typed
from bench.contest.images import image_bytes, names
from bench.contest.processes import ROOT
from bench.contest.service import Service

IMPORTS, ROUNDS = 15, 4
_SECONDS = 120.0
_IMPORT_SECONDS, _TURN_SECONDS = 0.3, 3.0
#: Both times of one interpreter: what everybody's app imports, and ours beyond that.
_IMPORT = """
import time; a = time.process_time()
import azure.functions; b = time.process_time()
import function_app; c = time.process_time()
print(1000 * (b - a), 1000 * (c - b))
"""


def main(words: list[str]) -> int:
    """Measure, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    finding = Finding("coldstart", typed("coldstart", words), ("", "CPU ms"))
    library, ours = zip(*(_import() for _ in range(options.imports)), strict=True)
    finding.add(
        ("`import azure.functions`", f"{median(library):.1f}"), what="import azure.functions", ms=median(library)
    )
    finding.add(
        ("`import function_app` beyond it", f"{median(ours):.1f}"),
        what="import function_app",
        ms=median(ours),
        spread_ms=statistics.pstdev(ours),
    )
    times: dict[str, list[float]] = {name: [] for name in options.entrants}
    with Service() as service, tempfile.TemporaryDirectory() as folder:
        images = names("image", options.rounds * len(times))
        service.insert_blobs("photos", images, image_bytes("10 KB"))
        for number, image in enumerate(images):
            name = options.entrants[number % len(times)]
            print(f"{name} ...", file=sys.stderr, flush=True)
            contestant = ENTRANTS[name](service, Path(folder) / str(number), number, container="photos")
            times[name].append(_first_result(contestant, image))
    for name, found in times.items():
        finding.add((f"{name}: start to first result", f"{median(found):.0f}"), what=name, ms=median(found))
    finding.notes.append(
        f"Medians of {options.imports} interpreters and of {options.rounds} rounds in turns. One process, "
        "one message that waits, 10 KB; the processor time of all its processes until the result."
    )
    finding.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench coldstart", description=__doc__)
    parser.add_argument("--entrants", nargs="+", choices=ENTRANTS, default=list(ENTRANTS))
    parser.add_argument("--imports", type=int, default=IMPORTS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes."""
    return float(_IMPORT_SECONDS * options.imports + _TURN_SECONDS * options.rounds * len(options.entrants))


def _import() -> tuple[float, float]:
    """Return the milliseconds of processor time for the library, and for the app beyond it, in a new interpreter."""
    environ = {**os.environ, "AzureWebJobsStorage": "UseDevelopmentStorage=true", "PYTHONPATH": str(ROOT)}
    printed = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-c", _IMPORT], cwd=ROOT, env=environ, stdout=subprocess.PIPE, check=True, text=True
    )
    library, ours = printed.stdout.split()
    return float(library), float(ours)


def _first_result(contestant: Contestant, image: str) -> float:
    """Return the milliseconds of processor time of one process with one message, from its start to the result."""
    try:
        contestant.feed([image])
        contestant.start(1)
        contestant.wait_for(1, seconds=_SECONDS)
        return contestant.cpu_ms()
    finally:
        contestant.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
