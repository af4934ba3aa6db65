"""A key of the API: asked for where one is needed, kept in memory, in no address and in no storage."""

import hashlib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from localhost.azurite import Azurite
from tests.browser.site import GALLERY, Site, Visit, start_site
from tests.rig import empty

pytestmark = pytest.mark.prove("a Chromium of its own: `dev.py browser` runs it")
KEY = "correct-horse-battery-staple"


@pytest.fixture(scope="module", name="site")
def _site(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[Site]:
    empty(azurite)
    digest = hashlib.sha256(KEY.encode()).hexdigest()
    with start_site(tmp_path_factory.mktemp("site"), azurite, jobs=30, API_KEYS=f"operator/pat={digest}") as site:
        yield site


@pytest.fixture(name="visit")
def _visit(browser: Browser, site: Site) -> Iterator[Visit]:
    with Visit.begin(browser, site.url) as visit:
        visit.excuses.append("status of 401")  # what this is about; a browser notes every refusal
        yield visit
        assert copies_of_key(visit) == []
    assert visit.trouble == []


def copies_of_key(visit: Visit) -> list[str]:
    """Return where the key is that it must not be: addresses, storage, cookies."""
    script = "[...Object.values(localStorage), ...Object.values(sessionStorage), JSON.stringify(history.state)]"
    stored = [*visit.page.evaluate(script), *(str(cookie) for cookie in visit.context.cookies())]
    return [each for each in (visit.page.url, *visit.urls, *stored) if KEY in each]


def give(page: Page, key: str) -> None:
    """Type a key into the form, and send it by the keyboard."""
    page.get_by_label("Key of the API").fill(key)
    page.keyboard.press("Enter")


def test_a_visit_without_a_key_is_asked_for_one_and_shows_nothing_of_the_jobs(visit: Visit) -> None:
    page = visit.open()
    expect(page.get_by_label("Key of the API")).to_be_focused()
    assert page.locator(GALLERY).count() == 0


def test_a_wrong_key_is_refused_and_asked_for_again(visit: Visit) -> None:
    page = visit.open()
    give(page, "wrong")
    expect(page.get_by_text("This key is not valid.")).to_be_visible()
    expect(page.get_by_label("Key of the API")).to_be_focused()
    expect(page.get_by_label("Key of the API")).to_have_value("")


def test_the_right_key_opens_the_view_that_was_asked_for_and_every_other_one(visit: Visit) -> None:
    page = visit.open("#/jobs?state=FAILED")
    give(page, KEY)
    expect(page.locator("main")).to_contain_text("FAILED")
    page.get_by_role("link", name="Images", exact=True).click()
    expect(page.locator(GALLERY).first).to_be_visible()
    expect(page.get_by_label("Key of the API")).to_be_hidden()


def test_a_new_tab_is_asked_for_the_key_again(visit: Visit) -> None:
    page = visit.open()
    give(page, KEY)
    expect(page.locator(GALLERY).first).to_be_visible()
    page.reload()
    expect(page.get_by_label("Key of the API")).to_be_focused()
