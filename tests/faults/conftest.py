"""What the tests of this tier have counted is said at the end, for tests that passed too."""

from collections import Counter
from collections.abc import Callable

import pytest

from tests.faults.counting import Count


@pytest.fixture
def count(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Count:
    """Give what counts for the sum; each test file is summed up by itself."""
    told = request.path.stem.removeprefix("test_")

    def counted(**counts: int) -> None:
        for name, number in counts.items():
            record_property(f"{told}: {name}", number)

    return counted


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat what they have printed, and sum up what they have counted."""
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
