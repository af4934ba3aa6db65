"""The documents say what the code does."""

import json
import re
from dataclasses import fields
from functools import cache
from pathlib import Path

import pytest
from typer.main import get_group

from docs import make
from shared.cli.main import app
from shared.cli.worker_options import parser
from shared.errors import DIED
from shared.http import problems
from shared.http.error_codes import ErrorCode
from shared.settings.settings import Settings
from tests.unit.http.client import Client

ROOT = Path(__file__).resolve().parents[2]
DOCS = make.DOCUMENTS
PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")), ROOT / "samples" / "README.md"]
_CODE = re.compile(
    r'(?:ImageRejected\(|MessageRejected\(|JobError\(|_check\(|\.(?:fail|retry|cancel)\(|(?:Fail|Retry|Cancel)Job\(|give_up\([^"]*'
    r'|_give_back\(claim, |Guard\.\w+\.value: |self\.code = )\s*"([a-z_]+)"',
)
_REFUSAL = re.compile(r'(?:Refused\(|Obstacle\.[A-Z_]+: \()\s*"([a-z_]+)"')
_HEADING = re.compile(r"\]\((?!https?:)([^)#]*)#([^)]+)\)")
#: Code in a line, or a line of a block.
_COMMAND = re.compile(r"(?:`|^ *(?:\S+=\S+ )?(?:\.venv/bin/)?)darkroom ([a-z]+)([^`\n#]*)", re.MULTILINE)
_OPTION = re.compile(r"(?<=[ \[])--[a-z-]+")
_TASK = re.compile(r"dev\.py ([a-z]+)")
_SETTING = re.compile(r"`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`")
#: Of the host, the worker of Python, the examples and deployment, OpenTelemetry, pip, and TLS.
_OF_OTHERS: tuple[str, ...] = (
    "APPLICATIONINSIGHTS_",
    "AZURE_FUNCTIONS_",
    "DARKROOM_",
    "FUNCTIONS_",
    "HTTPS_",
    "NO_COLOR",
    "NO_PROXY",
    "OTEL_",
    "PIP_",
    "PYTHON_",
)
_OF_OTHERS += ("WEBSITE_", "REQUESTS_CA_", "SSL_CERT_", "XDG_")
#: Between cells; one in code must be escaped too.
_BAR = re.compile(r"(?<!\\)\|")
_LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)[^)]*\)")


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_the_tables_of_a_document_are_those_of_the_code(path: Path) -> None:
    text = path.read_text("utf-8")
    assert make.filled(text) == text, "run `python -m docs.make`"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_each_row_of_a_table_has_as_many_cells_as_its_head(path: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", path.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    for rows in re.findall(r"(?:^\|.*\n)+", prose, re.MULTILINE):
        head, *rest = rows.splitlines()
        assert [row for row in rest if len(_BAR.findall(row)) != len(_BAR.findall(head))] == []


def test_every_error_code_in_the_code_is_explained() -> None:
    sources = "".join(path.read_text("utf-8") for path in sorted((ROOT / "shared").rglob("*.py")))
    codes = set(_CODE.findall(sources)) | DIED
    section = (ROOT / "docs" / "design.md").read_text("utf-8").partition("## Error codes")[2]
    assert len(codes) > 15
    assert codes == set(re.findall(r"^\| `([a-z_]+)`", section, re.MULTILINE))


def test_every_warning_of_a_report_is_explained() -> None:
    sources = "".join(path.read_text("utf-8") for path in sorted((ROOT / "shared" / "analysis").rglob("*.py")))
    section = (ROOT / "docs" / "design.md").read_text("utf-8").partition("| warning |")[2].partition("\n\n")[0]
    codes = set(re.findall(r'"([a-z_]+_(?:ignored|missing|unreadable|left_out))"', sources))
    assert len(codes) > 5
    assert codes <= set(re.findall(r"`([a-z_]+)`", section))


OPERATIONS = (ROOT / "docs" / "operations.md").read_text("utf-8")


@pytest.mark.case("host 17", was='"only the queue and an Event Grid subscription wake an app that sleeps"')
def test_operators_are_told_to_look_at_the_age_of_the_last_sweep() -> None:
    (_, advice) = OPERATIONS.split("## Nothing happens")
    advice = " ".join(advice.partition("\n## ")[0].split())
    assert "Queues, Event Grid, timers and HTTP all wake an app that sleeps" in advice
    assert "the age of the last sweep tells" in advice


@pytest.mark.case("host 18", was="summarize count(): rows of a sampled table")
def test_operators_count_lines_of_a_sampled_log_by_what_each_row_stands_for() -> None:
    queries = re.findall(r"```\n(traces.*?)```", OPERATIONS, re.DOTALL)
    assert queries
    assert all("sum(itemCount)" in query and "count()" not in query for query in queries)


def test_every_code_by_which_a_step_refuses_is_a_409_of_the_api() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "shared").rglob("*.py"))
    codes = set(_REFUSAL.findall(sources))
    assert len(codes) > 7
    assert {ErrorCode[code.upper()].status for code in codes} == {409}


