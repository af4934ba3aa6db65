"""The page as a file: what it may hold, and that its policy lets it run."""

import base64
import hashlib
import re
import subprocess
from html.parser import HTMLParser

from shared.http import dashboard
from tests.unit.http.client import Client

HTML = dashboard.FILE.read_bytes().decode()
#: Ways by which text becomes markup or code, or a key outlives the page.
SINKS = (
    "innerHTML|outerHTML|insertAdjacentHTML|document.write|srcdoc|setHTML|createContextualFragment|DOMParser|eval|"
    "Function|import|localStorage|sessionStorage|indexedDB|cookie|caches|serviceWorker|innerText"
)


class Tags(HTMLParser):
    """The page's tags as a browser reads them, and the text of its style and script."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self.labels: list[str | None] = []
        self._open: list[str] = []
        self.feed(HTML)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep a tag, and whether it stands in a label."""
        self.tags.append((tag, dict(attrs)))
        if tag in ("input", "select") and "label" in self._open:
            self.labels.append(dict(attrs)["id"])
        self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element, and those in it that need no end."""
        while self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        """Keep what style and script hold."""
        if self._open and self._open[-1] in self.inline:
            self.inline[self._open[-1]].append(data)


TAGS = Tags()
(SCRIPT,) = TAGS.inline["script"]
IDS = [attributes["id"] for _, attributes in TAGS.tags if "id" in attributes]


def test_the_policy_names_the_page_s_own_style_and_script(client: Client) -> None:
    response = client.call("GET", "/dashboard")
    assert (response.status, response.body.decode()) == (200, HTML)
    policy = dict(part.strip().split(" ", 1) for part in response.headers["content-security-policy"].split(";"))
    for kind, (inline,) in TAGS.inline.items():
        digest = base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode()
        assert policy[f"{kind}-src"] == f"'sha256-{digest}'"
    assert policy["default-src"] == "'none'"


def test_where_trusted_types_are_known_no_text_becomes_markup() -> None:
    assert dashboard.policy("").endswith("; require-trusted-types-for 'script'; trusted-types 'none'")


def test_an_address_with_a_key_in_it_is_told_to_nobody_and_kept_nowhere(client: Client) -> None:
    headers = client.call("GET", "/dashboard").headers
    assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")


def test_the_page_is_small_and_its_lines_end_as_browsers_hash_them() -> None:
    assert len(HTML.encode()) < 30_000
    assert "\r" not in HTML
    assert max(map(len, HTML.splitlines())) <= 120


def test_nothing_in_the_page_makes_markup_or_code_of_text_or_keeps_a_key() -> None:
    assert re.findall(rf"\b({SINKS})\b", HTML) == []
    assert re.findall(r"set(?:Timeout|Interval)\(\s*[\"'`]|javascript:", HTML) == []


def test_there_is_no_inline_handler_or_style() -> None:
    names = {name for _, attributes in TAGS.tags for name in attributes}
    assert {name for name in names if name.startswith("on") or name == "style"} == set()
    assert re.findall(r"\.on[a-z]+\s*=[^=]|[\"']on[a-z]+[\"']|[\"']style[\"']", SCRIPT) == []


def test_the_page_refers_to_nothing_outside() -> None:
    assert re.findall(r"(?:https?:)?//[\w.]+\.\w+|\burl\(|@import", HTML) == []
    places = [attributes[name] for _, attributes in TAGS.tags for name in ("src", "href") if name in attributes]
    assert places == ["data:,"]


def test_the_script_is_a_module_that_parses() -> None:
    command = ["node", "--input-type=module", "--check"]
    result = subprocess.run(command, input=SCRIPT, capture_output=True, text=True, timeout=30, check=False)
    assert result.returncode == 0, result.stderr


def test_every_field_has_a_label_and_every_region_a_name() -> None:
    fields = [attributes["id"] for tag, attributes in TAGS.tags if tag in ("input", "select")]
    assert TAGS.labels == fields
    for tag, attributes in TAGS.tags:
        if tag in ("section", "dialog") or attributes.get("role") == "region":
            assert attributes["aria-labelledby"] in IDS
    assert ("html", {"lang": "en"}) in TAGS.tags


def test_the_script_names_elements_that_are_there() -> None:
    assert len(set(IDS)) == len(IDS)
    named = set(re.findall(r"\$\(\"([\w-]+)\"\)|(?:listen|now|say)\(\"([\w-]+)\"", SCRIPT))
    assert {one or other for one, other in named} <= set(IDS)


def test_functions_of_the_script_are_short() -> None:
    bodies = re.findall(r"^(?:async )?function (\w+)[^\n]*\{\n(.*?)^\}", SCRIPT, re.DOTALL | re.MULTILINE)
    assert len(bodies) > 40
    assert [name for name, body in bodies if body.count("\n") > 38] == []
