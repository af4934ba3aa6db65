"""azure.yaml and deploy/azure against the code; and that the check would see it if they were wrong."""

import re
import shutil
from pathlib import Path

import pytest

from deploy.check.azure.check import FOLDER, findings
from deploy.check.azure.deployment import deploy
from deploy.check.azure.facts import host_json, sample_settings
from deploy.check.azure.project import PROJECT
from tests.unit.deploy.azure_faults import FAULTS, Fault
from tests.unit.deploy.sign_in_faults import SIGN_IN_FAULTS

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "azure.md").read_text("utf-8")
ALL = FAULTS | SIGN_IN_FAULTS


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Copy the files that are checked."""
    shutil.copytree(ROOT / FOLDER, tmp_path / FOLDER)
    shutil.copy(ROOT / PROJECT, tmp_path)
    return tmp_path


def change(path: Path, old: str, new: str) -> None:
    """Change a text in a file, which must have it."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), "utf-8")


def test_nothing_is_wrong() -> None:
    assert sorted(findings(ROOT)) == []


@pytest.mark.parametrize("fault", ALL.values(), ids=ALL)
def test_a_fault_is_found(copy: Path, fault: Fault) -> None:
    change(copy / FOLDER / fault.file, fault.old, fault.new)
    found = {(each.file, each.sentence) for each in findings(copy)}
    assert (f"{FOLDER}/{fault.where or fault.file}", fault.sentence) in found


def test_a_finding_names_the_line_in_which_the_value_is_written(copy: Path) -> None:
    path = copy / FOLDER / "main.bicep"
    change(path, "poisonQueue: 'image-jobs-poison'", "poisonQueue: 'poison'")
    lines = path.read_text("utf-8").splitlines()
    (found,) = [each for each in findings(copy) if "'poison'" in each.sentence]
    assert lines[found.line - 1].strip() == "poisonQueue: 'poison'"
    assert str(found) == f"{FOLDER}/main.bicep:{found.line}: No setting and no resource names the queue 'poison'."


def test_a_file_that_no_module_leads_to_is_found(copy: Path) -> None:
    (copy / FOLDER / "more.bicep").write_text("param name string\n", "utf-8")
    assert {str(found) for found in findings(copy)} == {f"{FOLDER}/more.bicep:1: No module of main.bicep leads here."}


@pytest.mark.parametrize(("old", "new"), [("host: function", "host: appservice"), ("remoteBuild: true", "")])
def test_the_project_of_azd_is_checked_too(copy: Path, old: str, new: str) -> None:
    change(copy / PROJECT, old, new)
    (found,) = findings(copy)
    assert found.file == PROJECT
    assert found.sentence.startswith(f"services.darkroom.{old.partition(':')[0]} must be ")


def test_the_page_names_every_choice_with_its_default() -> None:
    parameters = (ROOT / FOLDER / "main.parameters.json").read_text("utf-8")
    choices = re.findall(r"\$\{(DARKROOM_\w+)=(\w*)\}", parameters)
    rows = re.findall(r"^\| `(DARKROOM_\w+)` \|[^|]*\| (.*?) \|", PAGE, re.MULTILINE)
    assert [(name, "none" if not default else f"`{default}`") for name, default in choices] == rows


def test_the_page_names_every_alert() -> None:
    alerts = re.findall(r"^    name: '([a-z-]+)'$", (ROOT / FOLDER / "alerts.bicep").read_text("utf-8"), re.MULTILINE)
    section = PAGE.partition("\n## Alerts\n")[2].partition("\n## ")[0]
    assert len(alerts) == 5
    assert re.findall(r"^\| `([a-z-]+)`", section, re.MULTILINE) == alerts


@pytest.mark.parametrize("memory", [512, 2048, 4096])
def test_an_instance_gets_what_the_page_about_sizing_says(memory: int) -> None:
    page = (ROOT / "docs" / "sizing.md").read_text("utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (\d+).*? \| (\d+).*? \| (\d+)", page, re.MULTILINE)
    queues = host_json()["extensions"]["queues"]
    defaults = sample_settings() | {f"AzureFunctionsJobHost__extensions__queues__{key}": queues[key] for key in queues}
    environ = defaults | deploy(ROOT, {"instanceMemoryMB": memory}).environ
    assert len(rows) == 7
    wanted = {name: values[(512, 2048, 4096).index(memory)] for name, *values in rows}
    assert {name: str(environ[name]) for name in wanted} == wanted
