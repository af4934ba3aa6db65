"""Filters of a list: they stand in the address, so that a view can be shared, and what changes is shown by itself."""

import pytest
from playwright.sync_api import Locator, Page, expect

from shared.rules.ids import digest
from shared.rules.jobs import State
from tests.browser.site import GALLERY, Site, Visit
from tests.conftest import SAMPLES

pytestmark = pytest.mark.prove("a Chromium of its own: `dev.py browser` runs it")


def card(page: Page, name: str) -> Locator:
    """Return the card of an image."""
    return page.locator(GALLERY).filter(has_text=name)


def test_a_filtered_gallery_has_an_address_that_shows_the_same_in_a_new_tab(visit: Visit, site: Site) -> None:
    page = visit.open()
    page.get_by_label("State").select_option("FAILED")
    expect(page.locator(GALLERY).filter(has_not_text="FAILED")).to_have_count(0)
    expect(page.locator(GALLERY)).to_have_count(len(site.images(State.FAILED)))
    other = visit.context.new_page()
    visit.watch(other)
    other.goto(page.url)
    expect(other.locator(GALLERY)).to_have_text(page.locator(GALLERY).all_inner_texts(), use_inner_text=True)
    expect(other.get_by_label("State")).to_have_value("FAILED")


def test_a_gallery_that_is_scrolled_to_its_end_shows_every_image(visit: Visit, site: Site) -> None:
    page = visit.open()
    expect(page.locator(GALLERY).first).to_be_visible()

    def is_at_end() -> bool:
        page.mouse.wheel(0, 2_000)
        return page.get_by_role("button", name="Load more").is_hidden()

    visit.until(is_at_end)
    ids = page.locator(f"{GALLERY} .name").evaluate_all("(links) => links.map(({ hash }) => hash.split('/').at(-1))")
    assert {digest("image-analysis", f"images/{name}") for name in site.population.images.values()} <= set(ids)
    assert len(set(ids)) == len(ids)


def test_a_part_of_a_name_finds_its_images_and_the_way_back_leads_to_all(visit: Visit) -> None:
    page = visit.open()
    expect(page.locator(GALLERY).first).to_be_visible()
    page.get_by_label("Name contains").fill("PHOTO-0012")
    expect(page.locator(GALLERY)).to_have_count(1)
    expect(card(page, "photo-0012.png")).to_be_visible()
    assert page.url.endswith("q=PHOTO-0012")
    page.get_by_role("button", name="Clear filters").first.click()
    expect(page.locator(GALLERY)).not_to_have_count(1)
    page.go_back()
    expect(page.locator(GALLERY)).to_have_count(1)


def test_an_image_that_is_uploaded_and_its_end_are_shown_without_a_reload(visit: Visit, site: Site) -> None:
    page = visit.open()
    expect(page.locator(GALLERY).first).to_be_visible()
    page.evaluate("window.sameDocument = true")
    page.set_input_files("input[type=file]", SAMPLES / "coffee.webp")
    expect(card(page, "coffee.webp")).to_contain_text("PENDING")
    image = site.host.darkroom.lookup.image_by_name("coffee.webp")
    assert site.host.darkroom.attempt.run(image.key.job_id, owner="elsewhere")
    expect(card(page, "coffee.webp")).to_contain_text("COMPLETED")
    expect(card(page, "coffee.webp").locator("img")).to_have_js_property("naturalWidth", 320)
    assert page.evaluate("window.sameDocument")


def test_jobs_are_filtered_by_type_and_error_and_one_of_them_opens(visit: Visit, site: Site) -> None:
    page = visit.open("#/jobs?state=FAILED&error=corrupt_image")
    rows = page.locator("main tbody tr")
    expect(rows.first).to_contain_text("corrupt_image")
    expect(rows.filter(has_not_text="corrupt_image")).to_have_count(0)
    rows.first.get_by_role("link").click()
    expect(page.locator("main")).to_contain_text("The decoder gave up")
    page.go_back()
    expect(page.get_by_label("Error code")).to_have_value("corrupt_image")
    expect(rows.first).to_contain_text("corrupt_image")
    assert len(site.population.ids[State.FAILED]) > rows.count()
