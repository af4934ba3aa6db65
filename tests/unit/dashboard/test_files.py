"""The page's files: what they may hold, how large they are, and what the first page loads."""

import re
from html.parser import HTMLParser

import pytest

from shared.http.dashboard.assets import FOLDER

HTML = (FOLDER / "index.html").read_text("utf-8")
FILES = {path.relative_to(FOLDER).as_posix(): path.read_text("utf-8") for path in FOLDER.rglob("*.[cjh][st]*")}
SCRIPTS = {name: text for name, text in FILES.items() if name.endswith(".js")}
#: Ways by which text becomes markup or code, or a key outlives the page.
SINKS = (
    "innerHTML|outerHTML|insertAdjacentHTML|document.write|srcdoc|setHTML|setHTMLUnsafe|createContextualFragment|"
    "DOMParser|eval|Function|localStorage|sessionStorage|indexedDB|cookie|caches|serviceWorker|innerText|WebSocket|"
    "EventSource|sendBeacon|importScripts"
)


class Tags(HTMLParser):
    """The shell's tags as a browser reads them, and the text of what would be inline."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self._open = ""
        self.feed(HTML)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag."""
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._open = "" if tag == self._open else self._open

    def handle_data(self, data: str) -> None:
        """Keep what style and script hold."""
        self.inline += data if self._open in ("style", "script") else ""


TAGS = Tags()


def imports_of(name: str) -> set[str]:
    """Return a script with all that it loads before it runs."""
    direct = re.findall(
        r'^(?:import|export) .*?from "\./([\w./]+)";|^import "\./([\w./]+)";', SCRIPTS[name], re.MULTILINE
    )
    above = re.findall(r'^(?:import|export) .*?from "\.\./([\w./]+)";', SCRIPTS[name], re.MULTILINE)
    folder = name.rpartition("/")[0]
    names = {f"{folder}/{one or other}" for one, other in direct}
    names |= {f"{folder.rpartition('/')[0]}/{one}" for one in above}
    return {name}.union(*(imports_of(each) for each in names))


#: What a browser loads before the first page shows anything.
FIRST = imports_of("js/app.js") | imports_of("js/pages/images.js")
STYLES = re.findall(r'rel="stylesheet" href="dashboard/\{version\}/([^"]+)"', HTML)


def test_what_the_first_page_loads_is_small() -> None:
    sizes = {name: len(FILES[name].encode()) for name in ["index.html", *STYLES, *sorted(FIRST)]}
    assert sum(sizes.values()) <= 60_000, sizes


def test_the_shell_names_beforehand_all_scripts_of_the_first_page_and_no_other() -> None:
    named = re.findall(r'(?:rel="modulepreload" href|src)="dashboard/\{version\}/([^"]+)"', HTML)
    assert sorted(named) == sorted(FIRST)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_file_is_short_and_its_lines_are_too(name: str) -> None:
    lines = FILES[name].splitlines()
    assert len(lines) <= 300
    assert [line for line in lines if len(line) > 120] == []
    assert "\r" not in FILES[name]


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_no_script_makes_markup_or_code_of_text_or_keeps_a_key(name: str) -> None:
    assert re.findall(rf"\b(?:{SINKS})\b", SCRIPTS[name]) == []
    assert re.findall(r"set(?:Timeout|Interval)\(\s*[\"'`]|javascript:", SCRIPTS[name]) == []
    assert re.findall(r"[\"']on[a-z]+[\"']\s*[,:\]]|[\"']style[\"']|\.cssText", SCRIPTS[name]) == []


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_functions_of_a_script_are_short(name: str) -> None:
    bodies = re.findall(r"^( *)(?:[\w ]*)(\w+)\([^;\n]*\) \{\n(.*?)^\1\}", SCRIPTS[name], re.DOTALL | re.MULTILINE)
    assert [title for _, title, body in bodies if body.count("\n") > 38] == []


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_a_script_imports_by_literal_names_beside_it(name: str) -> None:
    names = re.findall(r"\bimport\(([^)]*)\)|\bfrom (\"[^\"]*\")", SCRIPTS[name])
    assert [one or other for one, other in names if not re.fullmatch(r'"\.\.?/[\w./]+\.js"', one or other)] == []


def test_nothing_in_the_page_refers_to_what_is_outside() -> None:
    found = {
        name: re.findall(r"(?:https?:)?//[\w.]+\.\w+[^\s\"]*|\burl\(|@import", text) for name, text in FILES.items()
    }
    assert {name: each for name, each in found.items() if each} == {"js/dom.js": ["http://www.w3.org/2000/svg"]}


def test_the_shell_has_nothing_inline() -> None:
    assert TAGS.inline.strip() == ""
    assert [
        name for _, attributes in TAGS.tags for name in attributes if name.startswith("on") or name == "style"
    ] == []


def test_the_shell_has_landmarks_a_language_and_a_label_for_every_field() -> None:
    names = [tag for tag, _ in TAGS.tags]
    assert {"header", "nav", "main"} <= set(names)
    assert ("html", {"lang": "en"}) in TAGS.tags
    labels = {attributes["for"] for tag, attributes in TAGS.tags if tag == "label"}
    assert labels == {attributes["id"] for tag, attributes in TAGS.tags if tag in ("input", "select")}
