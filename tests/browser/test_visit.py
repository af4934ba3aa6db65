"""A visit notices what it exists to notice: each planted fault is found."""

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.site import Site, Visit
from tests.browser.test_accessibility import findings
from tests.browser.test_hostile import MADE

pytestmark = pytest.mark.prove("a Chromium of its own: `dev.py browser` runs it")


@pytest.mark.parametrize(
    ("script", "noticed"),
    [
        ("alert(1)", "dialog: 1"),
        ("setTimeout(() => { document.body.innerHTML = '<b>bold</b>'; })", "TrustedHTML"),
        ("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x.png'}))", "policy: img-src"),
        ("setTimeout(() => { throw new Error('a fault') })", "error of a script: a fault"),
        ("void fetch('stats/none')", "status of 404"),
    ],
)
def test_what_must_never_happen_is_noticed(browser: Browser, site: Site, script: str, noticed: str) -> None:
    with Visit.begin(browser, site.url) as visit:
        page = visit.open()
        expect(page.locator("main h1")).to_be_visible()
        page.evaluate(script)
        visit.until(lambda: any(noticed in each for each in visit.trouble))


def test_an_element_that_text_became_and_a_picture_without_a_text_are_found(browser: Browser, site: Site) -> None:
    with Visit.begin(browser, site.url, bypass_csp=True) as visit:
        page = visit.open()
        expect(page.locator("main h1")).to_be_visible()
        assert page.evaluate(MADE) == []
        page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=x onerror=void(0)>')")
        assert page.evaluate(MADE) == ['<img src="x" onerror="void(0)">']
        assert [found[1] for found in findings(page)] == ["image-alt"]
