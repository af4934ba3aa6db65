"""Uploads: names, progress, what happens when one fails, and that none replaces an image unasked."""

import json

import pytest

from tests.unit.dashboard.browser import Browser

#: A page that takes files; `taken` answers for a name.
PAGE = """const page = new Page(), file = (name, fields = {}) => ({ name, size: 5, type: "image/png", ...fields });
    const taken = (name, image_id = "f".repeat(32)) => (
      page.answer(`PUT images/${name}`, { id: "j", image_id }, { status: 202 }));
    const upload = async (...files) => {
      Object.defineProperty(page.$("input[type=file]"), "files", { value: files, configurable: true });
      await page.fire("input[type=file]", "change");
    };
    const text = () => page.text(".uploads p"), lines = () => page.texts(".uploads li");
    const puts = () => page.sent("PUT").map(({ path }) => path); await page.load();"""


def test_each_segment_of_an_uploaded_name_is_encoded_and_no_image_is_replaced(page: Browser) -> None:
    result = page.run(
        PAGE
        + """page.$(".options input").value = "/a/<b>/"; await upload(file("c %?#\\"'é;.png", { type: "text/html" }));
             const { path, headers } = page.sent("PUT")[0]; return [path, headers];"""
    )
    assert result[0] == "images/a/%3Cb%3E/c%20%25%3F%23%22'%C3%A9%3B.png"
    assert result[1] == {"Content-Type": "application/octet-stream", "If-None-Match": "*"}


def test_an_upload_carries_the_key_in_its_header(page: Browser) -> None:
    result = page.run(
        PAGE.replace("new Page()", 'new Page("http://localhost/api/dashboard?code=k")')
        + """await upload(file("a")); return page.sent("PUT")[0].headers["x-functions-key"];"""
    )
    assert result == "k"


def test_a_name_that_a_browser_would_resolve_is_not_sent_and_the_others_are(page: Browser) -> None:
    result = page.run(
        PAGE + """taken("b"); await upload(file("x/../a"), file("b")); return [puts(), text(), lines()];"""
    )
    assert result[:2] == [["images/b"], "1 uploaded, 1 failed."]
    assert result[2] == ["x/../a: A name can't have “.” or “..” between slashes."]


def test_a_name_that_the_host_would_decode_to_another_is_not_sent(page: Browser) -> None:
    result = page.run(
        PAGE
        + """taken("50%25%20a.png"); await upload(file("%41.png"), file("x/%e4.png"), file("50% a.png"));
           return [puts(), text(), lines().length];"""
    )
    assert result == [["images/50%25%20a.png"], "1 uploaded, 2 failed.", 2]


def test_an_upload_replaces_only_where_that_is_wanted(page: Browser) -> None:
    result = page.run(
        PAGE
        + """page.answer("PUT images/a", { status: 412 }, { status: 412 }); await upload(file("a"));
             const seen = [text()]; page.$(".options [type=checkbox]").checked = true; taken("a");
             await upload(file("a")); return [...seen, text(), page.sent("PUT")[1].headers];"""
    )
    assert result[0] == "0 uploaded, 1 left as they are, because their names are taken."
    assert result[1:] == ["1 uploaded.", {"Content-Type": "image/png"}]


def test_four_go_at_once_and_the_next_when_one_has_ended(page: Browser) -> None:
    result = page.run(
        PAGE
        + """await upload(...["a", "b", "c", "d", "e", "f"].map((name) => file(name))); const seen = [puts().length];
             page.transfers[1].respond(202, { id: "j", image_id: "i" }); await page.settled();
             return [...seen, puts().at(-1), text()];"""
    )
    assert result == [4, "images/e", "Uploading: 1 of 6 done, 5 bytes of 30 bytes."]


def test_progress_is_that_of_all_bytes(page: Browser) -> None:
    result = page.run(
        PAGE
        + """await upload(file("a", { size: 100 }), file("b", { size: 300 })); page.transfers[1].progress(200, 320);
             const { value, max } = page.$(".uploads progress"); return [value, max, text()];"""
    )
    assert result == [200, 400, "Uploading: 0 of 2 done, 200 bytes of 400 bytes."]


def test_an_upload_whose_answer_was_lost_is_sent_again_and_found_done(page: Browser) -> None:
    result = page.run(
        PAGE
        + """await upload(file("a")); page.transfers[0].fail(); await page.settled();
             const seen = [puts().length, text()]; await page.advance(1000); seen.push(puts().length);
             page.transfers[1].respond(412, {}); await page.settled();
             return [...seen, text(), page.sent("PUT")[1].headers["If-None-Match"]];"""
    )
    assert result[:2] == [1, "Uploading: 0 of 1 done, 0 bytes of 5 bytes. Trying again: The service did not respond."]
    assert result[2:] == [2, "0 uploaded, 1 left as they are, because their names are taken.", "*"]


def test_a_busy_service_is_given_the_time_it_asks_for_and_at_last_the_failure_is_said(page: Browser) -> None:
    result = page.run(
        PAGE
        + """page.answer("PUT images/a", { title: "Busy", detail: "Too many." }, { status: 503, "Retry-After": "30" });
             await upload(file("a")); await page.advance(29000); const seen = [puts().length]; await page.advance(1000);
             seen.push(puts().length); await page.advance(600000); seen.push(puts().length, text(), lines());
             taken("a"); await page.click(page.named("Try again")); return [...seen, text()];"""
    )
    assert result == [1, 2, 4, "0 uploaded, 1 failed.", ["a: Busy: Too many."], "1 uploaded."]


