"""``darkroom worker``: its words, before it begins."""

import socket
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from shared.cli.main import app
from shared.cli.words import Address, address
from shared.worker import log_lines
from shared.worker.child import import_handlers

STORAGE = {"AzureWebJobsStorage": "UseDevelopmentStorage=true"}


@pytest.fixture(autouse=True)
def _keep_log(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the log of this process where it is."""
    monkeypatch.setattr(log_lines, "write_to_stderr", lambda: None)


def call(*words: str, **environ: str) -> Result:
    """Run the command, which must not begin to work."""
    return CliRunner().invoke(app, ["worker", *words], env={"COLUMNS": "400", **STORAGE, **environ})


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("8080", "127.0.0.1", 8080),
        ("0.0.0.0:8080", "0.0.0.0", 8080),  # noqa: S104 - it is parsed
        ("[::]:80", "::", 80),
        (":81", "127.0.0.1", 81),
    ],
)
def test_a_port_is_of_this_machine_alone_unless_an_address_is_named(text: str, host: str, port: int) -> None:
    assert address(text) == Address(host, port)


@pytest.mark.parametrize("words", [("--health", "x"), ("--health", "65536"), ("--slots", "0"), ("--processes", "0")])
def test_words_that_cannot_be_used_end_it_with_two(words: tuple[str, ...]) -> None:
    assert call(*words).exit_code == 2


def test_settings_that_cannot_be_used_end_it_with_two_and_are_named() -> None:
    done = call(LEASE_SECONDS="x")
    assert (done.exit_code, "LEASE_SECONDS" in done.stderr) == (2, True)


def test_a_port_that_is_taken_ends_it_with_two() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = call("--health", str(taken.getsockname()[1]))
    assert (done.exit_code, done.stderr.startswith("darkroom: --health: must be a free address")) == (2, True)


def test_handlers_that_are_not_there_end_it_with_two() -> None:
    done = call("--handlers", "no_such_module_of_handlers")
    assert (done.exit_code, "no_such_module_of_handlers" in done.stderr) == (2, True)


def test_handlers_are_imported_from_the_folder_of_the_caller(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "handlers_of_a_test.py").write_text("print('imported')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    import_handlers(["handlers_of_a_test"])
    assert "handlers_of_a_test" in sys.modules
