"""Every tier's: one Azurite a session, fresh names a test; and what tests have counted is said at the end."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localhost.azurite import Azurite
from tests.counting import Count, Most

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A storage service in memory, shared by the session: tests take names of their own."""
    with Azurite() as service:
        yield service


@pytest.fixture
def count(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Count:
    """Give what counts for the sum; each test file is summed up by itself."""
    told = request.path.stem.removeprefix("test_")

    def counted(**counts: int) -> None:
        for name, number in counts.items():
            record_property(f"{told}: {name}", number)

    return counted


@pytest.fixture
def most(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Most:
    """Give what tells the most; each test file is looked at by itself."""
    of = request.path.stem.removeprefix("test_")

    def told(what: str, figure: float, text: str) -> None:
        record_property(f"{of}: {what}", [figure, text])

    return told


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat what passed tests of these tiers have printed, and sum up what they have counted.

    It stands here since the process that tells it runs no test, and reads no other conftest, when others do.
    """
    for tier in ("tests/faults", "tests/analysis", "tests/host/api", "tests/host/jobs"):
        passed = [report for report in terminalreporter.stats.get("passed", []) if f"{tier}/" in report.nodeid]
        printed = [(report.nodeid, report.capstdout.strip()) for report in passed if report.capstdout.strip()]
        counted = [told for report in passed for told in report.user_properties]
        if printed or counted:
            terminalreporter.section(f"counted by {tier}")
        for nodeid, text in sorted(printed):
            terminalreporter.line(f"{nodeid.partition('::')[2]}:")
            for line in text.splitlines():
                terminalreporter.line(f"    {line}")
        for line in _summed(counted):
            terminalreporter.line(line)


def _summed(counted: list[tuple[str, Any]]) -> list[str]:
    """Add up numbers by file and name; of pairs of a figure and a text, tell the text of the highest figure."""
    sums: dict[str, Counter[str]] = {}
    highest: dict[str, list[Any]] = {}
    for name, told in counted:
        file, _, what = name.partition(": ")
        if isinstance(told, int):
            sums.setdefault(file, Counter())[what] += told
        else:
            highest[name] = max(highest.get(name, told), told)
    told_sums = (
        (file, ", ".join(f"{number:,} {what}" for what, number in counts.items())) for file, counts in sums.items()
    )
    told_highest = ((name, text) for name, (_, text) in highest.items())
    return [f"{name}: {text}" for name, text in sorted([*told_sums, *told_highest])]
