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


def test_a_page_of_a_name_that_every_object_knows_is_not_there_either(page: Browser) -> None:
    result = page.run(
        """const seen = [];
           for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty/x", "images/", "//", "%00"]) {
             const page = await new Page(`http://localhost/api/dashboard#/${name}`).load();
             seen.push([page.text("main h1"), page.text("main p").split(".")[0]]);
           } return seen;"""
    )
    shown = ["This page can't be shown", "There is no such page"]
    assert result[:4] == [shown] * 4


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


def test_a_style_of_a_page_s_own_is_loaded_once_before_the_page_is_shown(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), { start, reopen } = await page.module("router.js"), seen = [];
           const sheets = () => page.all("link[rel=stylesheet]").map(({ href }) => href).slice(3);
           start({ images: async () => ({ style: ["tables.css"], open: () => { seen.push(sheets()); } }) });
           await page.settled(); reopen(); await page.settled(); return seen;"""
    )
    assert result == [["http://localhost/api/dashboard/0/style/tables.css"]] * 2


def test_a_page_that_failed_to_load_can_be_asked_for_again(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), { start } = await page.module("router.js");
           start({ images: async () => { throw new Error("<b>Gone</b>."); } }); await page.settled();
           return [page.texts("main h1, main p"), page.named("Load the page again") !== null];"""
    )
    assert result == [
        ["This page can't be shown", "<b>Gone</b>. There may be a newer version of this page."],
        True,
    ]


def test_a_page_that_loads_late_does_not_come_over_the_one_that_was_opened_after_it(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), { start } = await page.module("router.js"); let late;
           const shown = (text) => ({ open: (root) => { root.textContent = text; } });
           start({ images: () => new Promise((resolve) => { late = () => resolve(shown("late")); }),
             jobs: async () => shown("jobs") });
           await page.go("#/jobs"); late(); await page.settled(); return page.text("main");"""
    )
    assert result == "jobs"


def test_a_page_is_closed_before_the_next_one_opens(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), { start } = await page.module("router.js"), seen = [];
           const open = (name) => () => { seen.push(name); return () => seen.push(`${name} closed`); };
           const one = (name) => async () => ({ open: open(name) });
           start({ images: one("images"), jobs: one("jobs") }); await page.settled(); await page.go("#/jobs");
           await page.go("#elsewhere"); return seen;"""
    )
    assert result == ["images", "images closed", "jobs"]
