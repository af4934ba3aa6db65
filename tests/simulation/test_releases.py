"""The release before runs beside this one, by its own code; and docs/upgrade.md says what both have in common."""

import re
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from shared import wiring
from shared.analysis import REPORT_SCHEMA
from shared.rules import jobs, messages, statistics
from shared.runtime import Runtime
from shared.wiring.steps import Darkroom
from tests.simulation import entry_points, external_claims, overviews
from tests.simulation.releases import PREVIOUS, archive_of, files_of, sources, wiring_of
from tests.simulation.service.account import storage_account
from tests.simulation.service.transport import InProcess

ROOT = Path(__file__).resolve().parents[2]
_NUMBERS = {
    "shared/rules/jobs.py": "SCHEMA",
    "shared/rules/messages.py": "VERSION",
    "shared/rules/statistics.py": "SCHEMA",
}


def test_the_release_before_is_the_last_one_of_the_changelog_once_something_follows_it() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    unreleased, *releases = re.findall(
        r"^## \[([^\]]+)\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    names = [name for name, _ in releases]
    assert PREVIOUS in (names[:1] if unreleased[1].strip() else names[:2])


def test_its_archive_is_what_was_released() -> None:
    with tarfile.open(archive_of(PREVIOUS)) as archive:
        commit = archive.pax_headers["comment"]  # as git writes it there
    if subprocess.run(["git", "cat-file", "-e", commit], cwd=ROOT, capture_output=True, check=False).returncode:
        pytest.skip("the history that has the release is not in this clone")
    again = subprocess.run(["git", "archive", commit, "shared"], cwd=ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=BytesIO(again)) as archive:
        assert {name: text.encode() for name, text in sources(PREVIOUS).items()}.items() <= files_of(archive).items()


def test_its_steps_and_adapters_are_its_own_and_what_they_stand_on_is_this_releases() -> None:
    old = wiring_of(PREVIOUS)
    package = old.__name__.partition(".")[0]
    modules = {name: vars(old.steps.Darkroom)[name].func.__module__ for name in ("sweep", "verify", "statistics")}
    assert set(modules.values()) == {f"{package}.wiring.steps"}
    assert old.steps.Darkroom is not Darkroom
    assert old.open_all.__module__ == f"{package}.storage.adapters"
    assert old.ServerClock.__module__ == "shared.clock"


@pytest.fixture
def both() -> tuple[Any, Any]:
    """This release and the one before, on one account."""
    settings = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "MAX_ATTEMPTS": "100"}
    account = storage_account()
    runtime = Runtime(monotonic=lambda: account.clock.seconds, pause=account.clock.go)
    options: dict[str, Any] = {"transport": InProcess(account), "runtime": runtime, "threaded": False, "works": {}}
    return wiring.build(settings, **options), wiring_of(PREVIOUS).build(settings, **options)


def test_a_purge_of_the_release_before_that_dies_leaves_a_copy_that_verify_tells_and_repairs(
    both: tuple[Any, Any],
) -> None:
    new, old = both
    entry_points.add(new, "many", unique=True)
    job_id = overviews.jobs(new)[0]["id"]
    for _ in range(91):
        external_claims.claim(new, job_id, "remote/1", 60.0).abandon()
    external_claims.claim(new, job_id, "remote/1", 60.0).complete()

    row = old.storage.jobs.get(job_id)
    old.storage.ended._cut(row, old.storage.ended._attempts(row.job)[:90])

    assert [each.startswith(overviews.STALE) for each in entry_points.verify(new)] == [True]
    assert entry_points.verify(old) == []
    assert entry_points.verify(new, repair=True) == []
    assert overviews.jobs(new)[0]["attempts"] == 2


def test_upgrade_md_says_which_numbers_each_release_writes() -> None:
    text = (ROOT / "docs" / "upgrade.md").read_text("utf-8")
    rows = re.findall(r"^\| (\S+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", text, re.MULTILINE)
    numbers = {release: [int(each) for each in columns] for release, *columns in rows}
    assert numbers[PREVIOUS][:-1] == _numbers_of(PREVIOUS)
    assert [*numbers.values()][-1] == [jobs.SCHEMA, messages.VERSION, statistics.SCHEMA, REPORT_SCHEMA]


def _numbers_of(version: str) -> list[int]:
    """Return what a release says in its own text."""
    texts = sources(version)
    return [int(re.findall(rf"^{name} = (\d+)$", texts[path], re.MULTILINE)[0]) for path, name in _NUMBERS.items()]
