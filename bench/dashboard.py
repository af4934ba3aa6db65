"""The first page that a person sees: how long until the gallery stands, and what the browser loads for it.

Each round has a host of its own that has answered one ``GET /api/health``, a tab whose cache is empty, in a browser
that rests, and figures that were never counted.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import urllib3
from playwright.sync_api import Browser, Page, Request

from bench.contest.estimates import announce
from bench.contest.figures import Finding, median, typed
from bench.contest.service import Service
from localhost import chromium
from shared import wiring
from shared.steps.operators.statistics import MARK
from shared.wiring.steps import Darkroom
from tests.browser.population import BUCKETS, BUSY, QUIET, USUAL, Cast, populate
from tests.browser.site import GALLERY, Visit, launch
from tests.host.api.api_host import DISABLED
from tests.rig import HostProcess

ROUNDS, JOBS = 9, 5_000
#: By how many images live: the first page has them alone, the list goes on with ended ones, or has no others.
CASTS = {"hundreds": BUSY, "16": USUAL, "none": QUIET}
#: What the page is held to: docs/dashboard.md.
MOST_KB, MOST_MS = 100, 300
_JOB_SECONDS, _ROUND_SECONDS = 0.008, 7.0
#: A tab that has just opened prepares the next one beside it; nobody types an address that fast.
_REST_MS = 1_500
_SHOWN = """
window.galleryShown = new Promise((resolve) => {
  new MutationObserver((_, observer) => {
    if (!document.querySelector(SELECTOR)) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => resolve(performance.now())));
  }).observe(document, { childList: true, subtree: true });
});
"""
#: What the browser loads, by what it calls it.
_KINDS = {
    "document": "page", "stylesheet": "page", "script": "page", "fetch": "data", "xhr": "data", "image": "thumbnails"
}  # fmt: skip


def main(words: list[str]) -> int:
    """Measure, and print a table."""
    options = parser().parse_args(words)
    announce(expected_seconds(options))
    head = ("live images", "ms to the gallery", "data at, ms", "page, KB", "data, KB", "thumbnails, KB", "requests")
    finding = Finding("dashboard", typed("dashboard", words), head)
    with launch(chromium.executable()) as browser:
        for live, cast in CASTS.items():
            rounds = _rounds(browser, cast, options)
            found = {name: median(each[name] for each in rounds) for name in rounds[0]}
            times = (f"{found[name]:.0f}" for name in ("ms", "data_at_ms"))
            cells = (live, *times, *(f"{found[each]:.1f}" for each in _SIZES), f"{found['requests']:.0f}")
            finding.add(cells, live=live, jobs=options.jobs, **found)
    finding.notes.append(
        f"Medians of {options.rounds}, from the beginning of the navigation; {options.jobs:,} jobs, {BUCKETS} buckets. "
        f"Page and data may have {MOST_KB} KB together, the gallery may take {MOST_MS} ms. Thumbnails come after it. "
        "The requests are those to storage until it stands. Azurite, host, its worker and the browser share the cores."
    )
    finding.show(write=options.write)
    return 0


_SIZES = ("page", "data", "thumbnails")


def parser() -> argparse.ArgumentParser:
    """Return what reads the options."""
    parser = argparse.ArgumentParser(prog="dev.py bench dashboard", description=__doc__)
    parser.add_argument("--jobs", type=int, default=JOBS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    return parser


def expected_seconds(options: argparse.Namespace) -> float:
    """Return how long it takes: to write the jobs, and to visit the page."""
    return float((_JOB_SECONDS * options.jobs + _ROUND_SECONDS * options.rounds) * len(CASTS))


def _rounds(browser: Browser, cast: Cast, options: argparse.Namespace) -> list[dict[str, float]]:
    """Write jobs, and visit the page over them again and again."""
    with Service() as service, tempfile.TemporaryDirectory() as folder:
        print(f"writing {options.jobs:,} jobs ...", file=sys.stderr)
        environ = {"AzureWebJobsStorage": service.connection, "JOB_BUCKETS": BUCKETS, "API_AUTH_LEVEL": "anonymous"}
        darkroom = wiring.build(environ, threaded=False)
        darkroom.storage.create()
        populate(darkroom, options.jobs, cast=cast)
        logs = (Path(folder) / f"host-{number}.log" for number in range(options.rounds))
        return [_measure(browser, service, darkroom, environ, log) for log in logs]


def _measure(
    browser: Browser, service: Service, darkroom: Darkroom, environ: Mapping[str, str], log: Path
) -> dict[str, float]:
    """Visit the page once; return milliseconds, kilobytes and requests until the gallery stands."""
    mark = darkroom.storage.marks.get(MARK)
    if mark is not None:  # as if nobody had ever counted
        darkroom.storage.marks.replace(mark, {})
    with _host(environ, log) as port:
        urllib3.request("GET", f"http://127.0.0.1:{port}/api/health", retries=False, timeout=60)
        with Visit.begin(browser, f"http://127.0.0.1:{port}/api/dashboard") as visit:
            finished: list[Request] = []
            visit.page.on("requestfinished", lambda each: finished.append(each))  # noqa: PLW0108 - Playwright marks it
            visit.context.add_init_script(_SHOWN.replace("SELECTOR", repr(GALLERY)))
            visit.page.wait_for_timeout(_REST_MS)
            begin = service.mark()
            visit.open()
            ms = float(visit.page.evaluate("window.galleryShown"))
            requests = service.requests(begin, service.mark()).total()
            visit.page.wait_for_load_state("networkidle")
            return {"ms": ms, "requests": requests, **_sizes(finished, ms), "data_at_ms": _data_at(visit.page)}


@contextmanager
def _host(environ: Mapping[str, str], log: Path) -> Iterator[int]:
    settings = {"FUNCTIONS_WORKER_RUNTIME": "python", "ANALYSIS_ISOLATION": "off", "DISPATCH": "off"}
    host = HostProcess({**os.environ, **DISABLED, **settings, **environ}, log)
    try:
        yield host.port
    finally:
        host.drain()


def _sizes(finished: list[Request], until_ms: float) -> dict[str, float]:
    """Sum up what came over the wire, headers included, in kilobytes by kind; of data, what was asked for before."""
    sizes = dict.fromkeys(_SIZES, 0.0)
    begin = min(request.timing["startTime"] for request in finished)
    for request in finished:
        kind = _KINDS.get(request.resource_type)
        if kind is not None and (kind != "data" or request.timing["startTime"] - begin <= until_ms):
            size = request.sizes()
            sizes[kind] += (size["responseBodySize"] + size["responseHeadersSize"]) / 1000
    return sizes


def _data_at(page: Page) -> float:
    """Return when the reply came that the gallery waits for, as the page's own clock has it."""
    script = "performance.getEntriesByType('resource').filter((one) => /api.images|jobs/.test(one.name))[0].responseEnd"
    return float(page.evaluate(script))
