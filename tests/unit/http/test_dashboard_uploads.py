"""The page at work on uploads."""

from tests.unit.http.dashboard_browser import Browser

OUT = """{ title: "Service Unavailable", detail: "Storage is out.", status: 503, code: "storage_out" }"""
ACCEPTED = """const page = new Page(), job = page.image(); await page.load();
    const put = (name) => page.answer(`PUT images/${name}`, { id: job.id }, { status: 202, "Retry-After": "2" });"""


def test_each_segment_of_an_uploaded_name_is_encoded(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(); page.$("folder").value = "a/<b>";
           await page.upload({ name: "c %?#\\"'é;.png", size: 5, type: "" });
           const { path, headers } = page.sent("PUT")[0]; return [path, headers];"""
    )
    assert result[0] == "images/a/%3Cb%3E/c%20%25%3F%23%22'%C3%A9%3B.png"
    assert result[1] == {"Content-Type": "application/octet-stream", "If-None-Match": "*"}


def test_a_name_that_a_browser_would_resolve_is_not_sent(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(); page.$("folder").value = "a/..";
           await page.upload({ name: "x", size: 5, type: "" }); return [page.sent("PUT").length, page.text("news")];"""
    )
    assert result == [0, "a/../x: A name can't have “.” or “..” between slashes."]


def test_an_upload_replaces_only_where_that_is_wanted(page: Browser) -> None:
    result = page.run(
        ACCEPTED
        + """page.answer("PUT images/a", { status: 412 }, { status: 412 });
             const file = { name: "a", size: 1, type: "image/png" }; await page.upload(file);
             const refused = page.text("news"); page.$("replace").checked = true; put("a");
             await page.upload(file); return [refused, page.sent("PUT")[1].headers];"""
    )
    assert result == [
        "a: This name is taken. Tick “Replace” to replace the image.",
        {"Content-Type": "image/png"},
    ]


def test_an_upload_is_followed_until_its_job_has_ended_as_often_as_it_wants(page: Browser) -> None:
    result = page.run(
        ACCEPTED
        + """put("a"); const place = `GET jobs/${job.id}`, count = () => page.sent("GET", `jobs/${job.id}`).length;
             page.answer(place, { ...job, state: "RUNNING", progress: 0.5 }, { "Retry-After": "9" });
             await page.upload({ name: "a", size: 1, type: "" }); const seen = [count()]; await page.advance(2000);
             seen.push(count(), page.text("uploads"), page.$("uploads").all("progress")[0].value);
             page.answer(place, { ...job, state: "FAILED", error: { code: "x", message: "No." } });
             await page.advance(8000); seen.push(count()); await page.advance(1000); await page.advance(60000);
             return [...seen, count(), page.text("news"), page.$("uploads").all("progress").length];"""
    )
    assert result == [0, 1, " a RUNNING", 0.5, 1, 2, "a: FAILED: x: No.", 0]


def test_following_outlives_an_outage_and_waits_for_a_viewer(page: Browser) -> None:
    result = page.run(
        ACCEPTED
        + f"""put("a"); const count = () => page.sent("GET", `jobs/${{job.id}}`).length, place = `GET jobs/${{job.id}}`;
              page.answer(place, {OUT}, {{ status: 503, "Retry-After": "20" }});
              await page.upload({{ name: "a", size: 1, type: "" }}); await page.advance(2000);
              const seen = [count()]; await page.advance(19000); seen.push(count());
              await page.see(true); await page.advance(60000); seen.push(count());
              page.answer(place, job); await page.see(false); return [...seen, count(), page.text("news")];"""
    )
    assert result == [1, 1, 1, 2, "a: COMPLETED"]


def test_files_can_be_dropped_anywhere_and_nothing_else_is_taken(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(), kept = []; const preventDefault = () => kept.push(true);
           const files = [{ name: "a", size: 1, type: "" }];
           for (const types of [["text/plain"], ["Files"]]) {
             await page.fire("document", "drop", { preventDefault, dataTransfer: { types, files } });
           } return [page.sent("PUT").length, kept.length];"""
    )
    assert result == [1, 1]


def test_the_same_files_can_be_chosen_again_and_old_lines_make_room(page: Browser) -> None:
    result = page.run(
        """const page = await new Page().load(); page.$("files").value = "C:/a";
           await page.upload(...Array.from({ length: 21 }, (_, at) => ({ name: `${at}`, size: 1, type: "" })));
           await page.settled(); const lines = page.$("uploads").children;
           return [page.$("files").value, lines.length, lines[0].textContent];"""
    )
    assert result == ["", 20, " 20 The service responded with 404."]
