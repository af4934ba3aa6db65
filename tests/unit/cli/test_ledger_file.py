"""The ledger of an operation: a file of the user's own, which tells a later process how far an earlier one came."""

import errno
import json
import stat
import sys
from pathlib import Path

import pytest

from shared.cli import file_lock
from shared.cli.ledger_file import LedgerFile, LedgerUnusable, folder
from shared.errors import LockHeld
from tests.unit.cli.ledgers import OPERATION, ledger_of

#: Of somebody at home.
_HOME = Path("/somebody")


@pytest.mark.parametrize(
    ("platform", "environ", "state"),
    [
        ("linux", {}, "/somebody/.local/state"),
        ("linux", {"XDG_STATE_HOME": "/state", "LOCALAPPDATA": "/local"}, "/state"),
        ("linux", {"XDG_STATE_HOME": "relative"}, "/somebody/.local/state"),
        ("freebsd14", {}, "/somebody/.local/state"),
        ("darwin", {}, "/somebody/Library/Application Support"),
        ("darwin", {"XDG_STATE_HOME": "/state"}, "/state"),
        ("win32", {}, "/somebody/AppData/Local"),
        ("win32", {"LOCALAPPDATA": "/local", "XDG_STATE_HOME": "/state"}, "/local"),
    ],
)
def test_it_stands_where_the_system_keeps_the_state_of_a_user(
    platform: str, environ: dict[str, str], state: str
) -> None:
    assert folder(environ, home=lambda: _HOME, platform=platform) == Path(state) / "darkroom" / "operations"


def test_a_user_without_a_home_is_told_what_to_set() -> None:
    def no_home() -> Path:
        raise RuntimeError

    assert folder({"XDG_STATE_HOME": "/state"}, home=no_home) == Path("/state/darkroom/operations")
    for platform, variable in (("linux", "XDG_STATE_HOME"), ("win32", "LOCALAPPDATA")):
        with pytest.raises(LedgerUnusable, match=f"Set {variable} to a folder"):
            folder({}, home=no_home, platform=platform)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are of POSIX")
def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    with ledger_of(tmp_path / "new") as ledger:
        ledger.begin(OPERATION)
        assert stat.S_IMODE(ledger.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(ledger.path.parent.stat().st_mode) == 0o700


def test_its_first_line_is_the_operation(tmp_path: Path) -> None:
    with ledger_of(tmp_path) as ledger:
        ledger.begin(OPERATION)
        ledger.plan(["a"], [0, "more"])
    first, second = map(json.loads, ledger.path.read_text().splitlines())
    assert first["operation"]["id"] == OPERATION.id
    assert second == {"planned": ["a"], "place": [0, "more"]}
    with ledger_of(tmp_path) as again:
        assert again.progress == ledger.progress


@pytest.mark.parametrize("other", [{"target": "there"}, {"action": "delete"}, {"filters": {"state": "CANCELED"}}])
def test_another_target_action_or_filter_has_a_ledger_of_its_own(tmp_path: Path, other: dict[str, object]) -> None:
    words = {"target": OPERATION.target, "action": OPERATION.action, "filters": OPERATION.filters}
    paths = {LedgerFile(tmp_path, **(words | more)).path for more in ({}, {}, other)}  # type: ignore[arg-type]
    assert len(paths) == 2


def test_a_torn_last_line_counts_as_not_written_and_the_next_line_stands_by_itself(tmp_path: Path) -> None:
    with ledger_of(tmp_path) as ledger:
        ledger.begin(OPERATION)
        ledger.plan(["a"], None)
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole[:-3])
    with ledger_of(tmp_path) as again:
        assert (again.progress.operation, again.progress.plan) == (OPERATION, [])
        again.plan(["a"], None)
    assert ledger.path.read_bytes() == whole


def _first_line(as_of: object) -> bytes:
    return json.dumps({"form": 1, "operation": {**vars(OPERATION), "as_of": as_of}}).encode() + b"\n"


@pytest.mark.parametrize(
    "content",
    [b"[]\n", b"{\n{}\n", b"{}\n", b'{"form":9,"operation":{}}\n', b"\xff\n", b"\0\0\0\n"]
    + [_first_line(as_of) for as_of in ("soon", "2026-05-04T03:02:01", 7, None)],
)
def test_a_damaged_one_is_refused_unless_the_operation_begins_anew(tmp_path: Path, content: bytes) -> None:
    path = ledger_of(tmp_path).path
    path.write_bytes(content)
    with pytest.raises(LedgerUnusable, match="Give --new"), ledger_of(tmp_path):
        pass
    with LedgerFile(tmp_path, OPERATION.target, OPERATION.action, OPERATION.filters, restart=True) as ledger:
        ledger.begin(OPERATION)
    with ledger_of(tmp_path) as again:
        assert again.progress.operation == OPERATION


def test_two_processes_never_share_one(tmp_path: Path) -> None:
    with ledger_of(tmp_path), pytest.raises(LockHeld), ledger_of(tmp_path):
        pass
    with ledger_of(tmp_path):
        pass


def test_a_system_that_has_no_locks_is_not_taken_for_another_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(file_lock, "_lock", fail)
    with pytest.raises(LedgerUnusable, match="No locks available"), ledger_of(tmp_path):
        pass


def test_a_folder_that_can_not_be_used_is_said_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(LedgerUnusable, match="Set XDG_STATE_HOME"), ledger_of(tmp_path / "file"):
        pass
