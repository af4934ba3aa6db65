"""Commands on many jobs over an API in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from shared.cli import bulk as bulk_module
from shared.cli import by_ids, operate
from shared.cli.commands.cancel import cancel
from shared.cli.commands.delete import delete
from shared.cli.commands.redrive import redrive
from tests.unit.cli.jobs_service import JobsService

JOBS = 7


@pytest.fixture
def service() -> JobsService:
    """Give failed jobs, of which the last is outdated."""
    return JobsService(JOBS, page=4)


@pytest.fixture
def command(service: JobsService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Run a command, with an operator who types what a test says; without it nobody is there."""
    app = typer.Typer(rich_markup_mode=None)
    for function in (cancel, redrive, delete):
        app.command()(function)
    monkeypatch.setattr(bulk_module, "BATCH", 3)
    monkeypatch.setattr(bulk_module, "AT_ONCE", 1)
    for module in (operate, by_ids):
        monkeypatch.setattr(module, "connect", lambda _: service)
    environ = {"XDG_STATE_HOME": str(tmp_path), "DARKROOM_URL": "https://app.example", "COLUMNS": "400"}

    def run(*words: str, types: str | None = None) -> Result:
        for module in (operate, by_ids):
            monkeypatch.setattr(module, "is_attended", lambda: types is not None)
        return CliRunner().invoke(app, words, input=types, env=environ)

    return run
