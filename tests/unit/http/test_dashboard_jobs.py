"""The page at work on jobs: lists, details and buttons."""

import pytest

from tests.unit.http.dashboard_browser import Browser

HOSTILE = "<script>alert(1)</script> \"'%2F & é"
#: A job of which the dialog is open.
OPENED = "const page = new Page(), job = page.job(%s); await page.load(); await page.open();"


def test_a_hostile_name_is_text_wherever_it_is_shown(page: Browser) -> None:
    result = page.run(
        f"const name = {HOSTILE!r};"
        """const page = new Page(); const job = page.job({ ref: name, owner: name, state: "FAILED",
             error: { code: "x", message: name, at: null }, result: { name } });
           page.answer(`GET jobs/${job.id}/why`, { why: name });
           await page.load(); await page.open();
           return [page.$("rows").all("button")[0].text, page.text("why"), page.$("about").all("dd")[0].text,
             JSON.parse(page.$("about").all("pre")[0].text).name];"""
    )
    assert result == [HOSTILE] * 4


@pytest.mark.parametrize(
    ("state", "button", "method", "path"),
    [
        ("PENDING", "cancel", "POST", "/cancel"),
        ("FAILED", "redrive", "POST", "/redrive"),
        ("COMPLETED", "delete", "DELETE", ""),
    ],
)
def test_a_button_sends_the_etag_seen(page: Browser, state: str, button: str, method: str, path: str) -> None:
    result = page.run(
        OPENED % f"{{ state: '{state}' }}, '\"seen\"'"
        + f"await page.fire('{button}', 'click'); return [job.id, page.sent('{method}')];"
    )
    identity, (call,) = result
    assert call["path"] == f"jobs/{identity}{path}"
    assert call["headers"] == {"If-Match": '"seen"'}


def test_the_etag_seen_is_that_of_the_version_that_is_shown(page: Browser) -> None:
    result = page.run(
        OPENED % "{}, '\"v1\"'"
        + """page.job({ state: "RUNNING", owner: "w" }, '"v2"'); await page.advance(5000);
             await page.fire("cancel", "click"); return [page.text("about"), page.sent("POST")[0].headers];"""
    )
    assert "RUNNING" in result[0]
    assert result[1] == {"If-Match": '"v2"'}


def test_a_version_that_was_read_and_not_shown_is_not_sent(page: Browser) -> None:
    result = page.run(
        OPENED % "{}, '\"v1\"'"
        + """page.job({ state: "RUNNING" }, '"v2"'); page.answer(`GET jobs/${job.id}/why`, new Promise(() => {}));
             await page.advance(5000); await page.fire("cancel", "click"); return page.sent("POST")[0].headers;"""
    )
    assert result == {"If-Match": '"v1"'}


def test_a_job_that_has_not_changed_is_asked_for_with_its_etag_and_stays(page: Browser) -> None:
    result = page.run(
        OPENED % "{}, '\"v1\"'"
        + """page.answer(`GET jobs/${job.id}`, null, { status: 304 });
             page.answer(`GET jobs/${job.id}/why`, { why: "It still waits." });
             const shown = page.$("about").children[0]; await page.advance(5000);
             return [page.sent("GET", `jobs/${job.id}`).filter((one) => one.path.endsWith(job.id)).at(-1).headers,
               page.text("why"), page.$("about").children[0] === shown, page.$("cancel").disabled];"""
    )
    assert result == [{"If-None-Match": '"v1"'}, "It still waits.", True, False]


def test_a_refused_button_tells_why_as_text_and_shows_the_job_anew(page: Browser) -> None:
    result = page.run(
        OPENED % "{}"
        + """page.answer(`POST jobs/${job.id}/cancel`, { title: "Precondition Failed", detail: "<b>Other</b> version.",
               status: 412, code: "mismatch" }, { status: 412 });
             page.job({ state: "COMPLETED" }, '"v2"'); await page.fire("cancel", "click");
             return [page.$("refused").text, page.$("cancel").disabled, page.$("delete").disabled];"""
    )
    assert result == ["Precondition Failed: <b>Other</b> version.", True, False]


def test_buttons_are_there_for_the_states_that_allow_them(page: Browser) -> None:
    result = page.run(
        """const all = [];
           for (const state of ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED"]) {
             const page = new Page(); page.job({ state }); await page.load(); await page.open();
             all.push(["cancel", "redrive", "delete"].filter((one) => !page.$(one).disabled).join());
           } return all;"""
    )
    assert result == ["cancel", "cancel", "delete", "redrive,delete", "redrive,delete"]


