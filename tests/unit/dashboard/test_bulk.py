"""Actions on many images at once: what is chosen, what is sent, and what is said about it."""

import pytest

from tests.unit.dashboard.browser import Browser

#: Five images of all states, all of which the service acts on, and a way to choose some.
FIVE = """const page = new Page();
    for (const state of ["PENDING", "RUNNING", "COMPLETED", "FAILED", "CANCELED"]) page.image(state, { state });
    const sent = () => page.sent("POST", "jobs/actions").map(({ body }) => JSON.parse(body));
    const result = (outcome, code) => (id) => ({ id, outcome, code, detail: `<${code}>` });
    const results = (ids, outcome, code = null) => ({ results: ids.map(result(outcome, code)) });
    page.answer("POST jobs/actions", ({ body }) => results(JSON.parse(body).ids, "done"));
    const choose = async (...at) => { for (const one of at) await page.click(page.all("#cards input")[one]); };
    const bar = () => page.all(".bulk button").filter(({ hidden }) => !hidden).map((one) => one.textContent);
    const press = (text) => page.click(page.named(text)); await page.load();"""
#: So many failed images that they take several batches, and pages of which one is empty.
MANY = """const page = new Page(), answers = [];
    for (let at = 0; at < 250; at += 1) page.image(`${at}`, { state: "FAILED" });
    page.answer("GET images", ({ path }) => {
      const asked = new URLSearchParams(path.split("?")[1]), at = Number(asked.get("cursor") ?? 0);
      if (asked.get("limit") === "12") return { items: page.images.slice(0, 2), cursor: "x", complete: true };
      const items = at === 1 ? [] : page.images.slice(at * 65, at * 65 + 130);
      return { items, cursor: at < 2 ? String(at + 1) : null, complete: at !== 1 };
    });
    const sent = () => page.sent("POST", "jobs/actions").map(({ body }) => JSON.parse(body));
    const results = (ids) => ({ results: ids.map((id) => ({ id, outcome: "done", code: null, detail: null })) });
    const press = (text) => page.click(page.named(text));
    const chooseAll = async () => {
      for (const one of ["Select all shown", "Select all that match"]) await press(one);
    };
    await page.load(); await page.click("#cards input");"""


def test_the_bar_is_there_while_something_is_chosen_and_offers_what_fits(page: Browser) -> None:
    result = page.run(
        FIVE
        + """const seen = [page.$(".bulk").hidden]; await choose(0, 2, 3); seen.push(page.text(".bulk strong"), bar());
             await choose(0, 2, 3); return [...seen, page.$(".bulk").hidden];"""
    )
    assert result[:2] == [True, "3 selected"]
    assert result[2] == ["Select all shown", "Clear selection", "Redrive 1", "Cancel 1", "Delete 2"]
    assert result[3] is True


def test_a_redrive_is_sent_for_those_that_it_fits_under_one_id_and_as_they_were_seen(page: Browser) -> None:
    result = page.run(
        FIVE
        + """await choose(2, 3, 4); await press("Redrive 2"); const [body] = sent();
             return [{ ...body, operation: /^[0-9a-f]{32}$/.test(body.operation) }, page.text(".bulk p"),
               page.text("#spoken"), page.images[3].job.id];"""
    )
    ids = [f"image-analysis-{number:032}" for number in (3, 4)]
    fields = {"action": "redrive", "ids": ids, "operation": True, "filter": {}, "as_of": "2026-05-04T02:04:00.001Z"}
    assert result == [fields, "Redriven 2 images.", "Redriven 2 images.", ids[0]]


def test_nothing_is_deleted_or_canceled_that_was_not_confirmed(page: Browser) -> None:
    result = page.run(
        FIVE
        + """await choose(0, 2); const seen = [];
             for (const verb of ["Delete", "Cancel"]) {
               await press(`${verb} 1`); seen.push(page.text("dialog h2"));
               await press("Not now"); seen.push(sent().length);
             }
             await press("Delete 1"); await page.click("dialog input"); await page.click("dialog .danger");
             return [...seen, sent().map(({ action, forget }) => [action, forget])];"""
    )
    assert result == ["Delete 1 image?", 0, "Cancel 1 image?", 0, [["delete", True]]]


