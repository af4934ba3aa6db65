"""The first list of jobs and the first figures of a process, over a table of many jobs: time, CPU and requests.

Nothing of the rows is cached; code and connections are warm. Linux only: Azurite's CPU is read from /proc.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import azure.functions as func

from localhost.azurite import Azurite
from shared import clock, runtime, wiring
from shared.http.app import build, gateway_of
from shared.http.dependencies import Dependencies
from shared.http.gateway import Gateway, answer_through
from shared.rules import moves
from shared.rules.jobs import Job
from shared.steps.operators.statistics import MARK
from shared.storage import codec
from shared.storage.job_table import JobTable
from shared.wiring.steps import Darkroom

ROUNDS, JOBS, BUCKETS = 7, 5_000, (4, 64)
#: Of the jobs, one in so many waits; the rest is completed.
_WAITING = 50
#: Operations of one transaction at most, and rows of one job.
_MOST, _ROWS = 100, 3
_REPORT = {"schema": 1, "status": "ok", "sections": [f"{number:060d}" for number in range(40)]}
CALLS = ("/api/jobs", "/api/jobs?type=image-analysis&limit=200", "/api/stats")
_CONTEXT = cast("func.Context", SimpleNamespace())
_TICK = os.sysconf("SC_CLK_TCK") / 1000


def main(words: list[str]) -> int:
    """Measure, and print a table and a line of JSON for each number of buckets."""
    options = _parser().parse_args(words)
    for buckets in options.buckets:
        lines: list[str] = []
        with Azurite(access=lines.append) as azurite:
            darkroom = _fill(azurite, buckets, options.jobs)
            print(f"\n{options.jobs:,} jobs, {buckets} buckets: medians of {options.rounds}\n")
            print("| call | ms | CPU ms: client | Azurite | requests |\n|---|---|---|---|---|")
            for url in CALLS:
                rounds = [_measure(darkroom, url, azurite.pid, lines) for _ in range(options.rounds + 1)][1:]
                found = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
                print(f"| `{url}` |", " | ".join(f"{value:.0f}" for value in found.values()), "|")
                print(json.dumps({"call": url, "buckets": buckets, "jobs": options.jobs, **found}), file=sys.stderr)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench lists", description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--buckets", type=int, nargs="+", default=list(BUCKETS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    return parser


def _fill(azurite: Azurite, buckets: int, jobs: int) -> Darkroom:
    """Write so many jobs, and wire what looks at them."""
    environ = {"AzureWebJobsStorage": azurite.connection, "JOB_BUCKETS": str(buckets), "API_AUTH_LEVEL": "anonymous"}
    darkroom = wiring.build(environ, threaded=False)
    darkroom.storage.create()
    darkroom.storage.index.insert_type(darkroom.settings.image_type)
    table = cast("JobTable", darkroom.storage.jobs)._table  # noqa: SLF001 - rows in bulk, as no step writes them
    places = defaultdict[str, list[Job]](list)
    for job in _jobs(jobs, darkroom.settings.image_type, darkroom.clock.now()):
        places[codec.partition(job.id, buckets)].append(job)
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
        if each % _WAITING == 0:
            yield new
            continue
        claim = moves.claim(
            new, owner="queue/1", claim_id=uuid.uuid4().hex, now=at, lapsed=False, lease=timedelta(seconds=60)
        ).job
        assert claim.claim is not None  # noqa: S101 - for the type checker
        yield moves.complete(claim, claim=claim.claim, report=_REPORT, now=at).job


def _rows(job: Job, place: str) -> list[tuple[str, dict[str, Any]]]:
    nonce = uuid.uuid4().hex
    entities = (codec.encode(job, place=place, nonce=nonce), codec.encode_key(job, place=place, nonce=nonce))
    return [("create", entity) for entity in (*entities, codec.encode_index(job, place=place))]


def _measure(darkroom: Darkroom, url: str, pid: int, lines: list[str]) -> dict[str, float]:
    """Make one call; return milliseconds and requests."""
    gateway, marks = _gateway(darkroom), darkroom.storage.marks
    mark = marks.get(MARK)
    if mark is not None:  # what was counted less than a minute ago would be told again
        marks.replace(mark, {})
    lines.clear()
    begun, client, service = clock.monotonic(), time.process_time(), _cpu_ms(pid)
    request = func.HttpRequest("GET", f"http://x{url}", body=b"")
    response = asyncio.run(answer_through(lambda: gateway, request, _CONTEXT))
    found = {"ms": (clock.monotonic() - begun) * 1000, "client": (time.process_time() - client) * 1000}
    if response.status_code != 200:  # noqa: PLR2004 - as HTTP has it
        raise RuntimeError(f"{url}: {response.status_code}")
    runtime.pause(0.1)  # the last lines of the log
    return {**found, "azurite": _cpu_ms(pid) - service, "requests": len(lines)}


def _gateway(darkroom: Darkroom) -> Gateway:
    pick: Callable[[], Darkroom] = lambda: darkroom  # noqa: E731 - as a process has it
    app = build(Dependencies(pick, asyncio.sleep, clock.monotonic, runtime.draw), has_keys=False)
    return gateway_of(app, darkroom.settings)


def _cpu_ms(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK
