"""The list of jobs: filters that stand in the address, pages by cursor, rows that stay."""

import json

import pytest

from tests.unit.dashboard.browser import Browser

JOB = {
    "id": f"t-{'0' * 32}",
    "type": "t",
    "ref": "<b>a</b>\u202e",
    "state": "PENDING",
    "attempts": 0,
    "owner": None,
    "created_at": "2026-05-04T03:00:00Z",
    "ended_at": None,
    "error": None,
    "progress": None,
    "flags": ["gps", "<i>"],
}
#: ``page`` lists ``items``; ``asked()`` is the last list that was asked for.
LIST = f"""const page = new Page("http://localhost/api/dashboard#/jobs%s"), job = {json.dumps(JOB)};
  const list = (items, cursor = null, more = {{}}) =>
    page.answer("GET jobs", {{ items, cursor, complete: true, ...more }}, {{ ETag: JSON.stringify(items.length) }});
  const asked = () => new URLSearchParams(page.sent("GET", "jobs").at(-1).path.split("?")[1]);
  const fields = () => Object.fromEntries(page.all(".filters [name]").map(({{ name, value }}) => [name, value]));
"""


def test_the_filters_of_the_address_are_asked_for_and_shown(page: Browser) -> None:
    address = "?type=t&state=FAILED&error=broken&ref_prefix=a%2Fb&since=2026-05-01T00:00:00Z&flag=gps&other=1"
    result = page.run(
        LIST % address
        + """list([]); await page.load();
                            return [Object.fromEntries(asked()), fields(), page.text(".empty")];"""
    )
    given = {"type": "t", "state": "FAILED", "error": "broken", "ref_prefix": "a/b", "flag": "gps"}
    assert result[0] == given | {"since": "2026-05-01T00:00:00Z", "brief": "true", "limit": "50"}
    assert {name: result[1][name] for name in given} == given
    assert result[2] == "No job matches these filters."


def test_a_filter_that_is_changed_stands_in_the_address_and_the_list_begins_anew(page: Browser) -> None:
    result = page.run(
        LIST % "?cursor=abc"
        + """list([]); await page.load(); const before = asked().get("cursor");
             await page.choose("[name=state]", "FAILED");
             return [before, page.window.location.hash, asked().get("state"), asked().get("cursor")];"""
    )
    assert result == ["abc", "#/jobs?state=FAILED", "FAILED", None]


@pytest.mark.parametrize("moment", ["2026-05-04T03:02:01Z", "2026-01-01T00:00:00Z", "2026-07-31T23:59:59Z"])
def test_a_moment_of_the_address_comes_back_from_its_field_as_it_was(page: Browser, moment: str) -> None:
    result = page.run(
        LIST % f"?since={moment}&until=never"
        + """list([]); await page.load(); await page.choose("[name=state]", "FAILED");
             return [asked().get("since"), asked().get("until"), page.window.location.hash];"""
    )
    assert result == [moment, None, f"#/jobs?state=FAILED&since={moment.replace(':', '%3A')}"]


def test_filters_are_cleared_together(page: Browser) -> None:
    result = page.run(
        LIST % "?state=FAILED&type=t"
        + """list([]); await page.load(); await page.click(page.named("Clear filters"));
             return [page.window.location.hash, Object.values(fields()).join(""), asked().get("type")];"""
    )
    assert result == ["#/jobs", "", None]


def test_a_row_shows_hostile_texts_as_text_and_leads_to_its_job(page: Browser) -> None:
    result = page.run(
        LIST % ""
        + """list([job]); await page.load();
                       const link = page.$("tbody a");
                       return [link.textContent, link.getAttribute("href"), page.texts("tbody .chip")];"""
    )
    assert result == ["<b>a</b>[U+202E]", f"#/jobs/{JOB['id']}", ["has a place", "<i>"]]


