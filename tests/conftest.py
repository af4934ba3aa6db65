"""Every tier's: one Azurite a session, fresh names a test; and what tests have counted is said at the end."""

import gc
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from localhost.azurite import Azurite
from tests import cases, proving
from tests.counting import Count, Most
from tests.emissions import Emissions

#: Why how many tests were left to ``dev.py prove``.
LEFT_OUT = pytest.StashKey[Counter[str]]()
#: What waits for hosts and other processes begins first: others have work for the processor meanwhile.
WAITING = ("tests/host/", "tests/faults/")
SAMPLES = Path(__file__).resolve().parent.parent / "samples"

gc.disable()  # until all tests are there
# How long an example takes is up to what else the machine does.
settings.register_profile("darkroom", deadline=None)
settings.load_profile("darkroom")


@pytest.fixture(scope="session")
def azurite() -> Iterator[Azurite]:
    """A storage service in memory, shared by the session: tests take names of their own."""
    with Azurite() as service:
        yield service


@pytest.fixture
def count(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Count:
    """Give what counts for the sum; each test file is summed up by itself."""
    told = request.path.stem.removeprefix("test_")

    def add(**counts: int) -> None:
        for name, number in counts.items():
            record_property(f"{told}: {name}", number)

    return add


@pytest.fixture
def most(request: pytest.FixtureRequest, record_property: Callable[[str, object], None]) -> Most:
    """Give what tells the most; each test file is looked at by itself."""
    of = request.path.stem.removeprefix("test_")

    def record(what: str, figure: float, text: str) -> None:
        record_property(f"{of}: {what}", [figure, text])

    return record


@pytest.fixture
def case_result(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Give what tells, in a few words, what a test of a case has observed."""
    return lambda text: record_property(cases.RESULT, text)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add what ``dev.py cases`` asks for."""
    parser.addoption("--cases", action="store_true", help="run the tests of cases, and print the table of all cases")


def pytest_configure(config: pytest.Config) -> None:
    """Check what tests make the code say, and select the tests of cases where the table of them is asked for."""
    config.pluginmanager.register(Emissions(), "emissions")
    if config.getoption("--cases") and not config.option.markexpr:
        config.option.markexpr = cases.MARK


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Make each test's report carry its cases, leave out what is not of every day, and put what waits first."""
    cases.mark(items)
    left = proving.left_out(items, config.args)
    config.stash[LEFT_OUT] = Counter(left.values())
    config.hook.pytest_deselected(items=list(left))
    items[:] = [item for item in items if item not in left]
    items.sort(key=lambda item: not item.nodeid.startswith(WAITING))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, Any, Any]:
    """Spare the garbage collector what stays to the end: thousands of tests, and all modules."""
    result = yield
    gc.freeze()
    gc.enable()
    return result


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that sums up what this one has left out."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left out"] = dict(session.config.stash.get(LEFT_OUT, None) or {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - xdist's
    """Hear it: all processes leave out the same."""
    told = getattr(node, "workeroutput", {}).get("left out", {})
    node.config.stash[LEFT_OUT] = Counter(told)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Repeat what passed tests of these tiers have printed, and sum up what they have counted.

    It stands here since the process that tells it runs no test, and reads no other conftest, when others do.
    """
    if terminalreporter.config.getoption("--cases"):
        ended = terminalreporter.stats
        terminalreporter.section("cases")
        for line in cases.table([*ended.get("passed", []), *ended.get("failed", []), *ended.get("error", [])]):
            terminalreporter.line(line)
    left = terminalreporter.config.stash.get(LEFT_OUT, Counter())
    if left:
        terminalreporter.section(f"{left.total():,} tests left to `dev.py prove`")
        for line in proving.summary(left):
            terminalreporter.line(line)
    for tier in ("tests/faults", "tests/analysis", "tests/host/api", "tests/host/jobs"):
        passed = [report for report in terminalreporter.stats.get("passed", []) if f"{tier}/" in report.nodeid]
        printed = [(report.nodeid, report.capstdout.strip()) for report in passed if report.capstdout.strip()]
        counted = [
            one for report in passed for one in report.user_properties if one[0] not in (cases.MARK, cases.RESULT)
        ]
        if printed or counted:
            terminalreporter.section(f"counted by {tier}")
        for nodeid, text in sorted(printed):
            terminalreporter.line(f"{nodeid.partition('::')[2]}:")
            for line in text.splitlines():
                terminalreporter.line(f"    {line}")
        for line in _sum_up(counted):
            terminalreporter.line(line)


def _sum_up(counted: list[tuple[str, Any]]) -> list[str]:
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
