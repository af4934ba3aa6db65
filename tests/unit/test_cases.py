"""The table of cases from outside."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import cases


def report(case: str, outcome: str, *results: str, name: str = "test_it_is_refused") -> pytest.TestReport:
    properties: list[tuple[str, object]] = [(cases.MARK, [case, "200"]), *((cases.RESULT, text) for text in results)]
    return pytest.TestReport(
        nodeid=f"tests/test_x.py::{name}[a::b]",
        location=("tests/test_x.py", 1, name),
        keywords={},
        outcome=outcome,  # type: ignore[arg-type] # of a parameter of this test
        longrepr=None,
        when="call",
        user_properties=properties,
    )


def row(lines: list[str], case: str) -> str:
    (line,) = [line for line in lines if line.startswith(f"| {case} |")]
    return line


def test_a_case_tells_what_was_and_what_its_test_has_observed() -> None:
    assert row(cases.table([report("security C1", "passed", "422")]), "security C1").endswith("| 200 | 422 |")


def test_a_test_that_observes_nothing_more_is_told_by_its_own_sentence() -> None:
    assert row(cases.table([report("security C1", "passed")]), "security C1").endswith("| it is refused |")


def test_a_case_with_one_failed_test_has_failed() -> None:
    reports = [report("security C1", "passed", "422"), report("security C1", "failed", name="test_other")]
    assert "| FAILED: tests/test_x.py::test_other[a::b] |" in row(cases.table(reports), "security C1")


def test_a_case_without_a_test_says_so() -> None:
    assert row(cases.table([]), "mutants 9").endswith("|  | no test has run |")


@pytest.mark.parametrize("arguments", [("security C1",), ("no such case", "x")])
def test_a_mark_that_names_no_case_or_no_past_is_refused(
    arguments: tuple[str, ...], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked = pytest.mark.case(arguments[0], **({"was": arguments[1]} if len(arguments) > 1 else {}))
    monkeypatch.setattr(request.node, "own_markers", [marked.mark])
    with pytest.raises(pytest.UsageError, match="case takes was= and an id"):
        cases.mark([request.node])


def test_a_marked_test_carries_its_case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request.node, "own_markers", [pytest.mark.case("security C1", was="200").mark])
    monkeypatch.setattr(request.node, "user_properties", [])
    cases.mark([request.node])
    assert request.node.user_properties == [(cases.MARK, ["security C1", "200"])]


def test_what_a_test_observes_rides_on_its_report(
    request: pytest.FixtureRequest, case_result: Callable[[str], None]
) -> None:
    case_result("carried")
    assert request.node.user_properties == [(cases.RESULT, "carried")]


def test_every_case_has_a_test_that_keeps_its_right_value() -> None:
    sources = [path.read_text(encoding="utf-8") for path in Path(cases.__file__).parent.rglob("test_*.py")]
    marked = {case for text in sources for case in re.findall(r'mark\.case\(\s*"([^"]+)"', text)}
    assert set(cases.CASES) - marked == set()
