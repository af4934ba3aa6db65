"""What docs/site_hooks.py and mkdocs.yml make of documents, on a page or two; `dev.py check` builds all of them."""

import json
import logging
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.structure.files import InclusionLevel, get_files

from docs.site_hooks import MERMAID, ROOT

Build = Callable[[str], Path]
PAGES = [*(ROOT / "docs").rglob("*.md")]
_DIAGRAM = re.compile(r"```mermaid\n(\S+)")


@pytest.fixture
def build_page(tmp_path: Path) -> Build:
    """Text in; the folder of a site with that page out."""
    (tmp_path / "docs").mkdir()

    def build_page(text: str) -> Path:
        (tmp_path / "docs" / "index.md").write_text(text, "utf-8")
        folders = {"docs_dir": str(tmp_path / "docs"), "site_dir": str(tmp_path / "site")}
        address = "http://127.0.0.1:8000/"  # as `dev.py docs --serve` sets it
        build(load_config(str(ROOT / "mkdocs.yml"), nav=["index.md"], strict=False, site_url=address, **folders))
        return tmp_path / "site"

    return build_page


def test_a_link_out_of_docs_leads_to_a_copy_on_the_site(build_page: Build, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "mkdocs")
    site = build_page("[samples](../samples/README.md), [licence](../LICENSE)")
    assert caplog.messages == []
    page = (site / "index.html").read_text("utf-8")
    for link in ("repository/samples/index.html", "repository/LICENSE"):
        assert f'href="{link}"' in page
        assert (site / link).is_file()
    assert (site / "repository" / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


BROKEN = """
[page](nowhere.md), [file](../nowhere.txt), [heading](#nowhere), [root](/nowhere.md)
- no list

| no | table |

![image](https://example.org/image.png)
"""
WARNINGS = (
    "'nowhere.md', but the target is not found",
    "nowhere.txt', but the target is not found",
    "'#nowhere', but there is no such anchor",
    "absolute link '/nowhere.md'",
    "no list or table",
    "loads https://example.org/image.png",
)


def test_all_that_is_wrong_with_a_page_is_a_warning_which_fails_the_strict_build(
    build_page: Build, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING, "mkdocs")
    build_page(BROKEN)
    messages = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    missing = [warning for warning in WARNINGS if not any(warning in message for message in messages)]
    assert missing == [], messages
    assert load_config(str(ROOT / "mkdocs.yml")).strict


def test_no_script_that_makes_documents_is_published() -> None:
    files = get_files(load_config(str(ROOT / "mkdocs.yml")))
    published = {file.src_uri for file in files if file.inclusion.value >= InclusionLevel.UNDEFINED.value}
    assert "report.schema.json" in published
    assert {name for name in published if ".py" in name} == {"examples/worker.py"}


def test_mermaid_is_pinned_and_comes_from_the_site_itself() -> None:
    version = json.loads((ROOT / "package.json").read_text())["devDependencies"]["@mermaid-js/tiny"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", version)
    assert load_config(str(ROOT / "mkdocs.yml")).extra_javascript == ["javascripts/mermaid.js"]
    if not MERMAID.exists():
        pytest.skip("no node_modules")
    assert b'globalThis["mermaid"] = ' in MERMAID.read_bytes()[-200:]


def test_every_diagram_is_of_a_kind_that_the_pinned_build_of_mermaid_has() -> None:
    kinds = [kind for page in PAGES for kind in _DIAGRAM.findall(page.read_text("utf-8"))]
    assert len(kinds) > 3
    assert {*kinds} <= {"flowchart", "sequenceDiagram", "stateDiagram-v2"}
