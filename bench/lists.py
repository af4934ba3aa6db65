"""The first list of jobs and the first figures of a process, over a table of many jobs: time, CPU and requests.

Nothing of the rows is cached; code and connections are warm. Linux only: Azurite's CPU is read from /proc.
"""

import argparse
import asyncio
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import azure.functions as func

from bench.contest.estimates import announce
from bench.contest.figures import Finding, median, typed
from bench.contest.service import Service
from shared import clock, wiring
from shared.http.app import build, gateway_of
from shared.http.dependencies import Dependencies
from shared.http.gateway import Gateway, answer_through
from shared.rules import moves
from shared.rules.history import HOURS
from shared.rules.jobs import Event, Job, JobError
from shared.runtime import draw
from shared.steps.operators import group_causes, statistics, trends
from shared.storage import codec, row_keys
from shared.wiring.steps import Darkroom

ROUNDS, JOBS, BUCKETS = 7, 5_000, (4, 16, 64)
#: Of ten jobs in the order of their ends, this many are completed, failed and canceled.
_COMPLETED, _FAILED = 7, 2
#: Of the jobs, one in so many is live, by turns waiting and running: too few to fill a page.
_LIVE = 500
#: Of the failed ones, one in so many failed for this reason; of the completed ones, one in so many has this flag.
_RARE = 25
#: Operations of one transaction at most, and rows of one job.
_MOST, _ROWS = 100, 3
_REPORT = {"schema": 1, "status": "ok", "sections": [f"{number:060d}" for number in range(40)]}
CALLS = (
    "/api/images?order=newest&brief=true&limit=24",
    "/api/images?flag=dark&brief=true&limit=24",
    "/api/jobs",
    "/api/jobs?limit=200",
    "/api/jobs?error=no_cat",
    "/api/stats",
    "/api/stats/history",
    "/api/why",
)
_MARKS = (statistics.MARK, f"{trends.MARK}:{HOURS}", group_causes.MARK)
_CONTEXT = cast("func.Context", SimpleNamespace())
_HEAD = ("buckets", "call", "ms", "client CPU ms", "Azurite CPU ms", "requests")
_OK = 200
_JOB_SECONDS, _ROUND_SECONDS = 0.0025, 0.8


def main(words: list[str]) -> int:
    """Measure, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    finding = Finding("lists", typed("lists", words), _HEAD)
    for buckets in options.buckets:
        with Service() as service:
            print(f"writing {options.jobs:,} jobs, {buckets} buckets ...", file=sys.stderr)
            darkroom = _fill(service, buckets, options.jobs)
            for url in CALLS:
                rounds = [_measure(service, darkroom, url) for _ in range(options.rounds + 1)][1:]
                found = {name: median(each[name] for each in rounds) for name in rounds[0]}
                cells = (str(buckets), f"`{url}`", *(f"{value:.0f}" for value in found.values()))
                finding.add(cells, call=url, buckets=buckets, jobs=options.jobs, **found)
    finding.notes.append(
        f"{options.jobs:,} jobs, one in {_LIVE} is live; of the others 70% are completed, 20% failed and 10% canceled. "
        f"Medians of {options.rounds}. "
        "No row is cached. Azurite answers one request at a time: its CPU is what a call takes at least."
    )
    finding.show(write=options.write)
    return 0


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench lists", description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--buckets", type=int, nargs="+", default=list(BUCKETS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes: to write the jobs, and to ask."""
    return float((_JOB_SECONDS * options.jobs + _ROUND_SECONDS * (options.rounds + 1)) * len(options.buckets))


def _fill(service: Service, buckets: int, jobs: int) -> Darkroom:
    """Write so many jobs, and wire what looks at them."""
    environ = {"AzureWebJobsStorage": service.connection, "JOB_BUCKETS": str(buckets), "API_AUTH_LEVEL": "anonymous"}
    darkroom = wiring.build(environ, threaded=False)
    darkroom.storage.create()
    darkroom.storage.index.insert_type(darkroom.settings.image_type)
    table = service.tables.get_table_client(darkroom.settings.jobs_table)
    places = defaultdict[str, list[Job]](list)
    for job in _jobs(jobs, darkroom.settings.image_type, darkroom.clock.now()):
        places[row_keys.partition(job.id, buckets)].append(job)
    for place, members in places.items():
        for at in range(0, len(members), _MOST // _ROWS):
            table.submit_transaction([row for job in members[at : at + _MOST // _ROWS] for row in _rows(job, place)])
    return darkroom


def _jobs(number: int, kind: str, now: datetime) -> Iterator[Job]:
    """Make jobs, each a second after the one before."""
    for each in range(number):
        at = now - timedelta(seconds=number - each)
        new = moves.add(
            kind=kind, ref=f"images/{each}.png", version="0x1", params={}, max_attempts=5, now=at, grace=timedelta(0),
            add_nonce=uuid.uuid4().hex,
        ).job  # fmt: skip
        running = moves.claim(
            new, owner="queue/1", claim_id=uuid.uuid4().hex, now=at, lapsed=False, lease=timedelta(seconds=60)
        ).job
        if each % _LIVE == 0:
            yield running if each % (2 * _LIVE) else new
        else:
            yield _end(running, each, at)


def _end(job: Job, number: int, now: datetime) -> Job:
    """End a job in the way that its number says."""
    assert job.claim is not None  # noqa: S101 - for the type checker
    rare, turn = number // 10 % _RARE == 0, number % 10
    if turn < _COMPLETED:
        report = {**_REPORT, "quality": {"flags": ["dark"] if rare else []}}
        return moves.complete(job, claim=job.claim, report=report, now=now).job
    error = JobError("no_cat" if rare else "corrupt_image", "The decoder gave up.", now)
    if turn < _COMPLETED + _FAILED:
        return moves.fail(job, claim=job.claim, error=error, now=now).job
    return moves.end(job, event=Event.CANCEL, error=error, lapsed=False, now=now).job


def _rows(job: Job, place: str) -> list[tuple[str, dict[str, Any]]]:
    nonce = uuid.uuid4().hex
    entities = (codec.encode(job, place=place, nonce=nonce), codec.encode_key(job, place=place, nonce=nonce))
    return [("create", entity) for entity in (*entities, codec.encode_index(job, place=place))]


def _measure(service: Service, darkroom: Darkroom, url: str) -> dict[str, float]:
    """Make one call; return milliseconds and requests."""
    gateway, marks = _gateway(darkroom), darkroom.storage.marks
    for mark in filter(None, map(marks.get, _MARKS)):  # what was counted less than a minute ago would be told again
        marks.replace(mark, {})
    begin, request = service.mark(), func.HttpRequest("GET", f"http://x{url}", body=b"")
    begun, client, azurite = clock.monotonic(), time.process_time(), service.cpu_ms()
    response = asyncio.run(answer_through(lambda: gateway, request, _CONTEXT))
    found = {"ms": (clock.monotonic() - begun) * 1000, "client": (time.process_time() - client) * 1000}
    if response.status_code != _OK:
        raise RuntimeError(f"{url}: {response.status_code}")
    requests = service.requests(begin, service.mark()).total()
    return {**found, "azurite": service.cpu_ms() - azurite, "requests": requests}


def _gateway(darkroom: Darkroom) -> Gateway:
    pick: Callable[[], Darkroom] = lambda: darkroom  # noqa: E731 - as a process has it
    app = build(Dependencies(pick, asyncio.sleep, clock.monotonic, draw), has_keys=False)
    return gateway_of(app, darkroom.settings)
