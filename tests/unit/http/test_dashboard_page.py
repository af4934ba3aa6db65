"""The page at work: its key, its rounds, images and uploads."""

import pytest

from tests.unit.http.dashboard_browser import Browser

OUT = """{ title: "Service Unavailable", detail: "Storage is out.", status: 503, code: "storage_out" }"""


def test_a_key_leaves_the_address_for_memory_and_is_sent_in_one_header(page: Browser) -> None:
    result = page.run(
        """const page = await new Page("http://localhost/api/dashboard?a=1&code=k%2Fy&clientId=z#jobs").load();
           return [page.location.href, page.calls.map(({ path, headers }) => [path, headers["x-functions-key"]])];"""
    )
    assert result[0] == "http://localhost/api/dashboard?a=1#jobs"
    assert {sent for _, sent in result[1]} == {"k/y"}
    assert not [path for path, _ in result[1] if "k" in path.split("/")]


def test_without_a_key_the_address_stays_and_no_header_is_sent(page: Browser) -> None:
    result = page.run(
        """const page = await new Page("http://localhost/api/dashboard?a=1").load();
           return [page.location.href, page.calls.filter(({ headers }) => "x-functions-key" in headers).length];"""
    )
    assert result == ["http://localhost/api/dashboard?a=1", 0]


def test_a_401_asks_once_for_the_key_and_nothing_is_called_until_it_is_there(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), locked = ["health", "stats", "images", "jobs"];
           locked.forEach((one) => page.answer(`GET ${one}`, null, { status: 401 })); await page.load();
           const before = page.calls.length, asked = !page.$("key-form").hidden; await page.advance(60000);
           await page.see(true); await page.see(false);
           await page.fire("type", "change"); await page.fire("find", "submit");
           const silent = page.calls.length === before;
           locked.forEach((one) => page.answer(`GET ${one}`, { items: [], cursor: null })); page.$("key").value = " k ";
           await page.fire("key-form", "submit");
           return [asked, silent, page.$("key").value, page.$("key-form").hidden,
             page.calls.slice(before).map(({ headers }) => headers["x-functions-key"]), page.location.href];"""
    )
    assert result[:4] == [True, True, "", True]
    assert set(result[4]) == {"k"}
    assert result[5] == "http://localhost/api/dashboard"


def test_a_key_is_shown_as_a_bearer_where_the_api_asks_for_one(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), locked = ["stats", "images", "jobs"];
           locked.forEach((one) => page.answer(`GET ${one}`, null,
             { status: 401, "WWW-Authenticate": 'Bearer realm="darkroom"' })); await page.load();
           locked.forEach((one) => page.answer(`GET ${one}`, { items: [], cursor: null })); page.$("key").value = "k";
           const before = page.calls.length; await page.fire("key-form", "submit");
           return page.calls.slice(before).map(({ headers }) => [headers.Authorization, headers["x-functions-key"]]);"""
    )
    assert result
    assert {tuple(pair) for pair in result} == {("Bearer k", None)}


def test_a_key_that_is_refused_is_asked_for_again(page: Browser) -> None:
    result = page.run(
        """const page = new Page("http://localhost/api/dashboard?code=old");
           page.answer("GET stats", null, { status: 401 }); await page.load();
           return [page.$("key-form").hidden, page.text("trouble")];"""
    )
    assert result == [False, "This key is not valid."]


def test_a_late_401_to_the_old_key_does_not_ask_for_another(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); let late;
           page.answer("GET stats", null, { status: 401 });
           page.answer("GET jobs", new Promise((resolve) => { late = resolve; }), { status: 401 }); await page.load();
           page.$("key").value = "k"; await page.fire("key-form", "submit"); late(); await page.settled();
           return page.$("key-form").hidden;"""
    )
    assert result is True


def test_nobody_is_asked_while_nobody_looks(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(), count = () => page.sent("GET", "stats").length;
           await page.advance(5000); const seen = [count()]; await page.see(true); await page.advance(60000);
           seen.push(count()); await page.see(false); await page.advance(0); return [...seen, count()];"""
    )
    assert result == [2, 2, 3]


