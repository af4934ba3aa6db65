"""What is left to ``dev.py prove``, and what is not."""

import re
from pathlib import Path

import pytest

from tests import proving

ROOT = Path(proving.__file__).resolve().parent.parent


@pytest.fixture
def item(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> pytest.Item:
    """Give a test that is marked; its marks are its own again at the end."""
    monkeypatch.setattr(request.node, "own_markers", [pytest.mark.prove("it takes an hour").mark])
    monkeypatch.delenv(proving.VARIABLE, raising=False)
    node: pytest.Item = request.node
    return node


@pytest.mark.parametrize("arguments", [[], ["tests"], ["tests/host"]])
def test_a_marked_test_is_left_out_with_its_reason(item: pytest.Item, arguments: list[str]) -> None:
    assert proving.left_out([item], arguments) == {item: "it takes an hour"}


@pytest.mark.parametrize("argument", ["tests/unit/test_x.py", "tests/unit/test_x.py::test_y[a]"])
def test_a_marked_test_runs_where_its_file_or_itself_is_named(item: pytest.Item, argument: str) -> None:
    assert proving.left_out([item], [argument]) == {}


def test_everything_runs_where_everything_is_to_be_proved(item: pytest.Item, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(proving.VARIABLE, "1")
    assert proving.left_out([item], []) == {}


def test_a_test_without_the_mark_is_never_left_out(item: pytest.Item, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item, "own_markers", [])
    assert proving.left_out([item], []) == {}


def test_a_mark_without_a_reason_is_refused(item: pytest.Item, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(item, "own_markers", [pytest.mark.prove().mark])
    with pytest.raises(pytest.UsageError, match="why the test is not of every day"):
        proving.left_out([item], [])


def test_what_was_left_out_is_summed_up_by_its_reasons() -> None:
    assert proving.summary({"it is long": 2, "it is again": 30}) == ["   30  it is again", "    2  it is long"]


@pytest.mark.parametrize(("rounds", "number"), [("", 40), ("0", 40), ("1", 500), ("3", 1_500)])
def test_what_draws_goes_the_long_way_as_often_as_there_are_rounds(
    monkeypatch: pytest.MonkeyPatch, rounds: str, number: int
) -> None:
    monkeypatch.setenv(proving.VARIABLE, rounds)
    assert proving.at_length(40, 500) == number


def test_a_run_is_one_of_every_day_unless_there_are_rounds(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = []
    for rounds in ("", "0", "1"):
        monkeypatch.setenv(proving.VARIABLE, rounds)
        usual.append(proving.everyday())
    assert usual == [True, True, False]


def test_rounds_that_are_no_number_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(proving.VARIABLE, "yes")
    with pytest.raises(pytest.UsageError, match="whole number of rounds, not 'yes'"):
        proving.at_length(40, 500)


def test_no_other_variable_makes_a_test_run_longer_or_shorter() -> None:
    read = re.compile(r"""environ(?:\.get\(|\[)\s*["'](DARKROOM_\w+)""")
    others = {"hooks.py"}  # its own test tells it where its ground is
    sources = [path for path in (ROOT / "tests").rglob("*.py") if path.name not in others]
    known = {name for path in sources for name in read.findall(path.read_text(encoding="utf-8"))}
    assert known <= {proving.VARIABLE}
