"""The frame: pages by the hash, and what it does when one can't be shown."""

from tests.unit.dashboard.browser import Browser


def test_the_hash_names_the_page_and_the_images_are_the_first(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(), seen = [];
           for (const hash of ["", "#/jobs", "#/overview", "#/images/ab", "#/jobs/t-1", "#/images?state=FAILED"]) {
             if (hash) await page.go(hash);
             seen.push(page.texts("[aria-current=page]").join());
           } return seen;"""
    )
    assert result == ["Images", "Jobs", "Overview", "Images", "Jobs", "Images"]


def test_a_page_that_is_not_there_says_so_and_the_next_one_is_shown(page: Browser) -> None:
    result = page.run(
        """const page = await new Page("http://localhost/api/dashboard#/nowhere").load(), seen = [page.text("main h1")];
           await page.go("#/jobs"); return [...seen, page.text("main h1"), page.document.title];"""
    )
    assert result == ["This page can't be shown", "Jobs", "Jobs – Darkroom"]


def test_a_hash_says_what_it_was_made_of(page: Browser) -> None:
    result = page.run(
        """const { hashOf, parse } = await new Page().module("router.js");
           const hash = hashOf("images", "a/b?#%é", { q: "x&y=+ z", state: "", flag: null });
           return [hash, parse(hash), parse("#/jobs/%ff")];"""
    )
    assert result[0] == "#/images/a%2Fb%3F%23%25%C3%A9?q=x%26y%3D%2B+z"
    assert result[1] == {"page": "images", "id": "a/b?#%é", "params": {"q": "x&y=+ z"}}
    assert result[2] == {"page": "jobs", "id": "%ff", "params": {}}


def test_the_way_past_the_navigation_leaves_the_hash_as_it_is(page: Browser) -> None:
    result = page.run(
        """const page = await new Page("http://localhost/api/dashboard#/jobs").load(); await page.click("#skip");
           return [page.window.location.hash, page.document.activeElement.id];"""
    )
    assert result == ["#/jobs", "main"]