def test_a_viewer_can_stop_the_refreshing(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(), before = page.calls.length; page.$("live").checked = false;
           await page.fire("live", "change"); await page.advance(60000); return page.calls.length - before;"""
    )
    assert result == 0


def test_a_service_that_is_out_is_asked_again_when_it_said(page: Browser) -> None:
    result = page.run(
        f"""const page = new Page(); page.answer("GET stats", {OUT}, {{ status: 503, "Retry-After": "30" }});
            await page.load(); const before = page.calls.length, seen = [page.$("trouble").text];
            await page.advance(29000); await page.see(true); await page.see(false); await page.advance(0);
            seen.push(page.calls.length - before); page.answer("GET stats", new Promise(() => {{}}));
            await page.advance(1000); return [...seen, page.calls.length > before];"""
    )
    assert result == ["Service Unavailable: Storage is out.", 0, True]


def test_a_moment_to_be_asked_again_is_understood_as_well(page: Browser) -> None:
    result = page.run(
        f"""const page = new Page(), at = "Mon, 04 May 2026 03:02:21 GMT";
            page.answer("GET stats", {OUT}, {{ status: 503, "Retry-After": at }}); await page.load();
            const before = page.calls.length; await page.advance(19000); const early = page.calls.length - before;
            await page.advance(1000); return [early, page.calls.length > before];"""
    )
    assert result == [0, True]


def test_a_problem_is_told_with_its_fields_and_what_is_none_by_its_status(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), errors = [{ field: "query.name", message: "<i>No</i>." }];
           page.answer("GET images", { title: "Unprocessable", detail: "No.", errors, status: 422 }, { status: 422 });
           page.answer("GET jobs", "<h1>Bad Gateway</h1>", { status: 502 }); await page.load();
           return page.$("trouble").text;"""
    )
    assert result == "Unprocessable: No. query.name: <i>No</i>. The service responded with 502."


def test_figures_say_what_is_not_known_and_what_is_wrong(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); Object.assign(page.answers["GET stats"].body, { poison: 1234, capped: true,
             oldest_due_age_seconds: 7200, jobs: { "<b>": { PENDING: 5 } } }); await page.load();
           return [page.$("figures").all("dd").map(({ text, attributes }) => [text, attributes.class ?? ""]),
             page.$("counts").all("th")[0].text, page.$("counts").all("td").map(({ text }) => text),
             page.$("capped").hidden];"""
    )
    assert [text for text, _ in result[0]] == ["2 h", "free", "1,234", "not known", "0", "never", "1 s ago"]
    assert [text for text, kind in result[0] if kind == "bad"] == ["1,234"]
    assert result[1:] == ["<b>", ["5", "0", "0", "0", "0"], False]


def test_a_timer_that_is_late_is_shown_as_wrong(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), well = { age_seconds: 60, late: false };
           const upkeep = { sweep: { age_seconds: 7200, late: true }, purge: well };
           page.answer("GET health", { status: "degraded" }); Object.assign(page.answers["GET stats"].body, { upkeep });
           await page.load(); const figures = page.$("figures").all("dd").slice(-3, -1);
           return [page.text("health"), ...figures.map(({ text, attributes }) => [text, attributes.class ?? ""])];"""
    )
    assert result == ["A timer is late.", ["2 h ago", "bad"], ["1 min ago", ""]]


def test_the_newest_images_are_those_of_the_newest_jobs_each_name_once(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), job = page.image("<b>"), other = { ...job, id: "n", image: { name: "b" } };
           page.answer("GET jobs", { items: [other, job, { ...other, id: "old" }], cursor: null }); await page.load();
           return [page.$("cards").all("button").map(({ text, title }) => [text, title.slice(0, 1)]),
             page.sent("GET", "jobs?type").map(({ path }) => path)];"""
    )
    assert result == [[["b", "n"], ["<b>", "t"]], ["jobs?type=image-analysis&limit=24"]]


def test_an_image_is_found_by_its_exact_name(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.image(); await page.load(); page.$("name").value = "a/b&c=%";
           page.answer("GET images", { items: [], cursor: null }); await page.fire("find", "submit");
           return [page.calls.at(-1).path, page.$("no-images").hidden];"""
    )
    assert result == ["images?name=a%2Fb%26c%3D%25", False]


def test_a_thumbnail_comes_with_the_key_and_its_blob_is_let_go(page: Browser) -> None:
    result = page.run(
        """const seen = [];
           for (const end of ["load", "error"]) {
             const page = new Page("http://localhost/api/dashboard?code=k"); page.image(); await page.load();
             const shown = page.$("cards").all("img")[0], [call] = page.sent("GET", "images/");
             seen.push(call.path, call.headers["x-functions-key"], page.urls[shown.src]);
             shown.fire(end); seen.push(page.urls[shown.src]);
           } return seen;"""
    )
    assert result == [f"images/{'f' * 32}/thumbnail", "k", True, False] * 2