def test_what_is_canceled_was_added_before_it_was_seen(page: Browser) -> None:
    result = page.run(
        FIVE
        + """await choose(0, 1); await press("Cancel 2"); await page.click("dialog .danger"); return sent()[0].as_of;"""
    )
    assert result == "2026-05-04T01:00:00.001Z"


def test_a_summary_counts_refusals_by_their_reasons_as_text(page: Browser) -> None:
    result = page.run(
        FIVE
        + """page.answer("POST jobs/actions", ({ body }) => {
               const [first, ...others] = JSON.parse(body).ids;
               return { results: [result("done", null)(first), ...others.map(result("refused", "mismatch"))] };
             });
             await choose(2, 3, 4); await press("Delete 3"); await page.click("dialog .danger");
             const seen = [page.texts(".bulk p"), page.texts(".bulk li")]; await press("Dismiss");
             return [...seen, page.text(".bulk strong"), bar()];"""
    )
    assert result[:2] == [["Deleted 1 image.", "Refused 2 images:"], ["2 × mismatch: <mismatch>"]]
    assert result[2:] == ["2 selected", ["Select all shown", "Clear selection", "Redrive 2", "Delete 2"]]


def test_all_that_match_are_found_through_every_page_whatever_each_holds(page: Browser) -> None:
    result = page.run(
        MANY
        + """await chooseAll(); const all = page.named("Select all that match");
             return [page.text(".bulk strong"), all.hidden,
               page.sent("GET", "images?").slice(-3).map(({ path }) => path.slice(31))];"""
    )
    assert result == ["250 selected", True, ["limit=200", "limit=200&cursor=1", "limit=200&cursor=2"]]


def test_many_go_in_batches_of_a_hundred_under_one_id(page: Browser) -> None:
    result = page.run(
        MANY
        + """page.answer("POST jobs/actions", ({ body }) => results(JSON.parse(body).ids));
             await chooseAll(); await press("Redrive 250"); const all = sent();
             return [all.map(({ ids }) => ids.length), new Set(all.map(({ operation }) => operation)).size,
               new Set(all.flatMap(({ ids }) => ids)).size, page.text(".bulk p")];"""
    )
    assert result == [[100, 100, 50], 1, 250, "Redriven 250 images."]


def test_stopping_in_the_middle_leaves_the_rest_and_it_can_be_gone_on_with(page: Browser) -> None:
    result = page.run(
        MANY
        + """page.answer("POST jobs/actions", ({ body }) => new Promise((resolve) => {
               answers.push(() => resolve(results(JSON.parse(body).ids)));
             })); await chooseAll(); await press("Redrive 250");
             const seen = [page.texts(".bulk p").at(-1), page.$(".bulk progress").max]; await press("Stop");
             answers.shift()(); await page.settled(); seen.push(sent().length, page.texts(".bulk p"));
             await press("Go on with 150 images"); answers.shift()(); await page.settled(); answers.shift()();
             await page.settled(); return [...seen, sent().length, page.texts(".bulk p"),
               new Set(sent().map(({ operation, as_of }) => operation + as_of)).size];"""
    )
    assert result[:3] == ["Redrive: 0 of 250", 250, 1]
    assert result[3] == ["Redriven 100 images.", "Not decided: 150 images. Stopped."]
    assert result[4:] == [3, ["Redriven 250 images."], 1]


