"""What a command prints on terminals and into pipes."""

import io
import json

import pytest

from shared.cli.output import Column, Kind, open_output
from tests.doubles.terminal import Screen, notes_of, pipe, terminal, text_of

LONG = "holiday/" + "n" * 90 + ".jpg"


def test_a_pipe_gets_whole_lines_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr("sys.stdout", io.StringIO())
    output = open_output()
    output.table(["state", Column("name", Kind.NAME)], [[("FAILED", "red"), LONG]])
    assert text_of(output) == f"state   name\nFAILED  {LONG}\n"


def test_a_pipe_gets_the_width_that_columns_says(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setattr("sys.stdout", io.StringIO())
    assert open_output().width == 40


@pytest.mark.parametrize(("environ", "is_colored"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)])
def test_a_terminal_has_colours_unless_the_operator_wants_none(
    monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *, is_colored: bool
) -> None:
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdout", Screen())
    assert open_output().is_colored is is_colored


def test_a_table_on_a_terminal_is_as_wide_as_that_and_takes_no_name_for_markup() -> None:
    output = terminal(40, is_colored=True)
    output.table(["state", Column("name", Kind.NAME)], [[("FAILED", "red"), "[bold]x[/bold]"], ["", LONG]])
    text = text_of(output)
    assert "\x1b[31mFAILED\x1b[0m" in text
    assert "[bold]x[/bold]" in text
    assert LONG[:12] in text
    assert "…" in text


def test_a_line_of_json_says_the_same_and_commands_nothing() -> None:
    output = pipe()
    output.json_line({"name": "\x1b[2J\u202e\nä"})
    assert text_of(output) == '{"name": "\\u001b[2J\\u202e\\nä"}\n'
    assert json.loads(text_of(output)) == {"name": "\x1b[2J\u202e\nä"}


def test_progress_is_silent_in_a_pipe_and_gone_at_the_end_on_a_terminal() -> None:
    for output, lines in ((pipe(), []), (terminal(), ["uploading: 1,000 of 2,000", ""])):
        with output.progress("uploading", 2_000) as progress:
            progress.advance(1_000)
        assert notes_of(output).split("\r\x1b[K")[1:] == lines