def test_a_page_of_any_form_leaves_the_list_whole(page: Browser) -> None:
    pages = [{}, {"items": 7}, {"items": [None, 1, {"id": "x"}, {"id": "y", "flags": 3, "error": "z", "owner": {}}]}]
    result = page.run(
        f"""const seen = []; for (const body of {json.dumps(pages)}) {{ {LIST % ""} page.answer("GET jobs", body);
              await page.load(); seen.push([page.text("h1"), page.text("#trouble")]); }} return seen;"""
    )
    assert result == [["Jobs", ""]] * len(pages)


def test_pages_are_turned_by_cursor_and_each_has_its_own_address(page: Browser) -> None:
    result = page.run(
        LIST % "?type=t"
        + """list([job], "a/b="); await page.load(); list([], null); await page.click(page.named("Next page"));
             const second = [asked().get("cursor"), page.window.location.hash, page.named("Next page").disabled];
             await page.click(page.named("First page"));
             return [...second, asked().get("cursor"), asked().get("type")];"""
    )
    assert result == ["a/b=", "#/jobs?type=t&cursor=a%2Fb%3D", True, None, "t"]


def test_a_list_that_stopped_at_its_limit_says_so_and_goes_on(page: Browser) -> None:
    result = page.run(
        LIST % "?error=x"
        + """list([], "c", { complete: false }); await page.load();
             const said = page.texts("main [role=status]").join("");
             return [page.text(".empty"), said, page.named("Search on").disabled];"""
    )
    assert result == [
        "No job here matches. There may be more.",
        "The search stopped at its limit of rows. It can go on from here.",
        False,
    ]


def test_the_list_is_polled_with_its_etag_and_a_row_that_has_not_changed_keeps_its_node(page: Browser) -> None:
    result = page.run(
        LIST % ""
        + """list([job]); await page.load(); const row = page.$("tbody tr");
                       list([job, { ...job, id: "t-2" }]); await page.advance(2000);
                       return [page.sent("GET", "jobs").at(-1).headers["If-None-Match"], page.$("tbody tr") === row];"""
    )
    assert result == ["1", True]


def test_types_that_have_jobs_are_offered(page: Browser) -> None:
    result = page.run(
        LIST % ""
        + """list([job]); page.answer("GET stats", { jobs: { "a-b": {}, c: {} } }); await page.load();
             return page.all("[name=type] option").map((one) => one.value);"""
    )
    assert sorted(result) == ["", "a-b", "c", "t"]


def test_some_jobs_or_all_that_match_are_acted_on_and_the_list_is_asked_for_again(page: Browser) -> None:
    result = page.run(
        LIST % "?state=FAILED"
        + """const failed = ["1", "2", "3"].map((id) => ({ ...job, id, state: "FAILED" }));
             list(failed.slice(0, 2), "c");
             page.answer("POST jobs/actions", ({ body }) => ({
               results: JSON.parse(body).ids.map((id) => ({ id, outcome: "done", code: null, detail: null })) }));
             await page.load(); await page.click("tbody input"); const some = page.text(".bulk [role=status]");
             await page.click(page.named("Select all shown")); list(failed, null);
             await page.click(page.named("Select all that match")); const before = page.sent("GET", "jobs").length;
             await page.click(page.named("Redrive 3")); const { ids, action, filter } = JSON.parse(
               page.sent("POST", "jobs/actions")[0].body);
             return [some, ids, action, filter, page.sent("GET", "jobs").length - before];"""
    )
    assert result == ["1 selected", ["1", "2", "3"], "redrive", {"state": "FAILED"}, 1]


def test_a_moment_is_short_in_a_table_and_whole_in_its_title_and_a_name_breaks_behind_its_slashes(
    page: Browser,
) -> None:
    result = page.run(
        LIST % ""
        + """list([{ ...job, ref: "a/b/c.png", ended_at: "2020-01-02T03:04:05Z" }]); await page.load();
             const [added, ended] = page.all("tbody time");
             return [added.textContent.includes("2026"), added.title, ended.textContent.includes("2020"),
               page.text("tbody a"), page.all("tbody a wbr").length];"""
    )
    assert result[0] is False
    assert "2026" in result[1]
    assert result[1].endswith("2026-05-04T03:00:00Z (UTC)")
    assert result[2:] == [True, "a/b/c.png", 2]