@pytest.mark.parametrize(
    "body", ["<html>Signed in.</html>", "", "null", "[]", {}, {"id": "j"}, {"id": 1, "image_id": 2}]
)
def test_an_upload_whose_answer_cant_be_read_has_failed_and_can_be_tried_again(page: Browser, body: object) -> None:
    result = page.run(
        PAGE
        + f"""page.answer("PUT images/a", {json.dumps(body)}, {{ status: 202 }}); await upload(file("a"), file("b"));
             const seen = [puts().length]; page.transfers[1].respond(202, {{ id: "j", image_id: "f".repeat(32) }});
             await page.settled(); seen.push(text(), lines()); taken("a"); await page.click(page.named("Try again"));
             return [...seen, puts().length, text()];"""
    )
    sentence = "The response can't be read. Something else than the service may have sent it. Try again."
    assert result == [2, "1 uploaded, 1 failed.", [f"a: {sentence}"], 3, "2 uploaded."]


def test_a_file_that_is_refused_is_not_sent_again(page: Browser) -> None:
    result = page.run(
        PAGE
        + """page.answer("PUT images/a", { title: "Too large", detail: "<b>Limit</b>." }, { status: 413 });
             await upload(file("a")); await page.advance(600000); return [puts().length, lines()];"""
    )
    assert result == [1, ["a: Too large: <b>Limit</b>."]]


def test_uploads_can_be_stopped_and_gone_on_with(page: Browser) -> None:
    result = page.run(
        PAGE
        + """await upload(...["a", "b", "c", "d", "e"].map((name) => file(name))); await page.click(page.named("Stop"));
             const seen = [puts().length, page.transfers.every(({ ended }) => ended), text()];
             await page.click(page.named("Try again")); return [...seen, puts().length];"""
    )
    assert result == [4, True, "0 uploaded, 5 failed.", 8]


def test_what_was_just_uploaded_comes_first_before_and_after_the_list_knows_it(page: Browser) -> None:
    result = page.run(
        PAGE
        + """page.image("old"); page.image("other"); await page.advance(30000); taken("new", "9".repeat(32));
             await upload(file("new")); const seen = [page.texts("#cards .name")];
             page.image("new").image_id = "9".repeat(32);
             page.images.at(-1).state = "RUNNING"; await page.advance(4000);
             return [...seen, page.texts("#cards .name"), page.texts("#cards .state")[0]];"""
    )
    assert result == [["new", "old", "other"], ["new", "old", "other"], "RUNNING"]


def test_uploads_go_on_while_another_page_is_shown(page: Browser) -> None:
    result = page.run(
        PAGE
        + """await upload(file("a"), file("b")); await page.go("#/jobs");
             page.transfers[0].respond(202, { id: "j", image_id: "i" }); await page.settled();
             await page.go("#/images"); return text();"""
    )
    assert result == "Uploading: 1 of 2 done, 5 bytes of 10 bytes."


def test_files_can_be_dropped_anywhere_and_nothing_else_is_taken(page: Browser) -> None:
    result = page.run(
        PAGE
        + """const kept = [];
             for (const types of [["text/plain"], ["Files"]]) {
               const dataTransfer = { types, files: [file("a")] };
               const event = await page.fire(page.document.body, "drop", { dataTransfer });
               kept.push(event.defaultPrevented);
             } return [puts(), kept];"""
    )
    assert result == [["images/a"], [False, True]]


def test_a_folder_is_dropped_with_all_that_is_in_it_under_its_name(page: Browser) -> None:
    result = page.run(
        PAGE
        + """const one = (fullPath) => ({ isFile: true, fullPath, file: (take) => take(file(fullPath)) });
             const folder = (fullPath, ...parts) => ({ isFile: false, fullPath, createReader: () => ({
               readEntries: (take) => take(parts.splice(0, 1)) }) });
             const tree = folder("/a", one("/a/x"), folder("/a/b", one("/a/b/y"), one("/a/b/z")));
             const items = [{ webkitGetAsEntry: () => tree }];
             await page.fire(page.document.body, "drop", { dataTransfer: { types: ["Files"], items, files: [] } });
             await page.settled(); return puts();"""
    )
    assert result == ["images/a/x", "images/a/b/y", "images/a/b/z"]


def test_the_same_files_can_be_chosen_again_and_of_many_failures_the_first_are_named(page: Browser) -> None:
    result = page.run(
        PAGE
        + """page.$("input[type=file]").value = ""; const all = Array.from({ length: 25 }, (_, at) => file(`../${at}`));
             await upload(...all); return [page.$("input[type=file]").value, lines().length, lines().at(-1)];"""
    )
    assert result == ["", 21, "and 5 more"]


def test_a_name_that_a_browser_would_resolve_is_not_sent(page: Browser) -> None:
    result = page.run(
        """const { imagePath } = await new Page().module("upload.js");
           return ["a/<b>/c %?#\\"'é;.png", "a/../x", ".", "a/..", "..a/b.."].map((name) => {
             try { return imagePath(name); } catch (error) { return error.message; }
           });"""
    )
    refused = "A name can't have “.” or “..” between slashes."
    assert result[0] == "images/a/%3Cb%3E/c%20%25%3F%23%22'%C3%A9%3B.png"
    assert result[1:] == [refused, refused, refused, "images/..a/b.."]
