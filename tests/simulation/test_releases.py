"""The release before runs beside this one, by its own code; and docs/upgrade.md says what both have in common."""

import json
import re
import subprocess
import tarfile
from collections import defaultdict
from io import BytesIO
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shared import wiring
from shared.analysis import REPORT_SCHEMA
from shared.analysis.analyst import Analyst, Inline
from shared.analysis.interface import Limits, ThumbnailSpec
from shared.rules import jobs, messages, statistics
from shared.runtime import Runtime
from shared.wiring.steps import Darkroom
from tests.simulation import entry_points, external_claims, overviews
from tests.simulation.reader import rows_of
from tests.simulation.releases import PREVIOUS, archive_of, files_of, sources, wiring_of
from tests.simulation.service.account import Account, storage_account
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


def _build(root: ModuleType, account: Account) -> Darkroom:
    """Wire a release over an account, whose time stands still."""
    settings = {"AzureWebJobsStorage": "UseDevelopmentStorage=true", "MAX_ATTEMPTS": "100"}
    runtime = Runtime(monotonic=lambda: account.clock.seconds, pause=account.clock.go)
    analyst = Analyst(Inline(limits=Limits(), thumbnail=ThumbnailSpec()), places=1)
    darkroom: Darkroom = root.build(
        settings, transport=InProcess(account), runtime=runtime, threaded=False, works={}, analyst=analyst
    )
    return darkroom


def test_a_purge_of_the_release_before_that_dies_leaves_a_copy_that_verify_tells_and_repairs() -> None:
    account = storage_account()
    new, old = (_build(root, account) for root in (wiring, wiring_of(PREVIOUS)))
    entry_points.add(new, "many", unique=True)
    job_id = overviews.jobs(new)[0]["id"]
    for _ in range(91):
        external_claims.claim(new, job_id, "remote/1", 60.0).abandon()
    external_claims.claim(new, job_id, "remote/1", 60.0).complete()

    row: Any = old.storage.jobs.get(job_id)
    ended: Any = old.storage.ended
    ended._cut(row, ended._attempts(row.job)[:90])

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


def test_upgrade_md_names_each_column_that_only_one_of_the_two_releases_writes() -> None:
    text = (ROOT / "docs" / "upgrade.md").read_text("utf-8")
    this, previous = (_columns_by_kind(root) for root in (wiring, wiring_of(PREVIOUS)))
    assert (
        this.keys()
        == previous.keys()
        == {"job", "due", "end", "try", "key", "type", "mark", "buckets", "rejected", "lock"}
    )
    other = {name for kind, names in this.items() for name in names ^ previous[kind]}
    assert other >= {"running", "copy", "done_at"}
    assert [name for name in sorted(other) if f"`{name}`" not in text] == []


def _columns_by_kind(root: ModuleType) -> dict[str, set[str]]:
    """Have a release write rows of each kind, and return their columns; of marks also the keys of their values."""
    account = storage_account()
    darkroom = _build(root, account)
    entry_points.upload(darkroom, "a.png", entry_points.png(1))
    entry_points.add(darkroom, "later", unique=True)
    external_claims.claim_next(darkroom, "remote/1", 86_400.0)
    entry_points.receive(darkroom, b"nonsense", "queue/1")
    account.clock.go(3_600.0)
    for tick in (entry_points.sweep, entry_points.reconcile, entry_points.purge):
        tick(darkroom, "timer/1")
    overviews.figures(darkroom)

    columns = defaultdict[str, set[str]](set)
    for row in rows_of(account, entry_points.JOBS):
        kind = row["RowKey"].partition(":")[0]
        columns[kind] |= {*row, *(json.loads(row["value"]) if kind == "mark" else ())}
    columns["lock"] = {name for row in rows_of(account, entry_points.LOCKS) for name in row}
    return {kind: {name for name in names if "odata" not in name} for kind, names in columns.items()}


def _numbers_of(version: str) -> list[int]:
    """Return what a release says in its own text."""
    texts = sources(version)
    return [int(re.findall(rf"^{name} = (\d+)$", texts[path], re.MULTILINE)[0]) for path, name in _NUMBERS.items()]
