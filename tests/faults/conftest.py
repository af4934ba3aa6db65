"""What the tests of this tier have counted is said at the end, for tests that passed too."""

import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat what they have printed."""
    told = [
        (report.nodeid, report.capstdout.strip())
        for report in terminalreporter.stats.get("passed", [])
        if "tests/faults/" in report.nodeid and report.capstdout.strip()
    ]
    if told:
        terminalreporter.section("counted by tests/faults")
    for nodeid, text in told:
        terminalreporter.line(f"{nodeid.partition('::')[2]}:")
        for line in text.splitlines():
            terminalreporter.line(f"    {line}")
