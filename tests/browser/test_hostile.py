"""Names and metadata that are markup, turn texts around or are not to be seen: on every page they are text."""

import pytest
from playwright.sync_api import expect

from tests.browser.pictures import HOSTILE_NAMES, SCRIPT
from tests.browser.site import GALLERY, Site, Visit
from tests.browser.views import NAMES, open_view

pytestmark = pytest.mark.prove("a Chromium of its own: `dev.py browser` runs it")
#: What a text that became markup would have made: anything that runs, loads or frames, or that has a handler.
MADE = """[...document.querySelectorAll("*")].filter((one) =>
  [...one.attributes].some(({ name }) => name.startsWith("on")) || one.getAttribute("src") === "x"
  || (one.localName === "script" && !one.src.includes("/dashboard/"))
  || ["iframe", "object", "embed", "base"].includes(one.localName)).map((one) => one.outerHTML)"""


@pytest.mark.parametrize("name", NAMES)
def test_a_text_that_is_markup_makes_no_element_no_dialog_and_no_request(visit: Visit, site: Site, name: str) -> None:
    page = open_view(visit, name, site.population)
    if name != "overview":
        expect(page.get_by_text(SCRIPT).first).to_be_attached()  # it is there, and it is text
    assert page.evaluate(MADE) == []
    assert [url for url in visit.urls if url.endswith("/x")] == []


def test_characters_that_are_not_to_be_seen_or_turn_a_name_around_are_shown_by_their_numbers(visit: Visit) -> None:
    page = visit.open("#/images")
    expect(page.locator(GALLERY).first).to_be_visible()
    page.get_by_role("button", name="Load more").scroll_into_view_if_needed()
    expect(page.locator(GALLERY).filter(has_text="[U+202E]gpj.exe[U+202C]")).to_be_visible()
    expect(page.locator(GALLERY).filter(has_text="bell[U+0007] escape[U+001B][31m.jpg")).to_be_visible()
    text = page.locator("body").inner_text()
    assert [name for name in HOSTILE_NAMES[1:] if name in text] == []


@pytest.mark.parametrize(
    "hash_", ["#/images/../../x", f"#/{SCRIPT}", f"#/jobs/{SCRIPT}", f"#/images?state={SCRIPT}&q=%00"]
)
def test_an_address_that_is_hostile_shows_a_page_that_says_so(visit: Visit, hash_: str) -> None:
    visit.excuses += ["status of 400", "status of 404", "status of 405", "status of 422"]  # refusals by the API
    page = visit.open(hash_)
    expect(page.locator("main h1")).to_be_visible()
    assert page.evaluate(MADE) == []
