"""The page of images: what it shows, what it asks for, and how it is walked through."""

import pytest

from tests.unit.dashboard.browser import Browser

HOSTILE = "<img src=x onerror=alert(1)>/\"'%2F & é"
FAILED = """{ state: "FAILED", summary: null, error: { code: "corrupt_image", message: "<i>Cut</i>" } }"""


def test_the_newest_images_come_first_and_brief(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.image("b"); page.image("a"); await page.load();
           return [page.texts("#cards .name"), page.sent("GET", "images?").map(({ path }) => path)];"""
    )
    assert result == [["b", "a"], ["images?order=newest&brief=true&limit=12"]]


def test_a_card_says_what_is_known_of_its_image(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.image("cat.png", { summary: { flags: ["low_contrast", "gps"] } });
           page.image("cut.png", """
        + FAILED
        + """); page.image("new.png", { state: "RUNNING", progress: 0.5 }); await page.load();
           const facts = page.texts("#cards .small.cut, #cards .bad");
           return [page.texts("#cards .state"), page.texts("#cards .chip"), facts, page.$("#cards progress").value];"""
    )
    assert result[:2] == [["COMPLETED", "FAILED", "RUNNING"], ["low contrast", "gps"]]
    assert result[2:] == [["320 × 214 · PNG · 8.19 kB", "corrupt_image: <i>Cut</i>", "320 × 214 · PNG · 8.19 kB"], 0.5]


def test_a_hostile_name_is_text_and_its_link_leads_to_its_own_page(page: Browser) -> None:
    result = page.run(
        f"const name = {HOSTILE!r};"
        """const page = new Page(); const { image_id: id } = page.image(name); await page.load();
           const link = page.$("#cards a"); return [link.textContent, link.title, link.hash === `#/images/${id}`,
             page.all("#cards img[src=x]").length];"""
    )
    assert result == [HOSTILE, HOSTILE, True, 0]


SUMMARIES = [
    *(
        "1",
        "[]",
        "true",
        '"x"',
        "{}",
        '{"flags": 7}',
        '{"flags": [null, {"a": 1}]}',
        '{"mean": {"a": []}, "blurhash": 5}',
    ),
    *('{"mean": "url(x)", "blurhash": "<b>"}', '{"width_px": "x", "bytes": -1, "format": []}', '{"thumbnail": "yes"}'),
]


@pytest.mark.case("security M4", was="no cards at all")
@pytest.mark.parametrize("summary", SUMMARIES)
def test_a_summary_of_any_shape_leaves_its_card_and_all_others(page: Browser, summary: str) -> None:
    result = page.run(
        f"""const page = new Page(); page.image("bad.png").summary = {summary}; page.image("good.png");
            await page.load(); return page.texts("#cards .name");"""
    )
    assert result == ["bad.png", "good.png"]


def test_only_a_colour_is_taken_for_a_colour(page: Browser) -> None:
    result = page.run(
        """const page = new Page();
           for (const mean of ["#102030", "url(x)", "red", {}]) page.image("a", { summary: { mean } });
           await page.load(); return page.all("#cards .picture").map((box) => box.style.backgroundColor);"""
    )
    assert result == ["#102030", "", "", ""]


def test_a_thumbnail_comes_with_the_key_and_its_blob_is_let_go(page: Browser) -> None:
    result = page.run(
        """const seen = [];
           for (const end of ["load", "error"]) {
             const page = new Page("http://localhost/api/dashboard?code=k"); page.image(); await page.load();
             const shown = page.$("#cards img"), [call] = page.sent("GET", "images/");
             seen.push(call.path, call.headers["x-functions-key"], page.urls[shown.src]);
             await page.fire(shown, end); seen.push(page.urls[shown.src]);
           } return seen;"""
    )
    assert result == [f"images/{'0' * 32}/thumbnail", "k", True, False] * 2