def test_nothing_is_deleted_that_was_not_confirmed(page: Browser) -> None:
    result = page.run(
        OPENED % "{ state: 'FAILED' }"
        + """page.agree = false; await page.fire("delete", "click"); const before = page.sent("DELETE").length;
             page.agree = true; page.$("forget").checked = true;
             page.answer(`DELETE jobs/${job.id}`, null, { status: 204 }); await page.fire("delete", "click");
             return [before, page.questions.length, page.sent("DELETE").map(({ path }) => path.split("?")[1]),
               page.$("details").open];"""
    )
    assert result == [0, 2, ["forget=true"], False]


def test_a_live_job_is_not_asked_for_before_it_wants_to_be(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), job = page.job(), count = () => page.sent("GET", `jobs/${job.id}`).length;
           page.answers[`GET jobs/${job.id}`].headers["Retry-After"] = "12"; await page.load(); await page.open();
           const first = count(); await page.advance(11000); const early = count(); await page.advance(6000);
           return [early - first, count() > first];"""
    )
    assert result == [0, True]


def test_a_dialog_that_was_closed_takes_no_late_answer(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), job = page.job(); let late;
           page.answer(`GET jobs/${job.id}/why`, new Promise((resolve) => { late = () => resolve({ why: "Late." }); }));
           await page.load(); await page.open(); await page.fire("close", "click"); late(); await page.settled();
           return [page.text("why"), page.text("about"), page.$("cancel").disabled];"""
    )
    assert result == ["", "", True]


def test_a_job_is_not_asked_for_once_its_dialog_is_closed(page: Browser) -> None:
    result = page.run(
        OPENED % "{}"
        + """const count = () => page.sent("GET", `jobs/${job.id}`).length, before = count();
             page.$("details").close(); await page.advance(10000); return count() - before;"""
    )
    assert result == 0


def test_pages_are_turned_by_cursor_and_back(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.job();
           const asked = () => page.sent("GET", "jobs?").at(-1).path.split("cursor=")[1];
           page.answer("GET jobs", ({ path }) => ({ items: [], cursor: path.includes("cursor") ? null : "a/b=" }));
           await page.load(); const seen = [page.$("next").disabled, page.$("back").disabled];
           await page.fire("next", "click"); seen.push(asked(), page.$("next").disabled, page.$("back").disabled);
           await page.fire("back", "click"); seen.push(asked() ?? null); return seen;"""
    )
    assert result == [False, True, "a%2Fb%3D", True, False, None]


def test_another_filter_begins_at_the_first_page(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.answer("GET jobs", { items: [], cursor: "c" }); await page.load();
           await page.fire("next", "click"); page.$("type").value = "t"; page.$("state").value = "FAILED";
           await page.fire("type", "change"); return page.sent("GET", "jobs?").at(-1).path;"""
    )
    assert result == "jobs?type=t&state=FAILED&limit=25"


def test_a_late_answer_to_an_earlier_question_is_not_shown(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); let late; await page.load();
           const job = page.job({ ref: "early" }); const early = page.answers["GET jobs"].body;
           page.answer("GET jobs?limit=25", new Promise((resolve) => { late = () => resolve(early); }));
           page.fire("state", "change"); page.job({ ref: "newer" }); page.$("type").value = "t";
           await page.fire("type", "change"); late(); await page.settled();
           return page.$("rows").all("button")[0].text;"""
    )
    assert result == "newer"


def test_a_row_that_has_not_changed_keeps_its_node_and_one_that_has_keeps_the_focus(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), now = () => page.document.activeElement;
           const button = () => page.$("rows").all("button")[0];
           page.job(); await page.load(); const first = button(); first.focus(); await page.advance(5000);
           const same = button() === first && now() === first; page.job({ attempts: 1 }); await page.advance(5000);
           return [same, button() !== first, now() === button()];"""
    )
    assert result == [True, True, True]


def test_times_are_told_in_the_viewer_s_zone_with_the_utc_beside(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.job(); await page.load(); const time = page.$("rows").all("time")[0];
           return [time.title, time.attributes.datetime, time.text.includes("2026")];"""
    )
    assert result == ["2026-05-04T03:00:00Z (UTC)", "2026-05-04T03:00:00Z", True]


def test_types_that_the_figures_do_not_know_yet_can_be_chosen(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.job(); await page.load(); await page.advance(5000);
           return page.$("type").children.map(({ value }) => value);"""
    )
    assert result == ["t"]
