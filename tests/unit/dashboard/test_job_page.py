"""The page of one job: what it shows, and what its buttons send."""

import json
from typing import Any

import pytest

from tests.unit.dashboard.browser import Browser

HOSTILE = "<script>alert(1)</script> \"'%2F & é"
ID = f"t-{'0' * 32}"
JOB: dict[str, Any] = {
    "id": ID,
    "type": "t",
    "ref": "a",
    "state": "PENDING",
    "attempts": 0,
    "token": 0,
    "owner": None,
    "lease_until": None,
    "not_before": None,
    "created_at": "2026-05-04T03:00:00Z",
    "started_at": None,
    "ended_at": None,
    "updated_at": "2026-05-04T03:00:00Z",
    "progress": None,
    "error": None,
    "image": None,
    "report": None,
    "result": None,
    "traceparent": None,
    "params": {},
    "cursor": None,
}
#: ``shown(fields, etag)`` answers with a job; ``page`` has its page open.
SHOWN = f"""const page = new Page("http://localhost/api/dashboard#/jobs/{ID}"), path = "jobs/{ID}";
  const shown = (fields = {{}}, etag = '"v1"') =>
    page.answer(`GET ${{path}}`, {{ ...{json.dumps(JOB)}, ...fields }}, {{ ETag: etag }});
  page.answer(`GET ${{path}}/why`, {{ why: "It waits.", cause: "waits_for_worker", code: null, mend: null }});
  page.answer(`GET ${{path}}/history`, {{ attempts: [] }});
  const yes = async () => page.click("dialog .danger"), asked = () => page.sent("GET", path);
"""
OPENED = SHOWN + "shown(%s); await page.load();"
ATTEMPT: dict[str, Any] = {
    "token": 1,
    "owner": "w1",
    "started_at": "2026-05-04T03:00:00Z",
    "ended_at": "2026-05-04T03:01:30Z",
    "outcome": "lapsed",
    "error": None,
    "refused": 0,
    "refused_report": None,
    "refused_at": None,
}
LATE = {"refused": 2, "refused_report": "complete", "refused_at": "2026-05-04T03:02:00Z"}


def test_a_hostile_name_is_text_wherever_it_is_shown(page: Browser) -> None:
    result = page.run(
        OPENED % json.dumps({"ref": HOSTILE, "owner": HOSTILE, "type": HOSTILE, "state": "FAILED"})
        + """return [page.text("h1"), page.all("script").length, page.text("main").split("alert(1)").length - 1];"""
    )
    assert result[0] == HOSTILE
    assert result[1:] == [1, 3]


def test_the_page_says_why_and_gives_the_command_that_mends_it(page: Browser) -> None:
    result = page.run(
        OPENED % "{}"
        + """const why = { why: "It waits since 2026-05-04T03:00:00.500Z.", cause: "waits_for_worker",
               code: null, mend: "darkroom doctor x" };
             page.answer(`GET ${path}/why`, why); shown({ attempts: 1 }, '"v2"'); await page.advance(2000);
             const moment = page.$("[role=status] time").getAttribute("datetime");
             return [moment, ...page.texts("[role=status] p, main code")];"""
    )
    assert result[0] == "2026-05-04T03:00:00.500Z"
    assert result[2] == "Cause: waits for worker"
    assert "darkroom doctor x" in result


def test_an_attempt_that_was_killed_and_reports_that_came_too_late_stand_out(page: Browser) -> None:
    attempts = [ATTEMPT | LATE, ATTEMPT | {"token": 2, "outcome": None, "started_at": "2026-05-04T03:01:30Z"}]
    attempts[1]["ended_at"] = None
    result = page.run(
        SHOWN
        + f"""page.answer(`GET ${{path}}/history`, {{ attempts: {json.dumps(attempts)} }});
            shown({{ state: "RUNNING" }}); await page.load();
            const said = page.all("tbody [role=img]").map((one) => one.getAttribute("aria-label"));
            return [page.texts("tbody tr"), said, page.texts("tbody .bad").join()];"""
    )
    assert "killed or hung: its lease lapsed" in result[0][0]
    assert "2 refused, the last: complete" in result[0][0]
    assert result[1] == [
        "Attempt 1: 1 min, killed or hung: its lease lapsed",
        "Attempt 2: 31 s so far, under way",
    ]
    assert "killed or hung" in result[2]