def test_every_error_code_is_in_use_and_in_the_openapi_document() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "shared").rglob("*.py"))
    used = {*_REFUSAL.findall(sources), *map(str.lower, re.findall(r"ErrorCode\.([A-Z_]+)", sources))}
    assert used == set(ErrorCode)
    schema = Client().app.openapi()["components"]["schemas"]["ErrorCode"]
    assert schema["enum"] == list(ErrorCode)


@pytest.mark.case("host 15", was="titles by Python's table of phrases, which change with its version")
def test_every_refusal_has_a_title_and_a_meaning_of_our_own() -> None:
    assert all(code.heading[0].isupper() and code.meaning.endswith(".") for code in ErrorCode)
    assert all(code == code.name.lower() for code in ErrorCode)
    assert len({code.heading for code in ErrorCode}) == len(ErrorCode)
    assert problems.document(problems.invalid("body", "must be present."), "/api/jobs")["title"] == "Invalid request"


def test_the_sample_settings_hold_every_setting_with_its_default() -> None:
    values = json.loads((ROOT / "local.settings.sample.json").read_text("utf-8"))["Values"]
    declared = {field.metadata["name"]: field.metadata["default"] for field in fields(Settings)}
    assert {name: values.get(name) for name in declared} == declared


def test_how_to_start_the_page_and_the_command_stand_before_line_forty_of_the_readme() -> None:
    first_screen = (ROOT / "README.md").read_text("utf-8").splitlines()[:40]
    starts = ("python3 dev.py run", "python3 dev.py test", "[![The dashboard", "darkroom upload", "darkroom redrive")
    for start in starts:
        assert [line for line in first_screen if line.startswith(start)], start


def test_no_link_inside_the_repository_is_broken() -> None:
    links = [(path, link) for path in PAGES for link in _LINK.findall(path.read_text("utf-8"))]
    assert len(links) > 50
    assert [(path.name, link) for path, link in links if not (path.parent / link).exists()] == []


def test_no_link_leads_to_a_heading_that_is_not_there() -> None:
    links = [(path, *link) for path in PAGES for link in _HEADING.findall(path.read_text("utf-8"))]
    assert len(links) > 20
    assert [link for link in links if link[2] not in _headings(link[0].parent / link[1] if link[1] else link[0])] == []


@cache
def _headings(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.+)$", path.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_command_that_a_document_shows_is_there_with_its_options() -> None:
    known = {name: {word for each in one.params for word in each.opts} for name, one in get_group(app).commands.items()}
    known["worker"] |= set(parser()._option_string_actions)
    shown = {(path.name, *line) for path in PAGES for line in _COMMAND.findall(path.read_text("utf-8"))}
    assert len(shown) > 30
    wrong = [each for each in shown if each[1] not in known or not {*_OPTION.findall(each[2])} <= known[each[1]]]
    assert wrong == []


def test_every_task_that_a_document_shows_is_one_of_dev_py() -> None:
    tasks = {*re.findall(r'^    "(\w+)": \(', (ROOT / "dev.py").read_text("utf-8"), re.MULTILINE)}
    shown = {(path.name, task) for path in PAGES for task in _TASK.findall(path.read_text("utf-8"))}
    assert len(shown) > 20
    assert [each for each in shown if each[1] not in tasks] == []


def test_every_setting_that_a_document_names_is_one_of_ours_or_begins_like_those_of_others() -> None:
    ours = {field.metadata["name"] for field in fields(Settings)}
    named = {(path.name, name) for path in PAGES for name in _SETTING.findall(path.read_text("utf-8"))}
    assert len({name for _, name in named} & ours) > 40
    assert [each for each in named if each[1] not in ours and not each[1].startswith(_OF_OTHERS)] == []


def test_each_test_that_the_security_page_names_is_there() -> None:
    named = set(re.findall(r"`(tests/[^`]+)`", (ROOT / "docs" / "security.md").read_text(encoding="utf-8")))
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []
