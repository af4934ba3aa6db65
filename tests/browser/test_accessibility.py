"""What axe-core finds on each page, light and dark, and on a phone; how far a page reaches."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from localhost.azurite import Azurite
from tests.browser.site import PHONE, Site, Visit, start_site
from tests.browser.views import NAMES, open_view
from tests.rig import ROOT

pytestmark = pytest.mark.prove("a Chromium of its own: `dev.py browser` runs it")
AXE = Path(ROOT, "node_modules", "axe-core", "axe.min.js")
SCHEMES = ("light", "dark")
#: From the page that has the data, since a policy that lets no other script run is off for these visits alone.
_RUN = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ["violations"] });
  return violations.map(({ id, impact, nodes }) =>
    [impact, id, ...nodes.slice(0, 3).map((one) => `${one.html} ${one.failureSummary}`)]);
}"""


def findings(page: Page) -> list[Any]:
    """Return what axe-core finds that is serious or critical."""
    page.add_script_tag(content=AXE.read_text("utf-8"))
    return [found for found in page.evaluate(_RUN) if found[0] in {"serious", "critical"}]


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("name", NAMES)
def test_axe_finds_nothing_serious_on_a_page(browser: Browser, site: Site, name: str, scheme: str) -> None:
    with Visit.begin(browser, site.url, color_scheme=scheme, bypass_csp=True) as visit:
        assert findings(open_view(visit, name, site.population)) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_on_a_phone_has_no_sideways_scrolling_and_axe_finds_nothing(
    browser: Browser, site: Site, name: str
) -> None:
    with Visit.begin(browser, site.url, viewport=PHONE, has_touch=True, is_mobile=True, bypass_csp=True) as visit:
        page = open_view(visit, name, site.population)
        width = page.evaluate("[document.documentElement.scrollWidth, document.body.scrollWidth]")
        assert max(width) <= PHONE["width"]
        assert findings(page) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_page_at_four_times_its_size_has_no_sideways_scrolling(browser: Browser, site: Site, name: str) -> None:
    with Visit.begin(browser, site.url, viewport={"width": 320, "height": 256}) as visit:  # WCAG 2.2, 1.4.10
        page = open_view(visit, name, site.population)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.fixture(scope="module", name="keyed_site")
def _keyed_site(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[Site]:
    """A host whose API asks for a key, or to sign in."""
    with start_site(tmp_path_factory.mktemp("site"), azurite, jobs=0, EASY_AUTH="true") as site:
        yield site


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("size", [{"width": 1280, "height": 720}, PHONE])
def test_axe_finds_nothing_serious_where_the_page_asks_for_a_key(
    browser: Browser, keyed_site: Site, size: dict[str, int], scheme: str
) -> None:
    with Visit.begin(browser, keyed_site.url, viewport=size, color_scheme=scheme, bypass_csp=True) as visit:
        page = visit.open()
        expect(page.get_by_label("Key of the API")).to_be_focused()
        expect(page.get_by_role("link", name="Sign in instead")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        assert findings(page) == []
