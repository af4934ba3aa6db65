"""The overview: each part by itself, what a key may not see, and rounds."""

import json
from typing import Any

from tests.unit.dashboard.browser import Browser

IDS = [f"t-{at:032x}" for at in range(12)]
ANSWERS: dict[str, Any] = {
    "stats": {
        "as_of": "2026-05-04T03:02:00Z",
        "jobs": {"t": {"PENDING": 3, "FAILED": 0}},
        "capped": False,
        "oldest_due_age_seconds": 90.5,
        "poison": 2,
        "missed": None,
        "stale_reports_total": 4,
        "upkeep": {"sweep": {"age_seconds": 600, "limit_seconds": 180, "late": True}},
    },
    "why": {
        "as_of": "2026-05-04T03:02:00Z",
        "groups": [
            {"cause": "failed", "code": "broken", "title": "Failed with broken", "count": 12}
            | {"oldest_age_seconds": 7200, "first_ids": IDS, "types": {"t": 12}}
            | {"mend": "darkroom redrive --state FAILED --error broken"}
        ],
        "complete": False,
    },
    "stats/history": {
        "as_of": "2026-05-04T03:02:00Z",
        "step_seconds": 300,
        "points": [
            {"from": "2026-05-04T02:00:00Z", "completed": 5, "failed": 1, "canceled": 0, "p50_seconds": 1.5}
            | {"p95_seconds": 3},
            {"from": "2026-05-04T02:05:00Z", "completed": 2, "failed": 0, "canceled": 0, "p50_seconds": None},
        ],
        "complete": True,
    },
    "locks": {"items": [{"name": "sweep", "holder": "<b>me</b>", "lease_until": None, "done_at": None}]},
    "health": {"status": "degraded", "versions": {"darkroom": "1.2.3", "worker": None}, "confinement": None},
    "rejected": {"items": [{"id": "r" * 32, "code": "unknown_job", "message": "m", "text": "<i>"}], "cursor": None},
    "actions": {"items": [], "cursor": None},
}
CALL: dict[str, Any] = {"id": "1", "at": "2026-05-04T03:00:00Z", "who": "<b>ops</b>", "role": "operator"}
CALL |= {"action": "redrive", "filter": {"state": "FAILED"}, "operation": "c" * 32, "ids": 100, "first_ids": IDS[:10]}
CALL |= {"result": {"done": 98, "refused": 2, "unknown": 0, "codes": {"mismatch": 2}}, "ended_at": None}
#: ``page`` shows the overview of ``ANSWERS``; ``part(title)`` is the text of one part.
OPENED = f"""const page = new Page("http://localhost/api/dashboard#/overview"), answers = {json.dumps(ANSWERS)};
  for (const [name, body] of Object.entries(answers)) page.answer(`GET ${{name}}`, body);
  const part = (title) => page.text(`main section[aria-label="${{title}}"]`);
"""


def test_figures_lead_to_their_jobs_and_what_is_late_stands_out(page: Browser) -> None:
    result = page.run(
        OPENED
        + """await page.load(); return [page.$("tbody a + *, tbody td:nth-child(2) a").getAttribute("href"),
                      part("Figures"), page.texts(".figures .bad")];"""
    )
    assert result[0] == "#/jobs?type=t&state=PENDING"
    assert "Oldest due job1 min" in result[1]
    assert result[2] == ["2", "10 min ago, late"]


def test_late_jobs_are_grouped_by_cause_with_the_command_that_mends_them(page: Browser) -> None:
    result = page.run(
        OPENED
        + """await page.load(); const links = page.all("section[aria-label^=Late] a");
                    return [part("Late and failed jobs"), links.map((one) => one.getAttribute("href"))];"""
    )
    assert "12Failed with broken" in result[0]
    assert "darkroom redrive --state FAILED --error broken" in result[0]
    assert "There are more than were looked at.Counted at" in result[0]
    assert result[1] == ["#/jobs?state=FAILED&error=broken", *(f"#/jobs/{each}" for each in IDS[:10])]


def test_the_last_hours_are_plotted_with_sentences_and_their_number_stands_in_the_address(page: Browser) -> None:
    result = page.run(
        OPENED
        + """await page.load();
            const said = page.all("section[aria-label='The last hours'] [role=img]").map((one) => one.ariaLabel
              ?? one.getAttribute("aria-label")); await page.click(page.named("24 h"));
            return [said, page.window.location.hash, page.sent("GET", "stats/history").map(({ path }) => path)];"""
    )
    assert result[0] == [
        "Jobs that ended: 7 completed, 1 failed, 0 canceled. At most 6 in 5 min.",
        "How long an attempt took that completed a job. The longest p95 is 3 s, the longest median 1.5 s.",
    ]
    assert result[1:] == ["#/overview?hours=24", ["stats/history?hours=6", "stats/history?hours=24"]]


