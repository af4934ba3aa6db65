"""What the suite emits is listed: each problem, log event and line of the command fits docs/messages.md.

A text that does not fit fails the test that has made the code say it.
"""

import json
import logging
import re
import sys
from collections.abc import Callable, Generator, Iterable
from pathlib import Path
from typing import Any

import pytest

from shared.telemetry import LOGGER, LogEvent

DOCUMENT = (Path(__file__).resolve().parents[1] / "docs" / "messages.md").read_text("utf-8")
_TABLE, _CELL, _HOLE = (
    re.compile(r"<!-- table: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL),
    re.compile(r"^\| (`+)(.+?)\1 \|", re.MULTILINE),
    re.compile(r"\{[^}]*\}"),
)
_FIELDS = {event.value: event.fields for event in LogEvent}
PATTERNS = {
    name: re.compile(
        "|".join(".+".join(map(re.escape, _HOLE.split(text.strip()))) for _, text in _CELL.findall(table)), re.DOTALL
    )
    for name, table in _TABLE.findall(DOCUMENT)
}


class Emissions(logging.Handler):
    """Collects what is emitted and not listed, and fails the test that is running.

    Attributes:
        unlisted_texts: The texts, since the last test.
    """

    def __init__(self) -> None:
        super().__init__()
        self.unlisted_texts: list[str] = []

    def check(self, table: str, text: str) -> None:
        """Look a text up in a table; JSON is data and no text."""
        if not PATTERNS[table].fullmatch(" ".join(text.split("\n\n"))) and not text.startswith("{"):
            self.unlisted_texts.append(text)

    def emit(self, record: logging.LogRecord) -> None:
        """Look the fields of a log event up."""
        if isinstance(record.args, tuple) and record.msg == "%s":
            line = json.loads(str(record.args[0]))
            known = _FIELDS.get(line.pop("event"), frozenset())
            self.unlisted_texts += [f"{record.args[0]}: {name}" for name in line if not {name, "…"} & known]

    def watch(self, module: str, function: str, texts: Callable[..., Iterable[tuple[str, str]]]) -> None:
        """Check what a function is given from now on, where a test has imported it."""
        owner = sys.modules.get(module)
        original: Any = getattr(owner, function, None)

        def check_and_call(*args: Any, **options: Any) -> Any:  # noqa: ANN401 - of any function
            for table, text in texts(*args):
                self.check(table, text)
            return original(*args, **options)

        if original is not None:
            setattr(owner, function, check_and_call)

    def pytest_collection_finish(self) -> None:
        """Watch the few edges over which texts leave the code."""
        LOGGER.setLevel(logging.INFO)
        LOGGER.addHandler(self)
        self.watch("typer", "echo", lambda line: [("lines", line)])
        self.watch("typer", "confirm", lambda question: [("lines", question)])
        self.watch(
            "shared.http.problems",
            "document",
            lambda problem, _: [("problems", problem.detail), *(("fields", one.message) for one in problem.fields)],
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self) -> Generator[None, Any, Any]:
        """Fail a test that has made the code emit what is not listed."""
        self.unlisted_texts.clear()
        result = yield
        assert not self.unlisted_texts, f"not listed in docs/messages.md: {self.unlisted_texts}"
        return result
