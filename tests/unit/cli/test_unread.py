"""A command whose output nobody reads any more."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TextIO

import pytest

from shared.cli import command
from shared.cli.exits import Status
from tests.unit.cli.everyday import LINES, Everyday
from tests.words import ROOT

#: What is asked for here is not looked at but done.
_ACTS = (("upload", "FILE"), ("cancel", "--type", "image-analysis", "--yes"))
_LOOKS = [line for line in LINES if line not in (*_ACTS, ("verify",))]  # which finds nothing here
_MORE = [
    ("--help",),
    ("jobs", "--help"),
    ("export",),
    ("export", "--format", "csv"),
    ("rejected", "--delete", "--dry-run"),
]


@pytest.fixture
def unread() -> Iterator[TextIO]:
    """Give a pipe whose reader is gone."""
    reader, end = os.pipe()
    os.close(reader)
    with os.fdopen(end, "w") as stream:
        yield stream


@pytest.fixture
def run(
    unread: TextIO, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[[Sequence[str]], tuple[object, str]]:
    """Run a command into that pipe; return its status and what it says on stderr."""
    everyday = Everyday(monkeypatch, tmp_path)

    def run_line(line: Sequence[str]) -> tuple[object, str]:
        monkeypatch.setattr(sys, "stdout", unread)
        monkeypatch.setattr(sys, "argv", ["darkroom", *everyday.words(line)])
        with pytest.raises(SystemExit) as ended:
            command.main()
        return ended.value.code, capsys.readouterr().err

    return run_line


@pytest.mark.parametrize("line", [*_LOOKS, *((*line, "--json") for line in _LOOKS), *_MORE], ids=" ".join)
def test_it_ends_without_a_word(line: Sequence[str], run: Callable[[Sequence[str]], tuple[object, str]]) -> None:
    assert run(line) == (Status.UNREAD, "")


@pytest.mark.parametrize(
    ("line", "sum_up"), [(_ACTS[0], "1 uploaded, 0 there already, 0 refused."), (_ACTS[1], "1 canceled, 0 refused.")]
)
def test_it_still_says_on_stderr_what_it_has_done(
    line: Sequence[str], sum_up: str, run: Callable[[Sequence[str]], tuple[object, str]]
) -> None:
    status, said = run((*line, "--json"))
    assert (status, said.splitlines()[-1]) == (Status.UNREAD, sum_up)


@pytest.mark.parametrize(
    "environ", [{}, {"_DARKROOM_COMPLETE": "complete_bash", "COMP_WORDS": "d ", "COMP_CWORD": "1"}]
)
def test_nothing_is_said_when_its_process_ends(environ: dict[str, str]) -> None:
    reader, end = os.pipe()
    os.close(reader)
    words = [sys.executable, "-m", "shared.cli", "--help"]
    with os.fdopen(end, "w") as stream:
        done = subprocess.run(
            words, cwd=ROOT, env={**os.environ, **environ}, stdout=stream, stderr=subprocess.PIPE, check=False
        )
    assert (done.returncode, done.stderr) == (Status.UNREAD, b"")