def test_a_thumbnail_is_asked_for_once_unless_it_failed_for_now(page: Browser) -> None:
    result = page.run(
        """const seen = [];
           for (const status of [200, 404, 503]) {
             const page = new Page(); page.image();
             page.answers[`GET images/${"f".repeat(32)}/thumbnail`].status = status;
             await page.load(); await page.advance(5000); seen.push(page.sent("GET", "images/").length);
           } return seen;"""
    )
    assert result == [1, 1, 2]


def test_only_a_colour_is_taken_for_a_colour(page: Browser) -> None:
    result = page.run(
        """const seen = [];
           for (const mean of ["#102030", "url(x)"]) {
             const page = new Page(), job = page.image();
             job.report.color = { mean, palette: [{ hex: mean, share: 1 }] }; await page.load();
             const [box, , , strip] = page.$("cards").children[0].children;
             seen.push([box.style.backgroundColor ?? null, strip.children.length]);
           } return seen;"""
    )
    assert result == [["#102030", 1], [None, 0]]


def test_a_failed_image_tells_its_error(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), error = { code: "corrupt_image", message: "<i>Cut</i>", at: null };
           page.image("a", { state: "FAILED", report: null, error }); await page.load();
           return page.$("cards").all("p").map(({ text }) => text);"""
    )
    assert result == ["corrupt_image: <i>Cut</i>"]


def test_a_form_is_never_sent_by_the_browser_itself(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(); let kept = 0;
           const preventDefault = () => { kept += 1; };
           for (const form of ["find", "key-form"]) await page.fire(form, "submit", { preventDefault });
           return kept;"""
    )
    assert result == 2


def test_one_trouble_is_told_once_and_gone_when_it_is_over(page: Browser) -> None:
    result = page.run(
        f"""const page = new Page(), out = [{OUT}, {{ status: 503 }}], good = {{ ...page.answers }};
            page.answer("GET stats", ...out); page.answer("GET jobs", ...out);
            await page.load(); await page.advance(10000); const seen = [page.text("trouble"), page.$("trouble").writes];
            page.answers = good; await page.advance(5000); return [...seen, page.text("trouble")];"""
    )
    assert result == ["Service Unavailable: Storage is out.", 1, ""]


def test_a_late_answer_about_images_is_not_shown(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); let late; await page.load();
           page.answer("GET images?name=a", new Promise((resolve) => { late = () => resolve({ items: [] }); }));
           page.$("name").value = "a"; page.fire("find", "submit"); page.image("b"); page.$("name").value = "b";
           await page.fire("find", "submit"); late(); await page.settled(); return page.$("cards").children.length;"""
    )
    assert result == 1


POISONS = [
    *(
        "1",
        "[]",
        "true",
        '"x"',
        '{"color": {}}',
        '{"color": {"palette": [null]}}',
        '{"color": 1}',
        '{"quality": {"flags": 7}}',
    ),
    *('{"image": 1, "source": "x", "exif": {"model": {"a": []}}}', '{"privacy": [], "error": 5, "provenance": [[]]}'),
]


@pytest.mark.case("security M4", was="no cards at all")
@pytest.mark.parametrize("report", POISONS)
def test_a_report_of_any_shape_leaves_its_card_and_all_others(page: Browser, report: str) -> None:
    result = page.run(
        f"""const page = new Page(), good = page.image("good.png"), bad = page.image("bad.png", {{ report: {report} }});
           page.answer("GET jobs", {{ items: [bad, good], cursor: null }});
           await page.load(); return page.$("cards").all("button").map(({{ text }}) => text);"""
    )
    assert result[:2] == ["bad.png", "good.png"]


@pytest.mark.case("security L", was="a name turned around what stood beside it")
def test_characters_that_turn_text_around_or_have_no_shape_are_shown_by_their_numbers(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.image("invoice_\\u202egnp.exe\\u200b\\u0007", {}); await page.load();
           return page.$("cards").all("button").map(({ text }) => text);"""
    )
    assert result == ["invoice_[U+202E]gnp.exe[U+200B][U+0007]"]
