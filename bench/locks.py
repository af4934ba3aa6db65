"""What the lock table costs, and whether it ever has two holders: requests of each act, and processes that contend."""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from bench.contest.estimates import announce
from bench.contest.figures import Finding, typed
from bench.contest.processes import ROOT
from bench.contest.service import Service
from shared import wiring
from shared.errors import LockHeld
from shared.steps.table_lock import Tenure

PROCESSES, THREADS, SECONDS = 4, 1, 10.0
_LEASE_SECONDS = 300
_START_SECONDS = 4.0


def main(words: list[str]) -> int:
    """Count, contend, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    finding = Finding("locks", typed("locks", words), ("", "", "requests"))
    with Service() as service:
        for act, count in _requests(service).items():
            finding.add((act, "", str(count)), act=act, requests=count)
        begin = service.mark()
        entered, violations = _contend(service, options.seconds)
        requests = service.requests(begin, service.mark()).total()
    title = f"{PROCESSES} processes contend for {options.seconds:g} s"
    cells = (title, f"held {entered} times", f"{requests / entered:.1f} each")
    finding.add(cells, held=entered, two_inside=violations, requests=requests)
    finding.notes.append(
        f"Two inside at once: {violations}. Each holder looks for others inside, renews, and leaves; waiting tries are "
        "among the requests."
    )
    finding.show(write=options.write)
    return 1 if violations else 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench locks", description=__doc__)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes."""
    return _START_SECONDS + float(options.seconds)


def _requests(service: Service) -> dict[str, int]:
    """Count the requests of each act, once the tables are there."""
    darkroom = wiring.build({"AzureWebJobsStorage": service.connection}, threaded=False)
    darkroom.storage.create()
    lock, counts, tenures = darkroom.sweep.lock, dict[str, int](), list[Tenure]()

    def count(act: str, do: Callable[[], object]) -> None:
        begin = service.mark()
        with suppress(LockHeld):
            do()
        counts[act] = service.requests(begin, service.mark()).total()

    def acquire() -> None:
        tenures.append(lock.try_acquire("bench", owner="bench"))

    count("acquire for the first time", acquire)
    count("renew", tenures[-1].renew)
    count("acquire while another holds it", acquire)
    count("release", tenures[-1].release)
    count("acquire after one's own release", acquire)
    return counts


def _contend(service: Service, seconds: float) -> tuple[int, int]:
    """Let processes contend; return how often the lock was held, and how often two have met inside."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "tokens").write_text("")
        facts = (service.connection, "benchlocks", str(_LEASE_SECONDS), folder, str(THREADS), f"{seconds:g}", "0")
        command = [sys.executable, "-m", "tests.faults.contender", *facts]
        contenders = [
            subprocess.Popen([*command, str(seed)], cwd=ROOT, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ours
            for seed in range(PROCESSES)
        ]
        printed = [json.loads(each.communicate(timeout=seconds + _LEASE_SECONDS)[0]) for each in contenders]
    return sum(each["entered"] for each in printed), sum(each["violations"] for each in printed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
