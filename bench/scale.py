"""Claim and commit in tables of many rows: milliseconds on Azurite, and rows and pages on the services in process.

Azurite looks through a partition for its rows, so more buckets make it faster; Azure finds a row by its key. Beyond
what Azurite bears, the services in process count what each request reads and writes.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable

from bench.contest.estimates import announce
from bench.contest.figures import Finding, median, typed
from bench.contest.filling import KIND, add, do_nothing, fill
from bench.contest.service import Service
from shared import clock, wiring
from shared.ports.queries import JobQuery
from shared.wiring.steps import Darkroom
from tests.sdk_clients import table_of
from tests.simulation.service import batches
from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.exchange import Reply, Request
from tests.simulation.service.transport import InProcess

ROWS, BUCKETS, JOBS = (1_000, 20_000, 50_000), (4, 16, 64), 40
COUNTED_ROWS = (1_000, 50_000, 200_000)
_START_SECONDS, _ROW_SECONDS, _COUNTED_ROW_SECONDS = 3.0, 0.0004, 0.0002


def main(words: list[str]) -> int:
    """Fill, measure, count, and print a table each."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    timed = Finding("scale", typed("scale", words), ("buckets", "rows", "claim and commit ms", "÷ fewest rows"))
    for buckets in options.buckets:
        _time(timed, buckets, options.rows)
    timed.notes.append(f"On Azurite, medians of {JOBS} jobs, the tables in turns.")
    timed.show(write=options.write)
    head = ("rows", "claim and commit: rows read + written", "requests", "a page of 50 jobs: rows read", "requests")
    counted = Finding("scale counted", typed("scale", words), head)
    for rows in options.counted:
        _count(counted, rows)
    counted.notes.append("Counted on the services in process, which answer as Azurite does, at 64 buckets.")
    counted.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench scale", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=list(ROWS))
    parser.add_argument("--buckets", type=int, nargs="+", default=list(BUCKETS))
    parser.add_argument("--counted", type=int, nargs="+", default=list(COUNTED_ROWS))
    parser.add_argument("--write", action="store_true", help="put the tables into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes: the rows are written one transaction after the other."""
    timed = (_START_SECONDS + _ROW_SECONDS * sum(options.rows)) * len(options.buckets)
    return float(timed + _COUNTED_ROW_SECONDS * sum(options.counted))


def _time(finding: Finding, buckets: int, sizes: list[int]) -> None:
    """Time claim and commit in tables of these sizes on one Azurite, a job of each in turns."""
    times: dict[int, list[float]] = {rows: [] for rows in sizes}
    with Service() as service:
        rooms = {rows: _room(service.connection, f"rows{rows}", buckets) for rows in sizes}
        for rows, room in rooms.items():
            print(f"{buckets} buckets, {rows} rows ...", file=sys.stderr, flush=True)
            fill(room, table_of(room.storage.jobs), rows)
        for number in range(JOBS):
            for rows, room in rooms.items():
                job_id = add(room, f"job-{number}")
                begin = clock.monotonic()
                room.attempt.run(job_id, owner="bench/1")
                times[rows].append(1000 * (clock.monotonic() - begin))
    fewest = median(times[min(sizes)])
    for rows, found in times.items():
        cells = (str(buckets), f"{rows:,}", f"{median(found):.1f}", f"{median(found) / fewest:.2f}")
        finding.add(cells, buckets=buckets, rows=rows, ms=median(found), ratio=median(found) / fewest)


def _room(connection: str, table: str, buckets: int) -> Darkroom:
    """Wire everything over a table of its own."""
    environ = {"AzureWebJobsStorage": connection, "JOBS_TABLE": table, "JOB_BUCKETS": str(buckets)}
    room = wiring.build(environ, threaded=False, works={KIND: do_nothing})
    room.storage.create()
    return room


class TouchCount(Account):
    """An account that counts what its tables read and write."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.clock, account.services)
        self.touched: Counter[str] = Counter()

    def serve(self, request: Request) -> Reply:
        """Answer, and count."""
        reply = super().serve(request)
        if request.service == "table":
            self.touched["requests"] += 1
            if list(request.segments) == ["$batch"]:
                self.touched["rows"] += len(batches.read(request.body))
            elif request.method == "GET" and reply.ok:
                self.touched["rows"] += len(json.loads(reply.body).get("value", [None]))
            else:
                self.touched["rows"] += 1
        return reply

    def of(self, act: Callable[[], object]) -> Counter[str]:
        """Return what an act has touched."""
        self.touched = Counter()
        act()
        return self.touched


def _count(finding: Finding, rows: int) -> None:
    """Count what claim and commit, and a page of the list, touch in a table of a size."""
    print(f"{rows} rows in process ...", file=sys.stderr, flush=True)
    account = TouchCount(storage_account())
    environ = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "JOB_BUCKETS": "64"}
    room = wiring.build(environ, transport=InProcess(account), threaded=False, works={KIND: do_nothing})
    room.storage.create()
    fill(room, table_of(room.storage.jobs), rows)
    job_id = add(room, "one more")
    work = account.of(lambda: room.attempt.run(job_id, owner="bench/1"))
    page = account.of(lambda: room.lookup.list(JobQuery(types=(KIND,)), limit=50))
    cells = (f"{rows:,}", *(str(count[what]) for count in (work, page) for what in ("rows", "requests")))
    finding.add(cells, rows=rows, claim_and_commit=dict(work), page=dict(page))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