def test_what_storage_could_not_decide_is_sent_again_and_nothing_else(page: Browser) -> None:
    result = page.run(
        FIVE
        + """let calls = 0;
             page.answer("POST jobs/actions", ({ body }) => {
               const { ids } = JSON.parse(body), first = (calls += 1) === 1;
               return { results: ids.map((id, at) => result(first && at === 0 ? "unknown" : "done", null)(id)) };
             });
             await choose(3, 4); await press("Redrive 2"); await page.advance(1000); const all = sent();
             return [all.map(({ ids }) => ids.map((id) => id.at(-1))), all[0].operation === all[1].operation,
               all[0].as_of === all[1].as_of, page.text(".bulk p")];"""
    )
    assert result == [[["3", "4"], ["3"]], True, True, "Redriven 2 images."]


@pytest.mark.parametrize(
    ("action", "code", "said"),
    [
        ("Redrive", "live", ["Redriven 1 image."]),
        ("Delete", "no_such_job", ["Deleted 1 image."]),
        ("Redrive", "mismatch", ["Redriven 0 images.", "Refused 1 image:"]),
    ],
)
def test_what_a_lost_call_has_done_counts_as_done(page: Browser, action: str, code: str, said: list[str]) -> None:
    result = page.run(
        FIVE
        + f"""let calls = 0;
              page.answer("POST jobs/actions", ({{ body }}) => {{
                if ((calls += 1) === 1) throw new Error("no network");
                return results(JSON.parse(body).ids, "refused", "{code}");
              }});
              await choose(3); await press("{action} 1"); if (page.$("dialog")) await page.click("dialog .danger");
              await page.advance(2000); return page.texts(".bulk p");"""
    )
    assert result == said


def test_what_is_refused_at_once_is_refused(page: Browser) -> None:
    result = page.run(
        FIVE
        + """page.answer("POST jobs/actions", ({ body }) => results(JSON.parse(body).ids, "refused", "live"));
             await choose(3); await press("Redrive 1"); return page.texts(".bulk p");"""
    )
    assert result == ["Redriven 0 images.", "Refused 1 image:"]


def test_an_outage_is_waited_out_as_long_as_the_service_says_and_not_for_ever(page: Browser) -> None:
    result = page.run(
        FIVE
        + """const out = { title: "Out", detail: "Storage is out.", code: "storage_out" };
             page.answer("POST jobs/actions", out, { status: 503, "Retry-After": "20" });
             await choose(3); await press("Redrive 1"); await page.advance(19000); const seen = [sent().length];
             await page.advance(1000); seen.push(sent().length); await page.advance(600000);
             return [...seen, sent().length, page.texts(".bulk p")];"""
    )
    assert result == [1, 2, 5, ["Redriven 0 images.", "Not decided: 1 image. Out: Storage is out."]]


def test_the_log_is_sent_no_filter_that_is_longer_than_it_takes(page: Browser) -> None:
    result = page.run(
        """const { Operation } = await new Page().module("operation.js");
           const sent = (q) => new Operation({ action: "redrive", items: [], filter: { q } }).fields.filter;
           const long = ["x".repeat(1016), "x".repeat(1017), "写".repeat(338), "写".repeat(339)];
           return long.map((q) => sent(q).too_long);"""
    )
    assert result == [None, True, None, True]


def test_a_refused_batch_is_not_sent_again(page: Browser) -> None:
    result = page.run(
        FIVE
        + """const detail = "This call needs operator."; page.answer("POST jobs/actions", { title: "No", detail },
               { status: 403 }); await choose(3); await press("Redrive 1"); await page.advance(600000);
             return [sent().length, page.texts(".bulk p").at(-1)];"""
    )
    assert result == [1, "Not decided: 1 image. No: This call needs operator."]


def test_what_was_deleted_is_gone_from_the_gallery_at_once(page: Browser) -> None:
    result = page.run(
        FIVE
        + """await choose(2); page.answer("GET images", new Promise(() => {}));
             await press("Delete 1"); await page.click("dialog .danger"); return page.texts("#cards .name");"""
    )
    assert result == ["PENDING", "RUNNING", "FAILED", "CANCELED"]
