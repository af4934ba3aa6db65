"""What programs read of each command: JSON lines on stdout and nothing else there, whether all is well or not."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from shared.cli.exits import Status
from shared.cli.main import app
from shared.cli.service import ServiceDown
from tests.unit.cli.everyday import LINES, Everyday

#: Commands that ask no API.
_WITHOUT = ("analyze", "doctor", "verify")


@pytest.fixture
def everyday(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Everyday:
    """Give a world for the command."""
    return Everyday(monkeypatch, tmp_path)


def test_each_command_that_knows_json_has_a_line_here() -> None:
    known = {
        name for name, command in get_group(app).commands.items() for each in command.params if "--json" in each.opts
    }
    assert known == {line[0] for line in LINES}


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_what_was_asked_for_is_json_lines_on_stdout(line: Sequence[str], everyday: Everyday) -> None:
    result = CliRunner().invoke(app, [*everyday.words(line), "--json"])
    assert result.exit_code == (Status.REFUSED if line == ("doctor",) else Status.DONE), result.stderr
    objects = [json.loads(text) for text in result.stdout.splitlines()]
    assert {type(each) for each in objects} == (set() if line == ("verify",) else {dict})  # it has found nothing


@pytest.mark.parametrize("line", [line for line in LINES if line[0] not in _WITHOUT], ids=" ".join)
def test_a_failure_is_a_sentence_on_stderr_alone(
    line: Sequence[str], everyday: Everyday, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ServiceDown("out")

    monkeypatch.setattr(everyday.service, "call", fail)
    monkeypatch.setattr("shared.cli.bulk.FIRST_PAUSE", 0)
    result = CliRunner().invoke(app, [*everyday.words(line), "--json"])
    assert (result.exit_code, result.stdout) == (Status.FAILED, "")
    assert "darkroom: out" in result.stderr