def test_a_thumbnail_is_asked_for_when_it_comes_into_view_and_only_where_there_is_one(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.image("a"); page.image("b");
           for (const thumbnail of [false, "yes", 1]) page.image("c", { summary: { thumbnail } });
           page.inView = () => false;
           await page.load(); const seen = [page.sent("GET", "images/").length];
           const [view] = page.views, nodes = [...view.nodes]; view.show(nodes[1]); await page.settled();
           return [...seen, nodes.length, page.sent("GET", "images/").map(({ path }) => path.slice(38))];"""
    )
    assert result == [0, 2, ["1/thumbnail"]]


@pytest.mark.parametrize(("status", "calls"), [(200, 1), (404, 1), (503, 2)])
def test_a_thumbnail_is_asked_for_once_unless_it_failed_for_now(page: Browser, status: int, calls: int) -> None:
    result = page.run(
        f"""const page = new Page(), image = page.image();
            page.answers[`GET images/${{image.image_id}}/thumbnail`].status = {status}; await page.load();
            page.image("b"); await page.advance(2000);
            return page.sent("GET", `images/${{image.image_id}}`).length;"""
    )
    assert result == calls


def test_what_lives_keeps_its_card_until_it_changes_and_the_others_theirs(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), live = page.image("live", { state: "RUNNING" }); page.image("done");
           await page.load(); const before = [...page.$("#cards").children];
           page.images[0] = { ...live, state: "COMPLETED" };
           await page.advance(2000); const after = [...page.$("#cards").children];
           return [after[0] === before[0], after[1] === before[1], page.texts("#cards .state")];"""
    )
    assert result == [False, True, ["COMPLETED", "COMPLETED"]]


def test_more_is_loaded_by_the_cursor_and_stays_while_the_first_page_moves_on(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), [a, b, c] = ["a", "b", "c"].map((name) => page.image(name));
           const path = (at) => `GET images?order=newest&brief=true&limit=${at ? 24 : 12}${at}`;
           const answer = (items, cursor, at = "") => page.answer(path(at), { items, cursor, complete: true });
           answer([b], "x/y="); answer([c], null, "&cursor=x%2Fy%3D"); await page.load();
           const seen = [page.texts("#cards .name")]; await page.click(page.named("Load more"));
           seen.push(page.texts("#cards .name")); page.answer("GET images", { items: [a, b], cursor: "x/y=" });
           await page.advance(4000);
           return [...seen, page.texts("#cards .name"), page.named("Load more").hidden];"""
    )
    assert result == [["b"], ["b", "c"], ["a", "b", "c"], True]


#: Pages of one image each: the first, and those behind it by their number, to the end of the list.
PAGES = """const page = new Page(), all = ["a", "b", "c", "d"].map((name) => page.image(name)), asked = [];
    page.answer("GET images", ({ path }) => {
      const query = new URLSearchParams(path.split("?")[1]), at = Number(query.get("cursor") ?? 0);
      asked.push(query.get("limit"));
      return { items: all.slice(at, at + 1), cursor: at < 3 ? String(at + 1) : null, complete: FULL };
    });"""


def test_more_is_loaded_while_the_end_of_the_list_is_in_view(page: Browser) -> None:
    result = page.run(
        PAGES.replace("FULL", "true")
        + """page.inView = (node) => node.tagName !== "BUTTON" || page.all("#cards > li").length < 3; await page.load();
             const seen = [page.texts("#cards .name"), [...asked]]; page.inView = () => true; await page.advance(2000);
             return [...seen, page.texts("#cards .name"), asked.slice(3), page.named("Load more").hidden];"""
    )
    assert result == [["a", "b", "c"], ["12", "24", "24"], ["a", "b", "c", "d"], ["24", "24"], True]


def test_a_search_that_finds_little_goes_on_by_a_click_alone(page: Browser) -> None:
    result = page.run(
        PAGES.replace("FULL", "false").replace("at < 3", "true").replace("at, at + 1", "at, at")
        + """page.inView = () => true; await page.load(); const seen = asked.length;
             await page.click(page.named("Look further")); return [seen, asked.length];"""
    )
    assert result == [5, 6]


def test_a_failure_to_load_more_is_not_repeated_at_once(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), image = page.image("a");
           page.inView = () => true; page.answer("GET images", { items: [image], cursor: "x", complete: true });
           page.answer("GET images?order=newest&brief=true&limit=24&cursor=x", null, { status: 503 });
           await page.load(); const more = page.sent("GET", "images?").filter(({ path }) => path.endsWith("cursor=x"));
           return [more.length, page.text("#trouble"), page.named("Load more").disabled];"""
    )
    assert result == [1, "The service responded with 503.", False]


