"""Filters of a list: what is asked for, and that a view can be shared and come back to."""

from tests.unit.dashboard.browser import Browser

FULL = "#/images?q=a%26b&prefix=x%2F&state=FAILED&flag=gps&format=png"


def test_filters_of_the_address_are_asked_for_and_stand_in_the_form(page: Browser) -> None:
    result = page.run(
        f"""const page = await new Page("http://localhost/api/dashboard{FULL}").load();
            return [page.sent("GET", "images?")[0].path,
              page.all(".filters input, .filters select").map(({{ value }}) => value)];"""
    )
    assert result[0] == ("images?order=newest&brief=true&limit=12&q=a%26b&prefix=x%2F&state=FAILED&flag=gps&format=png")
    assert result[1] == ["a&b", "x/", "FAILED", "gps", "png"]


def test_what_is_chosen_stands_in_the_address_and_is_asked_for_once(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(); await page.choose("select", "FAILED");
           return [page.window.location.hash, page.sent("GET", "images?").map(({ path }) => path.slice(39))];"""
    )
    assert result == ["#/images?state=FAILED", ["", "&state=FAILED"]]


def test_what_is_typed_is_asked_for_when_the_typing_pauses(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(), count = () => page.sent("GET", "images?").length, before = count();
           for (const text of ["c", "ca", "cat "]) {
             await page.type("input[type=search]", text); await page.advance(200);
           }
           const typing = count() - before; await page.advance(100);
           const { path } = page.sent("GET", "images?").at(-1);
           return [typing, count() - before, path.slice(39), page.window.location.hash];"""
    )
    assert result == [0, 1, "&q=cat", "#/images?q=cat"]


def test_the_browser_s_way_back_leads_to_the_filters_before(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(); await page.choose("select", "FAILED"); await page.go("#/images");
           return [page.$("select").value, page.sent("GET", "images?").at(-1).path.slice(39)];"""
    )
    assert result == ["", ""]


def test_all_filters_are_cleared_at_once_where_there_are_any(page: Browser) -> None:
    result = page.run(
        f"""const page = await new Page("http://localhost/api/dashboard{FULL}").load();
            const clear = page.named("Clear filters");
            const seen = [clear.hidden]; await page.click(clear);
            return [...seen, clear.hidden, page.window.location.hash, page.document.activeElement.type];"""
    )
    assert result == [False, True, "#/images", "search"]


def test_a_late_answer_to_earlier_filters_is_not_shown(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), early = page.image("early"), newer = page.image("newer");
           let late; await page.load();
           page.answer("GET images?order=newest&brief=true&limit=12&state=FAILED",
             new Promise((resolve) => { late = () => resolve({ items: [early], cursor: null }); }));
           await page.choose("select", "FAILED");
           page.answer("GET images", { items: [newer], cursor: null }); await page.choose("select", "PENDING");
           late(); await page.settled(); return page.texts("#cards .name");"""
    )
    assert result == ["newer"]


def test_a_filter_that_the_form_does_not_have_is_asked_for_all_the_same(page: Browser) -> None:
    result = page.run(
        """const page = await new Page("http://localhost/api/dashboard#/images?error=corrupt_image&x=1").load();
           return page.sent("GET", "images?")[0].path.slice(39);"""
    )
    assert result == "&error=corrupt_image"


def test_a_moment_is_utc_in_the_address_and_the_viewer_s_in_its_field(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), { filterForm } = await page.module("filters.js"), seen = [];
           const fields = [{ name: "since", label: "Since", kind: "datetime-local" }];
           const params = { since: "2026-05-04T03:02:00Z" };
           const form = filterForm({ fields, params, change: (one) => seen.push(one) });
           page.document.body.append(form.node); const before = form.params();
           form.node.querySelector("input").value = "x"; await page.fire(form.node, "submit");
           return [before, seen];"""
    )
    assert result == [{"since": "2026-05-04T03:02:00Z"}, [{}]]
