"""The page of one image: its picture, its report, and the buttons of its job."""

import json
from typing import Any

from tests.unit.dashboard.browser import Browser

HOSTILE = "<img src=x onerror=alert(1)>\u202e.png"
IMAGE_ID = "f" * 32
JOB: dict[str, Any] = {
    "id": f"image-analysis-{'a' * 32}",
    "state": "COMPLETED",
    "created_at": "2026-05-04T03:00:00Z",
    "updated_at": "2026-05-04T03:00:01Z",
    "progress": None,
    "error": None,
    "report": {"thumbnail": {"width_px": 30, "height_px": 20}, "color": {"mean": "#102030"}},
}
IMAGE: dict[str, Any] = {"image_id": IMAGE_ID, "name": "cat.png", "etag": "0x1", "state": "COMPLETED", "ended_at": None}
#: ``shown(image, job)`` answers with an image.
SHOWN = f"""const page = new Page("http://localhost/api/dashboard#/images/{IMAGE_ID}"), path = "images/{IMAGE_ID}";
  const job = {json.dumps(JOB)}, jobPath = `jobs/${{job.id}}`;
  const shown = (image = {{}}, more = {{}}) =>
    page.answer(`GET ${{path}}`, {{ ...{json.dumps(IMAGE)}, job: {{ ...job, ...more }}, ...image }});
  page.answer(`GET ${{path}}/thumbnail`, "tiny", {{ "Content-Type": "image/webp" }});
  page.answer(`GET ${{jobPath}}`, job, {{ ETag: '"seen"' }});
"""


def test_the_thumbnail_is_fetched_with_the_key_and_shown_until_the_page_is_left(page: Browser) -> None:
    result = page.run(
        SHOWN.replace("dashboard#", "dashboard?code=k#")
        + """shown(); await page.load(); const image = page.$("main img"), before = page.urls[image.src];
             await page.go("#/overview");
             return [page.sent("GET", `${path}/thumbnail`)[0].headers, image.alt, before, page.urls[image.src]];"""
    )
    assert result == [{"x-functions-key": "k"}, "Thumbnail of cat.png", True, False]


def test_a_hostile_name_is_text_also_where_it_describes_the_picture(page: Browser) -> None:
    result = page.run(
        SHOWN
        + f"""shown({{ name: {json.dumps(HOSTILE)} }}); await page.load();
                    return [page.text("h1"), page.all("main img").length, page.$("main img").alt];"""
    )
    assert result == ["<img src=x onerror=alert(1)>[U+202E].png", 1, "Thumbnail of " + result[0]]


def test_any_report_leaves_the_page_whole(page: Browser) -> None:
    reports = [1, "x", [], [1], {"thumbnail": 5, "placeholder": {"blurhash": {}}, "color": {"mean": {"toString": 1}}}]
    result = page.run(
        f"""const seen = []; for (const report of {json.dumps(reports)}) {{ {SHOWN} shown({{}}, {{ report }});
              await page.load(); seen.push([page.text("h1"), page.text("#trouble")]); }} return seen;"""
    )
    assert result == [["cat.png", ""]] * len(reports)


def test_an_image_whose_job_was_purged_says_so_and_has_no_buttons(page: Browser) -> None:
    result = page.run(
        SHOWN
        + """shown({ job: null }); await page.load();
                   return [page.text("main").includes("Its job was purged."), page.named("Delete")];"""
    )
    assert result == [True, None]


def test_a_button_sends_the_version_of_the_job_that_is_shown(page: Browser) -> None:
    result = page.run(
        SHOWN
        + """shown(); page.answer(`DELETE ${jobPath}`, null, { status: 204 }); await page.load();
                   await page.click(page.named("Delete")); await page.click("dialog .danger");
                   return page.sent("DELETE").map(({ path, headers }) => [path, headers["If-Match"]]);"""
    )
    assert result == [[f"jobs/{JOB['id']}", '"seen"']]


def test_a_job_that_has_changed_since_is_not_touched(page: Browser) -> None:
    result = page.run(
        SHOWN
        + """shown(); await page.load(); await page.click(page.named("Delete"));
                   page.answer(`GET ${jobPath}`, { ...job, updated_at: "2026-05-04T03:09:00Z" }, { ETag: '"new"' });
                   await page.click("dialog .danger");
                   return [page.sent("DELETE").length, page.texts("main [role=alert]").join("")];"""
    )
    assert result == [0, "The job has changed. Look at it again, then decide."]


def test_a_picture_stays_while_what_stands_beside_it_changes(page: Browser) -> None:
    result = page.run(
        SHOWN
        + """shown({}, { state: "RUNNING" }); await page.load(); const image = page.$("main img");
             shown({ state: "COMPLETED" }, { state: "COMPLETED" }); await page.advance(4000);
             const count = page.sent("GET", `${path}/thumbnail`).length;
             return [page.text(".state"), page.$("main img") === image, count];"""
    )
    assert result == ["COMPLETED", True, 1]


def test_an_image_that_has_not_changed_keeps_its_nodes(page: Browser) -> None:
    result = page.run(
        SHOWN
        + """shown(); await page.load(); const image = page.$("main img"), card = page.$(".report .card");
                   await page.advance(10000); return [page.sent("GET", path).length > 2, page.$("main img") === image,
                     page.$(".report .card") === card];"""
    )
    assert result == [True, True, True]
