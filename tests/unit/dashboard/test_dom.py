"""How elements are made: of text alone, with attributes that run and load nothing."""

import pytest

from tests.unit.dashboard.browser import Browser

HOSTILE = "<script>alert(1)</script> \"'%2F & é"


def test_a_hostile_text_is_text(page: Browser) -> None:
    result = page.run(
        f"const text = {HOSTILE!r};"
        """const page = new Page(), { make } = await page.module("dom.js"), node = make("p", text, { title: text });
           return [node.childNodes.length, node.textContent, node.getAttribute("title")];"""
    )
    assert result == [1, HOSTILE, HOSTILE]


@pytest.mark.case("security L", was="a name turned around what stood beside it")
def test_characters_that_turn_text_around_or_have_no_shape_are_shown_by_their_numbers(page: Browser) -> None:
    result = page.run(
        """const { visible } = await new Page().module("dom.js");
           const texts = ["invoice_\\u202egnp.exe\\u200b\\u0007", "a\\u{e0041}\\ufeff\\u2066", "two\\nlines\\té 👍", 7];
           return texts.map(visible);"""
    )
    assert result == [
        "invoice_[U+202E]gnp.exe[U+200B][U+0007]",
        "a[U+E0041][U+FEFF][U+2066]",
        "two\nlines\té 👍",
        "7",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("onclick", "x()"), ("ONLOAD", "x()"), ("style", "color: red"), ("src", "x"), ("srcdoc", "x")]
    + [
        ("href", value) for value in ("javascript:x()", "https://example.org", "//example.org", "#/a b", "data:,", "#x")
    ],
)
def test_an_attribute_that_runs_or_loads_something_is_refused(page: Browser, name: str, value: str) -> None:
    result = page.run(
        f"const attributes = {{ {name!r}: {value!r} }};"
        """const { make } = await new Page().module("dom.js");
           try { make("a", "", attributes); } catch (error) { return error.message; }"""
    )
    assert result == f"refused attribute: {name}"


def test_an_attribute_is_there_without_a_value_where_it_is_true_and_not_at_all_where_it_is_false(page: Browser) -> None:
    result = page.run(
        """const { make } = await new Page().module("dom.js");
           const node = make("input", "", { required: true, disabled: false, title: null, value: "a\\u200b" });
           return [...node.attributes].map(({ name, value }) => [name, value]);"""
    )
    assert result == [["required", ""], ["value", "a\u200b"]]


KEPT = """const page = new Page(), { keep, make } = await page.module("dom.js"), list = make("ul");
    page.document.body.append(list); const named = (item) => item.id;
    const draw = (item) => make("li", [make("button", item.id), make("a", item.text, { href: "#/a" })]);
    const show = (...items) => keep(list, items, named, draw);"""


def test_an_item_that_has_not_changed_keeps_its_node_wherever_it_goes(page: Browser) -> None:
    result = page.run(
        KEPT
        + """show({ id: "a" }, { id: "b" }); const [a, b] = list.children; b.querySelector("a").focus();
             show({ id: "new" }, { id: "b" }, { id: "a" });
             return [list.children[1] === b, list.children[2] === a, page.document.activeElement === b.lastChild];"""
    )
    assert result == [True, True, True]


def test_an_item_that_has_changed_keeps_the_focus_on_the_same_control(page: Browser) -> None:
    result = page.run(
        KEPT
        + """show({ id: "a", text: "1" }); const [first] = list.children; first.querySelector("a").focus();
             show({ id: "a", text: "2" });
             return [list.children[0] === first, page.document.activeElement.textContent];"""
    )
    assert result == [False, "2"]


def test_news_are_written_once(page: Browser) -> None:
    result = page.run(
        """const page = new Page(), { say } = await page.module("dom.js"), seen = [];
           const textContent = { get: () => seen.at(-1), set: (text) => seen.push(text) };
           Object.defineProperties(page.$("#news"), { textContent });
           for (const text of ["One.", "One.", "Two."]) say("news", text);
           return seen;"""
    )
    assert result == ["One.", "Two."]
