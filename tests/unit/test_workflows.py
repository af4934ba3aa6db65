"""What GitHub reads says the same as pyproject.toml, package.json, dev.py and the README."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.check.azure.deployment import MAIN
from localhost.install import NODE_NEEDED

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("[!c]*.yml"))
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
CI = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
WORKFLOW = yaml.safe_load(CI)
STEPS = [step for job in WORKFLOW["jobs"].values() for step in job["steps"]]


def inputs(name: str) -> list[Any]:
    """Return what the steps of the workflow give an action for an input."""
    return [step["with"][name] for step in STEPS if name in step.get("with", {})]


def read(path: str) -> Any:  # noqa: ANN401 - any YAML
    return yaml.safe_load((ROOT / path).read_text("utf-8"))


def test_ci_runs_the_two_commands_of_the_readme_the_package_coverage_and_a_compiler_of_bicep() -> None:
    run, test, package, coverage, compile_bicep = [step["run"] for step in STEPS if "run" in step]
    assert [run, test, coverage] == ["python3 dev.py run --once", "python3 dev.py test", "python3 dev.py coverage"]
    assert package == "python3 dev.py package --test --python ${{ matrix.python }}"
    assert compile_bicep == f"az bicep build --file {MAIN} --stdout > /dev/null"
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "\n```\npython3 dev.py run\npython3 dev.py test\n```\n" in readme


def test_ci_runs_on_every_python_of_the_package_from_the_oldest_that_works() -> None:
    pythons = WORKFLOW["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert [f"Programming Language :: Python :: {each}" for each in pythons] == PROJECT["project"]["classifiers"]
    assert PROJECT["project"]["requires-python"] == f">={pythons[0]}"
    assert PROJECT["tool"]["mypy"]["python_version"] == pythons[0]
    assert f"\nPYTHON_NEEDED = ({pythons[0].replace('.', ', ')})\n" in (ROOT / "dev.py").read_text("utf-8")
    assert PROJECT["tool"]["ruff"]["target-version"] == f"py{pythons[0].replace('.', '')}"
    assert {*inputs("python-version")} <= {"${{ matrix.python }}", *pythons}


def test_ci_runs_on_the_oldest_node_that_works() -> None:
    assert {*inputs("node-version")} == {NODE_NEEDED}
    assert json.loads((ROOT / "package.json").read_text())["engines"]["node"] == f">={NODE_NEEDED}"


def test_an_action_is_pinned_to_a_commit_and_can_do_no_more_than_read() -> None:
    lines = re.findall(r"uses: (.*)", CI)
    assert len(lines) == len([step for step in STEPS if "uses" in step])
    assert [line for line in lines if not re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert inputs("persist-credentials") == [False] * len(WORKFLOW["jobs"])
    assert not any("permissions" in job for job in WORKFLOW["jobs"].values())


def test_dependabot_knows_all_that_is_installed() -> None:
    updates = read(".github/dependabot.yml")["updates"]
    assert {each["package-ecosystem"] for each in updates} == {"pip", "npm", "github-actions"}


def test_a_commit_is_checked_by_what_ci_checks() -> None:
    ((hook,),) = [repo["hooks"] for repo in read(".pre-commit-config.yaml")["repos"]]
    assert (hook["entry"], hook["language"], hook["pass_filenames"]) == ("python3 dev.py check", "system", False)


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_an_issue_form_asks_for_what_is_needed(path: Path) -> None:
    form = read(str(path))
    assert {"name", "description", "labels", "body"} == form.keys()
    asked = [part for part in form["body"] if part["type"] != "markdown"]
    assert len({part["id"] for part in asked}) == len(asked)
    assert all(part["attributes"]["label"] for part in asked)
    assert sum(part.get("validations", {}).get("required", False) for part in asked) >= 3


def test_the_version_is_the_same_everywhere_and_the_changelog_has_it() -> None:
    version = PROJECT["project"]["version"]
    lock = json.loads((ROOT / "package-lock.json").read_text())
    package = json.loads((ROOT / "package.json").read_text())
    assert {package["version"], lock["version"], lock["packages"][""]["version"]} == {version}
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    assert re.findall(r"\n## \[(\d\S*)\] - \d{4}-\d\d-\d\d\n", changelog)[:1] == [version]
