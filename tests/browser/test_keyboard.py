"""Everything by the keyboard alone: no test here clicks."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.site import GALLERY, Visit

pytestmark = pytest.mark.prove("a Chromium of its own: `dev.py browser` runs it")
_NAME = """() => {
  const one = document.activeElement, label = one.labels?.[0]?.textContent;
  return (one.getAttribute("aria-label") ?? label ?? one.textContent).trim();
}"""


def tab_to(page: Page, name: str, *, most: int = 40) -> None:
    """Press Tab until what has the focus has a name that begins so."""
    seen = []
    for _ in range(most):
        page.keyboard.press("Tab")
        seen.append(str(page.evaluate(_NAME)))
        if seen[-1].startswith(name):
            return
    raise AssertionError(f"{name!r} is not among what Tab reaches: {seen}")


def test_the_first_stop_leads_past_the_navigation(visit: Visit) -> None:
    page = visit.open()
    expect(page.locator(GALLERY).first).to_be_visible()
    tab_to(page, "Skip to the content", most=1)
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_filter_a_card_and_the_bar_for_many_are_reached_and_used(visit: Visit) -> None:
    page = visit.open()
    expect(page.locator(GALLERY).first).to_be_visible()
    tab_to(page, "State")
    page.keyboard.press("f")  # a list of choices goes by the first letter
    expect(page.locator(GALLERY).filter(has_not_text="FAILED")).to_have_count(0)
    tab_to(page, "Select ")
    page.keyboard.press("Space")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("1 selected")
    page.keyboard.press("Shift+Tab")
    names = [page.evaluate(_NAME)]
    while names[-1] != "Redrive 1":
        page.keyboard.press("Shift+Tab")
        names.append(page.evaluate(_NAME))
        assert len(names) < 10, names
    page.keyboard.press("Enter")
    expect(page.get_by_text("Redriven 1 image.").first).to_be_visible()


def test_arrows_go_from_card_to_card_x_chooses_one_and_enter_opens_it(visit: Visit) -> None:
    page = visit.open()
    expect(page.locator(GALLERY).nth(2)).to_be_visible()
    page.locator(GALLERY).first.get_by_role("link").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(GALLERY).nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("x")
    expect(page.locator(GALLERY).nth(1).get_by_role("checkbox")).to_be_checked()
    title = page.locator(GALLERY).nth(1).get_by_role("link").get_attribute("title")
    page.keyboard.press("Enter")
    expect(page.locator("main h1")).to_contain_text(str(title).rpartition("/")[2])


@pytest.mark.parametrize("hash_", ["#/images", "#/jobs", "#/overview"])
def test_what_has_the_focus_is_seen_to_have_it(visit: Visit, hash_: str) -> None:
    page = visit.open(hash_)
    expect(page.locator("main h1")).to_be_visible()
    look = "getComputedStyle(document.activeElement)"
    for _ in range(12):
        page.keyboard.press("Tab")
        outline = page.evaluate(f"[{look}.outlineStyle, {look}.outlineWidth, {look}.boxShadow]")
        assert outline[0] != "none" or outline[2] != "none", page.evaluate("document.activeElement.outerHTML")
