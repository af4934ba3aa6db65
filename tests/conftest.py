"""Every tier's: one Azurite a session, fresh names a test; and what tests have counted is said at the end."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from localhost.azurite import Azurite

SAMPLES = Path(__file__).resolve().parent.parent / "samples"


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A storage service in memory, shared by the session: tests take names of their own."""
    with Azurite() as service:
        yield service


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat what passed tests of faults have printed, and sum up what they have counted.

    It stands here since the process that tells it runs no test, and reads no other conftest, when others do.
    """
    passed = [report for report in terminalreporter.stats.get("passed", []) if "tests/faults/" in report.nodeid]
    told = [(report.nodeid, report.capstdout.strip()) for report in passed if report.capstdout.strip()]
    if told:
        terminalreporter.section("counted by tests/faults")
    for nodeid, text in sorted(told):
        terminalreporter.line(f"{nodeid.partition('::')[2]}:")
        for line in text.splitlines():
            terminalreporter.line(f"    {line}")
    sums: dict[str, Counter[str]] = {}
    for name, number in (counted for report in passed for counted in report.user_properties):
        file, _, what = name.partition(": ")
        sums.setdefault(file, Counter())[what] += number
    for file, counts in sorted(sums.items()):
        terminalreporter.line(f"{file}: " + ", ".join(f"{number:,} {what}" for what, number in counts.items()))
