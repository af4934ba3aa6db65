"""How often the page asks, and how it tells what went wrong."""

import pytest

from tests.unit.dashboard.browser import Browser

OUT = """{ title: "Service Unavailable", detail: "Storage is out.", status: 503, code: "storage_out" }"""
#: A poll of one thing: its answer lives while a test says so.
POLL = """const page = new Page(), api = await page.module("api.js"), drawn = []; let lives = false;
    const count = () => page.sent("GET", "thing").length, etag = { ETag: '"1"' };
    page.answer("GET thing", { n: 1 }, etag); api.watchTab();
    const start = async () => {
      const one = api.poll("thing", ({ n }) => { drawn.push(n); return lives; }); await page.settled(); return one;
    };"""


def test_what_lives_is_asked_for_every_two_seconds_with_the_etag_seen(page: Browser) -> None:
    result = page.run(
        POLL
        + """lives = true; await start(); page.answer("GET thing", null, { status: 304 });
             await page.advance(10000); return [count(), drawn, page.calls.at(-1).headers];"""
    )
    assert result == [6, [1], {"If-None-Match": '"1"'}]


def test_what_rests_is_asked_for_half_as_often_each_time_down_to_twice_a_minute(page: Browser) -> None:
    result = page.run(
        POLL
        + """await start(); page.answer("GET thing", null, { status: 304 }); const seen = [];
             for (const second of [1, 2, 6, 14, 30, 60, 90]) {
               await page.advance(second * 1000 - page.now + Date.parse("2026-05-04T03:02:01Z")); seen.push(count());
             } return seen;"""
    )
    assert result == [1, 2, 3, 4, 5, 6, 7]


def test_a_change_is_a_reason_to_ask_soon_again(page: Browser) -> None:
    result = page.run(
        POLL
        + """await start(); page.answer("GET thing", null, { status: 304 }); await page.advance(14000);
             page.answer("GET thing", { n: 2 }, { ETag: '"2"' }); await page.advance(16000); const before = count();
             await page.advance(2000); return [drawn.slice(0, 2), count() - before];"""
    )
    assert result == [[1, 2], 1]


def test_nobody_is_asked_while_nobody_looks_and_at_once_when_somebody_does_again(page: Browser) -> None:
    result = page.run(
        POLL
        + """lives = true; await start(); await page.see(true); await page.advance(60000); const hidden = count();
             await page.see(false); await page.advance(0); return [hidden, count()];"""
    )
    assert result == [1, 2]


def test_what_is_closed_is_not_asked_for_and_takes_no_late_answer(page: Browser) -> None:
    result = page.run(
        POLL
        + """let late; page.answer("GET thing", new Promise((resolve) => { late = () => resolve({ n: 9 }); }));
             const one = await start(); one.close(); late(); await page.settled(); await page.advance(60000);
             return [count(), drawn];"""
    )
    assert result == [1, []]


@pytest.mark.parametrize("moment", ["30", "Mon, 04 May 2026 03:02:31 GMT"])
def test_a_service_that_is_out_is_asked_again_when_it_said(page: Browser, moment: str) -> None:
    result = page.run(
        POLL
        + f"""page.answer("GET thing", {OUT}, {{ status: 503, "Retry-After": "{moment}" }}); await start();
              const seen = [page.text("#trouble")]; await page.advance(29000); await page.see(true);
              await page.see(false); await page.advance(0); seen.push(count());
              page.answer("GET thing", {{ n: 1 }}); await page.advance(1000);
              return [...seen, count(), page.text("#trouble")];"""
    )
    assert result == ["Service Unavailable: Storage is out.", 1, 2, ""]


def test_a_problem_is_told_with_its_fields_and_what_is_none_by_its_status(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), { read } = await page.module("api.js");
           const said = (path) => read(path).catch(({ message }) => message);
           const errors = [{ field: "query.name", message: "<i>No</i>." }];
           page.answer("GET a", { title: "Unprocessable", detail: "No.", errors, status: 422 }, { status: 422 });
           page.answer("GET b", "<h1>Bad Gateway</h1>", { status: 502 });
           page.answer("GET c", () => { throw new Error("no network"); });
           return [await said("a"), await said("b"), await said("c")];"""
    )
    assert result == [
        "Unprocessable: No. query.name: <i>No</i>.",
        "The service responded with 502.",
        "The service did not respond: no network",
    ]