def test_the_calls_of_one_bulk_operation_are_one_row(page: Browser) -> None:
    calls = [CALL, CALL | {"id": "2"}, CALL | {"id": "3", "operation": None, "result": None, "ids": 1}]
    result = page.run(
        OPENED
        + f"""page.answer("GET actions", {{ items: {json.dumps(calls)} }}); await page.load();
                     return page.texts("section[aria-label='What operators did'] tbody tr");"""
    )
    assert len(result) == 2
    assert "<b>ops</b>" in result[0]
    assert "200 in all" in result[0]
    assert "196 done, 4 refused (mismatch 4)" in result[0]
    assert "no result is known" in result[1]


def test_what_a_key_may_not_see_is_a_sentence_and_the_rest_is_there(page: Browser) -> None:
    result = page.run(
        OPENED
        + """for (const name of ["rejected", "actions"]) page.answer(`GET ${name}`, null, { status: 403 });
                    await page.load(); return [part("Rejected messages"), part("What operators did"),
                      part("Locks").includes("<b>me</b>"), page.text("#trouble")];"""
    )
    assert result[0].startswith("Rejected messagesOnly an operator's key may see this part.")
    assert result[1].endswith("Only an operator's key may see this part.")
    assert result[2:] == [True, ""]


def test_rejected_messages_are_followed_again_and_read_whole(page: Browser) -> None:
    result = page.run(
        OPENED
        + """const id = "r".repeat(32), [message] = answers.rejected.items;
             page.answer("GET rejected", { items: [{ ...message, truncated: true }], cursor: null });
             page.answer(`GET rejected/${id}`, { ...message, text: "<i> and more" });
             page.answer("POST rejected/actions", { results: [{ id, outcome: "done", code: null, detail: null }] });
             await page.load(); const fold = page.$("tbody details"); fold.open = true; await page.fire(fold, "toggle");
             await page.click(page.named("Show all of it")); const whole = page.text("tbody pre");
             await page.click("section[aria-label='Rejected messages'] tbody input");
             await page.click(page.named("Delete 1")); const choices = page.all("dialog input").length;
             await page.click(page.named("Not now"));
             await page.click(page.named("Redrive 1")); const { action, ids, as_of } = JSON.parse(
               page.sent("POST", "rejected/actions")[0].body);
             return [whole, choices, action, ids, as_of ?? null, page.sent("GET", "actions").length];"""
    )
    assert result == ["<i> and more", 0, "redrive", ["r" * 32], None, 2]


def test_one_trouble_is_said_once_and_gone_when_it_is_over(page: Browser) -> None:
    result = page.run(
        OPENED
        + """const out = [{ title: "Service Unavailable", detail: "Storage is out." }, { status: 503 }];
            for (const name of ["stats", "why"]) page.answer(`GET ${name}`, ...out);
            await page.load(); const first = [page.text("#trouble"), part("Locks").includes("sweep")];
            page.answer("GET stats", answers.stats); page.answer("GET why", answers.why);
            await page.advance(60000); return [...first, page.text("#trouble"), part("Figures").includes("Poison")];"""
    )
    assert result == ["Service Unavailable: Storage is out.", True, "", True]


def test_rounds_rest_while_nobody_looks_and_end_when_the_page_is_left(page: Browser) -> None:
    result = page.run(
        OPENED
        + """const count = () => page.sent("GET", "locks").length; await page.load(); const seen = [count()];
            page.hidden = true; await page.advance(600000); seen.push(count());
            await page.see(false); seen.push(count()); await page.go("#/jobs/x"); await page.advance(600000);
            return [...seen, count()];"""
    )
    assert result == [1, 1, 2, 2]


def test_answers_of_any_form_leave_the_page_whole(page: Browser) -> None:
    bodies = [
        {},
        [],
        7,
        {"items": [None, 1, {}], "groups": [None, {}, []], "points": [3, None, {}], "jobs": {"t": None}},
    ]
    result = page.run(
        f"""const seen = []; for (const body of {json.dumps(bodies)}) {{ {OPENED}
              for (const name of Object.keys(answers)) page.answer(`GET ${{name}}`, body);
              await page.load(); seen.push([page.all("main section").length, page.text("#trouble")]); }} return seen;"""
    )
    assert result == [[8, ""]] * len(bodies)
