"""A Chromium, a host with a population for all tests of a file, and a page that notes whatever must not happen."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from localhost import chromium
from localhost.azurite import Azurite
from tests import proving
from tests.browser.site import Site, Visit, launch, start_site
from tests.rig import empty


@pytest.fixture(scope="module", name="browser")
def _browser() -> Iterator[Browser]:
    """This machine's Chromium: of one file, since nothing else may run an event loop of its own meanwhile."""
    try:
        program = chromium.executable()
    except chromium.NoChromium as problem:
        if not proving.everyday():
            pytest.fail(str(problem))
        pytest.skip(f"NO TEST OF THE PAGE HAS RUN. {problem}")
    with launch(program) as browser:
        yield browser


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[Site]:
    """A host that serves the page and the API, and moves no job by itself, over sixty jobs."""
    empty(azurite)
    with start_site(tmp_path_factory.mktemp("site"), azurite, jobs=60) as site:
        yield site


@pytest.fixture(name="visit")
def _visit(browser: Browser, site: Site) -> Iterator[Visit]:
    """A visit to the page; nothing that must never happen may have happened at its end."""
    with Visit.begin(browser, site.url) as visit:
        yield visit
    assert visit.trouble == []
