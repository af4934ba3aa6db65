"""The release before runs beside this one, by its own code; and docs/upgrade.md says what both have in common."""

import re
import subprocess
from pathlib import Path

import pytest

from shared.analysis import REPORT_SCHEMA
from shared.rules import jobs, messages, statistics
from shared.wiring.steps import Darkroom
from tests.simulation.releases import PREVIOUS, sources, wiring_of

ROOT = Path(__file__).resolve().parents[2]
#: The last commit of the release: what came behind it stands under Unreleased in the changelog.
COMMITS = {"0.2.0": "261c6cac255a171108fc1ed769759d26775f3195"}
_NUMBERS = {
    "shared/rules/jobs.py": "SCHEMA",
    "shared/rules/messages.py": "VERSION",
    "shared/rules/statistics.py": "SCHEMA",
}


def test_the_release_before_is_the_last_one_of_the_changelog() -> None:
    releases = re.findall(r"^## \[(\d[^\]]*)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert releases[0] == PREVIOUS


def test_its_archive_is_what_was_released() -> None:
    commit = COMMITS[PREVIOUS]
    if subprocess.run(["git", "cat-file", "-e", commit], cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("the history that has the release is not in this clone")
    for path, text in sources(PREVIOUS).items():
        done = subprocess.run(["git", "show", f"{commit}:{path}"], cwd=ROOT, capture_output=True, text=True, check=True)
        assert done.stdout == text, path


def test_its_steps_and_adapters_are_its_own_and_what_they_stand_on_is_this_releases() -> None:
    old = wiring_of(PREVIOUS)
    modules = {name: vars(old.steps.Darkroom)[name].func.__module__ for name in ("sweep", "verify", "statistics")}
    assert set(modules.values()) == {"darkroom_0_2_0.wiring.steps"}
    assert old.steps.Darkroom is not Darkroom
    assert old.open_all.__module__ == "darkroom_0_2_0.storage.adapters"
    assert old.ServerClock.__module__ == "shared.clock"


def test_upgrade_md_says_which_numbers_each_release_writes() -> None:
    text = (ROOT / "docs" / "upgrade.md").read_text("utf-8")
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    assert {release: tuple(map(int, numbers)) for release, *numbers in rows} == {
        PREVIOUS: (*_numbers_of(PREVIOUS), REPORT_SCHEMA),
        "unreleased": (jobs.SCHEMA, messages.VERSION, statistics.SCHEMA, REPORT_SCHEMA),
    }


def _numbers_of(version: str) -> list[int]:
    """Return what a release says in its own text."""
    texts = sources(version)
    return [int(re.findall(rf"^{name} = (\d+)$", texts[path], re.MULTILINE)[0]) for path, name in _NUMBERS.items()]