def test_a_page_that_ended_early_is_gone_on_with_until_something_is_found(page: Browser) -> None:
    result = page.run(
        """const page = new Page("http://localhost/api/dashboard#/images?flag=gps"), found = page.image("far");
           page.answer("GET images", ({ path }) => {
             const at = Number(new URLSearchParams(path.split("?")[1]).get("cursor") ?? 0);
             return { items: at === 3 ? [found] : [], cursor: at === 3 ? null : String(at + 1), complete: at === 3 };
           }); await page.load(); return [page.texts("#cards .name"), page.sent("GET", "images?").length];"""
    )
    assert result == [["far"], 4]


@pytest.mark.parametrize(
    ("hash_", "text"),
    [("", "No images yetDrop some anywhere on this page, or upload them."),
     ("#/images?state=FAILED", "No image matches these filters.Clear filters")],
)  # fmt: skip
def test_a_page_without_images_says_why(page: Browser, hash_: str, text: str) -> None:
    result = page.run(
        f'const page = await new Page("http://localhost/api/dashboard{hash_}").load(); return page.text("main .empty");'
    )
    assert result == text


def test_while_images_are_asked_for_something_stands_there_and_an_error_says_so(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); let answer;
           page.answer("GET images", new Promise((resolve) => { answer = resolve; }), { status: 503 });
           await page.load(); const blank = page.$("main .skeleton").parentNode, seen = [blank.hidden];
           answer(null); await page.settled(); seen.push(blank.hidden, page.text("main .empty"), page.text("#trouble"));
           page.answers = {}; page.image("a"); await page.click(page.named("Try again"));
           return [...seen, page.texts("#cards .name"), page.text("#trouble"), page.$("main .empty").hidden];"""
    )
    assert result[:3] == [False, True, "The images can't be shown now.Try again"]
    assert result[3:] == ["The service responded with 503.", ["a"], "", True]


def test_the_keyboard_walks_from_card_to_card_and_chooses(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); for (const name of ["a", "b", "c"]) page.image(name); await page.load();
           page.$("#cards a").focus(); const seen = [], at = () => page.document.activeElement.textContent;
           for (const key of ["ArrowRight", "End", "ArrowLeft", "Home", "ArrowLeft"]) {
             await page.press(key); seen.push(at());
           }
           await page.press("x"); seen.push(page.all("#cards input").map(({ checked }) => checked));
           const typed = await page.press("a");
           const copied = await page.press("x", page.document.activeElement, { ctrlKey: true });
           return [...seen, typed.defaultPrevented, copied.defaultPrevented];"""
    )
    assert result == ["b", "c", "b", "a", "a", [True, False, False], False, False]


def test_the_gallery_is_asked_for_once_and_before_its_page_has_loaded(page: Browser) -> None:
    result = page.run(
        """const page = new Page("http://localhost/api/dashboard?code=k#/images?state=FAILED"), before = [];
           page.linked = (url) => {
             const sent = page.calls.map(({ path, headers }) => [path, headers]);
             if (url.endsWith("pages/images.js")) before.push(...sent);
             return Page.prototype.linked.call(page, url);
           };
           page.image("a", { state: "FAILED" }); await page.load();
           return [before[0], page.sent("GET", "images?").length, page.texts("#cards .name")];"""
    )
    path = "images?order=newest&brief=true&limit=12&state=FAILED"
    assert result == [[path, {"x-functions-key": "k"}], 1, ["a"]]


def test_what_was_asked_for_beforehand_and_refused_is_asked_for_again(page: Browser) -> None:
    result = page.run(
        """const page = new Page(); page.image("a"); const { body } = page.answers["GET images"]; let calls = 0;
           page.answer("GET images", () => { if ((calls += 1) === 1) throw new Error("no network"); return body; });
           await page.load(); const seen = [page.text("#trouble")]; await page.advance(4000);
           return [...seen, page.text("#trouble"), page.texts("#cards .name")];"""
    )
    assert result == ["The service did not respond: no network", "", ["a"]]


def test_more_of_what_earlier_filters_found_is_not_shown(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), [a, b, c] = ["a", "b", "c"].map((name) => page.image(name)); let late;
           const answer = (items, cursor) => page.answer("GET images", { items, cursor, complete: true });
           answer([a], "x"); await page.load();
           page.answer("GET images", new Promise((resolve) => { late = () => resolve({ items: [b], cursor: null }); }));
           await page.click(page.named("Load more")); answer([c], null); await page.choose("select", "FAILED");
           late(); await page.settled(); return page.texts("#cards .name");"""
    )
    assert result == ["c"]
