"""The command as a whole: its help, and what it loads."""

import errno
import json
import os
import subprocess
import sys

import pytest
from typer.main import get_group
from typer.testing import CliRunner

from shared.cli import command as process
from shared.cli.exits import Status
from shared.cli.main import app
from tests.words import ROOT

#: All but that of ``worker``, whose help is argparse's.
COMMANDS = sorted(set(get_group(app).commands) - {"worker"})
LOADS = """
import json, sys
from shared.cli.command import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(list(sys.modules)))
"""


def help_of(*words: str, columns: int = 80) -> list[str]:
    """Return the lines of a help."""
    shown = CliRunner().invoke(app, [*words, "--help"], prog_name="darkroom", terminal_width=columns)
    assert shown.exit_code == 0, shown.output
    return shown.stdout.splitlines()


@pytest.mark.parametrize("words", [(), *((name,) for name in COMMANDS)])
def test_each_help_fits_a_screen(words: tuple[str, ...]) -> None:
    lines = help_of(*words)
    assert (len(lines) <= 23, max(map(len, lines)) <= 80) == (True, True), "\n".join(lines)


def test_no_help_names_a_type_of_python() -> None:
    assert [line for name in COMMANDS for line in help_of(name) if "<" in line] == []


@pytest.mark.parametrize("columns", [80, 60])
def test_the_help_has_the_first_sentence_of_each_command_on_one_line(columns: int) -> None:
    text = "\n".join(help_of(columns=columns))
    for name, command in get_group(app).commands.items():
        sentence = (command.help or "").partition(".")[0]
        assert f"{f'  {name}':<12}{sentence}." in text, text
    assert max(map(len, text.splitlines())) <= columns


@pytest.mark.parametrize(
    ("words", "unused"),
    [
        (["jobs", "--help"], ("fastapi", "starlette", "azure", "rich.console", "urllib3", "PIL", "shared.wiring")),
        (["analyze", "abs\u00e9nt.png"], ("fastapi", "starlette", "shared.http")),
    ],
)
def test_a_command_loads_only_what_it_needs(words: list[str], unused: tuple[str, ...]) -> None:
    environ = {**os.environ, "AzureWebJobsStorage": "UseDevelopmentStorage=true", "ANALYSIS_ISOLATION": "off"}
    environ["PYTHONIOENCODING"] = "ascii"  # which has no letter for one of a name, and nothing breaks
    done = subprocess.run([sys.executable, "-c", LOADS, *words], cwd=ROOT, env=environ, capture_output=True, check=True)
    modules = json.loads(done.stdout.splitlines()[-1])
    assert "typer" in modules
    assert [name for name in modules if any(f"{name}.".startswith(f"{each}.") for each in unused)] == []


def test_ctrl_c_while_a_command_loads_ends_it_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(**_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("shared.cli.main.app", interrupt)
    monkeypatch.setattr("sys.argv", ["darkroom", "jobs"])
    with pytest.raises(SystemExit) as ended:
        process.main()
    assert ended.value.code == Status.INTERRUPTED


def test_a_full_disk_ends_a_command_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(**_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("shared.cli.main.app", fail)
    monkeypatch.setattr("sys.argv", ["darkroom", "jobs"])
    with pytest.raises(SystemExit) as ended:
        process.main()
    assert ended.value.code == Status.FAILED
    assert capsys.readouterr().err == "darkroom: The output can't be written: No space left on device.\n"
