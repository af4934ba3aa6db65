"""A host over a population, and a visit to its page by a browser that notes what must never happen."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Dialog, Page, Request, expect, sync_playwright

from localhost.azurite import Azurite
from localhost.chromium import is_root
from shared.rules.jobs import State
from tests.browser.population import BUCKETS, USUAL, Cast, Population, populate
from tests.host.api.api_host import ApiHost, start_host

#: What the Images page shows when it has its data: a card.
GALLERY = "#cards > li"
#: A page on a machine that does much else takes its time; no test waits longer for anything.
PATIENCE_MS = 20_000
PHONE = {"width": 390, "height": 844}
expect.set_options(timeout=PATIENCE_MS)
#: Reports what the policy of the page has refused, before any script of the page runs.
_NOTE_REFUSALS = """
addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} refuses ${event.blockedURI} ${event.sample}`);
});
"""


@dataclass(frozen=True)
class Site:
    """A host that serves the page and the API, and moves no job by itself.

    Attributes:
        host: The host.
        population: What its storage holds.
    """

    host: ApiHost
    population: Population

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"{self.host.url}/api/dashboard"

    def images(self, state: State) -> list[str]:
        """Return the names of the images whose jobs were in a state at first."""
        images = self.population.images
        return [images[job_id] for job_id in self.population.ids[state] if job_id in images]


@contextmanager
def start_site(folder: Path, azurite: Azurite, *, jobs: int, cast: Cast = USUAL, **settings: str) -> Iterator[Site]:
    """Start a host with these settings over so many jobs; end it afterwards."""
    environ = {"JOB_BUCKETS": BUCKETS, "MAX_JOB_TYPES": "20", **settings}
    with start_host(folder, storage=azurite, **environ) as host:
        yield Site(host, populate(host.darkroom, jobs, cast=cast))


@contextmanager
def launch(program: Path) -> Iterator[Browser]:
    """Start a browser; end it afterwards."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox refuses root.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"] if is_root() else [])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """One person's visit to the page, with a browser that knows nothing of earlier ones.

    Attributes:
        page: The browser's tab.
        context: What its tabs share.
        url: Of the page.
        trouble: What must never happen and has: refusals by the policy, errors in the console, errors of scripts,
            dialogs, requests to other places.
        urls: All that was asked for.
        excuses: Texts of errors in the console that this visit is about.
    """

    page: Page
    context: BrowserContext
    url: str
    trouble: list[str] = field(default_factory=list)
    urls: list[str] = field(default_factory=list)
    excuses: list[str] = field(default_factory=list)

    @classmethod
    @contextmanager
    def begin(cls, browser: Browser, url: str, **options: Any) -> Iterator["Visit"]:  # noqa: ANN401 - Playwright's
        """Open a tab, and nothing in it yet; close it afterwards."""
        context = browser.new_context(**options)
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_NOTE_REFUSALS)
        visit = cls(context.new_page(), context, url)
        visit.watch(visit.page)
        try:
            yield visit
        finally:
            context.close()

    def watch(self, page: Page) -> None:
        """Note what must not happen in a tab."""
        page.on("pageerror", lambda error: self.trouble.append(f"error of a script: {error}"))
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("dialog", self._dialog)
        page.on("request", self._request)

    def open(self, hash_: str = "") -> Page:
        """Go to a view of the page, as by a link that somebody has sent."""
        self.page.goto(f"{self.url}{hash_}")
        return self.page

    def until(self, look: Callable[[], object]) -> None:
        """Let the browser go on until something is so."""
        stop = time.monotonic() + PATIENCE_MS / 1000
        while not look():
            assert time.monotonic() < stop, "it did not become so"
            self.page.evaluate("new Promise(requestAnimationFrame)")

    def _note(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"} and not any(each in text for each in self.excuses):
            self.trouble.append(f"console: {text}")

    def _dialog(self, dialog: Dialog) -> None:
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Request) -> None:
        self.urls.append(request.url)
        place, own = urlsplit(request.url), urlsplit(self.url)
        if place.scheme not in {"blob", "data"} and place.netloc != own.netloc:
            self.trouble.append(f"request to another place: {request.url}")