@pytest.mark.parametrize("attempts", ['[1, null, "x", [], {}]', "null", '[{"started_at": {}, "owner": 7, "error": 5}]'])
def test_attempts_of_any_form_leave_the_page_whole(page: Browser, attempts: str) -> None:
    result = page.run(
        SHOWN
        + f"""page.answer(`GET ${{path}}/history`, {{ attempts: {attempts} }}); shown(); await page.load();
                    return [page.text("h1"), page.texts("[role=alert]").join("")];"""
    )
    assert result == ["a", ""]


def test_buttons_are_there_for_the_states_that_allow_them(page: Browser) -> None:
    result = page.run(
        """const seen = []; for (const state of ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED"]) {"""
        + OPENED % "{ state }"
        + """const usable = page.all("main .row button").filter((one) => !one.disabled);
             seen.push(usable.map((one) => one.textContent).join()); } return seen;"""
    )
    assert result == ["Cancel", "Cancel", "Delete", "Redrive,Delete", "Redrive,Delete"]


@pytest.mark.parametrize(
    ("state", "button", "method", "tail"),
    [
        ("PENDING", "Cancel", "POST", "/cancel"),
        ("FAILED", "Redrive", "POST", "/redrive"),
        ("COMPLETED", "Delete", "DELETE", ""),
    ],
)
def test_a_button_asks_first_and_sends_the_version_that_is_shown(
    page: Browser, state: str, button: str, method: str, tail: str
) -> None:
    result = page.run(
        OPENED % f"{{ state: '{state}' }}, '\"seen\"'"
        + f"""await page.click(page.named("{button}")); const before = page.sent("{method}").length;
              page.answer(`{method} ${{path}}{tail}`, {{}}); await yes();
              return [before, page.sent("{method}").map(({{ path, headers }}) => [path, headers])];"""
    )
    assert result == [0, [[f"jobs/{ID}{tail}", {"If-Match": '"seen"'}]]]


def test_nothing_is_done_when_the_question_is_left(page: Browser) -> None:
    result = page.run(
        OPENED % "{ state: 'FAILED' }"
        + """await page.click(page.named("Redrive")); await page.click(page.named("Not now"));
             return [page.sent("POST").length, page.all("dialog").length, page.texts("main [role=alert]").join("")];"""
    )
    assert result == [0, 0, ""]


def test_a_job_is_forgotten_only_where_that_was_ticked_and_then_the_page_says_that_it_is_gone(page: Browser) -> None:
    result = page.run(
        OPENED % "{ state: 'FAILED' }"
        + """page.answer(`DELETE ${path}`, null, { status: 204 }); await page.click(page.named("Delete"));
             page.$("dialog input").checked = true; await yes(); const calls = page.calls.length;
             await page.advance(60000); return [page.sent("DELETE")[0].path.split("?")[1], page.text("main"),
               page.calls.length - calls];"""
    )
    assert result[0] == "forget=true"
    assert "not there (any more)" in result[1]
    assert result[2] == 0


def test_a_refusal_is_shown_as_text_and_the_job_anew(page: Browser) -> None:
    result = page.run(
        OPENED % "{}"
        + """page.answer(`POST ${path}/cancel`, { title: "Precondition Failed", detail: "<b>Other</b> version.",
               code: "mismatch" }, { status: 412 });
             await page.click(page.named("Cancel")); shown({ state: "COMPLETED" }, '"v2"'); await yes();
             return [page.texts("main [role=alert]").join(""), page.text(".state")];"""
    )
    assert result == ["Precondition Failed: <b>Other</b> version.", "COMPLETED"]


def test_the_job_is_asked_for_with_its_etag_and_what_has_not_changed_stays(page: Browser) -> None:
    result = page.run(
        OPENED % "{}"
        + """const node = page.$("main section"); page.answer(`GET ${path}`, null, { status: 304 });
             await page.advance(2000); const again = asked().filter((one) => one.path === path).at(-1);
             return [again.headers, page.$("main section") === node];"""
    )
    assert result == [{"If-None-Match": '"v1"'}, True]


def test_a_job_is_not_asked_for_once_its_page_is_left(page: Browser) -> None:
    result = page.run(
        OPENED % "{ state: 'RUNNING' }"
        + """await page.go("#/overview"); const before = asked().length; await page.advance(60000);
             return asked().length - before;"""
    )
    assert result == 0


def test_a_job_that_is_not_there_says_so_and_is_not_asked_for_again(page: Browser) -> None:
    result = page.run(
        SHOWN
        + """await page.load(); const before = page.calls.length; await page.advance(60000);
             return [page.text("main"), page.calls.length - before, page.text("#trouble")];"""
    )
    assert "not there (any more)" in result[0]
    assert result[1:] == [0, ""]
