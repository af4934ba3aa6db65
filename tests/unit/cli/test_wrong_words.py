"""What the command says of arguments and options that it can't use."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.main import get_group

from shared.cli.exits import Status
from shared.cli.main import app

#: Words of the libraries that read a command line.
_OF_LIBRARIES = re.compile("Value error|Input should|unable to|valid (integer|number|string)|validation|Traceback")
#: Built once: that takes longer than to run it.
_GROUP = get_group(app)
CASES = {
    "jobs --state nope": "'--state': must be one of PENDING, RUNNING, COMPLETED, FAILED, CANCELED, but is 'nope'",
    "jobs --limit x": "'--limit': must be a whole number from 1 to 1,000,000, but is 'x'",
    "actions --limit 0": "'--limit': must be a whole number from 1 to 1,000,000, but is '0'",
    f"jobs --limit {'9' * 5000}": "'--limit': must be a whole number from 1 to 1,000,000, but is '99",
    "jobs --since tomorrow": "'--since': must be an age such as 90m, 12h or 7d, or a time such as",
    "cancel --until 1.5h": "but is '1.5h'",
    "rejected --older-than 3": "'--older-than': must be a whole number followed by m, h or d",
    "upload a.png --parallel 17": "'--parallel': must be a whole number from 1 to 16, but is '17'",
    "backfill --slice \u0663": "'--slice': must be a whole number from 1 to 120, but is '\u0663'",
    "export --format xml": "'--format': must be one of jsonl, csv, parquet, but is 'xml'",
}


def _lines() -> list[tuple[str, ...]]:
    """Return each command with each option that takes a value, behind the arguments it needs, and with its argument."""
    found: list[tuple[str, ...]] = []
    for name, command in _GROUP.commands.items():
        arguments = [each for each in command.params if each.param_type_name == "argument"]
        found += [(name,)] * len(arguments)
        needed = ["x"] * sum(each.required for each in arguments)
        options = [each.opts[0] for each in command.params if each not in arguments and each.metavar is not None]
        found += [(name, *needed, option) for option in options]
    return found


def _run(line: Sequence[str], capsys: pytest.CaptureFixture[str]) -> tuple[object, str, str]:
    """Return with which status a line ends, and what it prints on stdout and stderr."""
    with pytest.raises(SystemExit) as ended:
        _GROUP.main(line, prog_name="darkroom")
    return ended.value.code, *capsys.readouterr()


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No storage and no app: nothing is asked."""
    monkeypatch.chdir(tmp_path)
    for name in ("AzureWebJobsStorage", "DARKROOM_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("line", CASES)
def test_a_wrong_value_is_named_with_its_option_and_with_what_is_allowed(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, said = _run(line.split(), capsys)
    assert (status, out) == (Status.USAGE, "")
    assert CASES[line] in said


@pytest.mark.parametrize("line", _lines(), ids=" ".join)
def test_no_wrong_value_is_answered_in_the_words_of_a_library(
    line: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, *printed = _run([*line, "\x1bno"], capsys)
    assert status in (Status.REFUSED, Status.USAGE)
    assert [text for text in printed if _OF_LIBRARIES.search(text) or "\x1b" in text] == []


@pytest.mark.parametrize("line", [line for line in _lines() if line[-1] != "--prefix"], ids=" ".join)
def test_an_empty_value_is_refused_as_an_unset_variable_leaves_it(
    line: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, said = _run([*line, ""], capsys)
    assert (status, out) == (Status.USAGE, "")
    assert re.search("Invalid value for '.*': must", said), said
