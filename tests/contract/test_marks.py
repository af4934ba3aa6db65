from collections.abc import Mapping
from typing import Any

import pytest

from shared.errors import Lost
from shared.ports.marks import Marks
from tests.contract.faulty_storage import FaultyStorage
from tests.contract.places import Place
from tests.contract.races import race
from tests.contract.verify_bench import VerifyBench
from tests.doubles.clock import FakeClock
from tests.doubles.marks import MemoryMarks
from tests.doubles.transports import Fault

VALUE = {"marker": None, "watermark": "2026-01-01T00:00:00+00:00", "following": None}


@pytest.fixture
def marks(place: Place | None) -> Marks:
    """Give marks of a table that does not exist yet."""
    return MemoryMarks(FakeClock()) if place is None else place.build().storage.marks


def value(marks: Marks) -> Mapping[str, Any]:
    """Return what the mark keeps, which is there."""
    mark = marks.get("walk")
    assert mark is not None
    return mark.value


def test_an_absent_mark_is_none(marks: Marks) -> None:
    assert marks.get("walk") is None


@pytest.mark.parametrize("marker", [None, "2!96!ä😀/\\#?%'\"\n", "😀" * 4_000])
def test_a_mark_is_read_back_as_it_was_written(marks: Marks, marker: str | None) -> None:
    marks.insert("walk", {**VALUE, "marker": marker})
    assert value(marks) == {**VALUE, "marker": marker}


def test_each_walk_has_a_mark_of_its_own(marks: Marks) -> None:
    marks.insert("walk:images", VALUE)
    assert marks.get("walk:others") is None


def test_inserting_a_mark_twice_is_lost(marks: Marks) -> None:
    marks.insert("walk", VALUE)
    with pytest.raises(Lost):
        marks.insert("walk", {"marker": "rival"})
    assert value(marks) == VALUE


def test_a_stale_mark_is_lost(marks: Marks) -> None:
    mark = marks.insert("walk", VALUE)
    marks.replace(mark, {"marker": "first"})
    with pytest.raises(Lost):
        marks.replace(mark, {"marker": "second"})
    assert value(marks) == {"marker": "first"}


def test_the_mark_that_a_write_returns_is_good_for_the_next(marks: Marks) -> None:
    mark = marks.replace(marks.insert("walk", VALUE), {"marker": "first"})
    assert marks.replace(mark, {"marker": "second"}).value == {"marker": "second"}


@pytest.mark.azurite
def test_one_of_twenty_moves_a_mark(marks: Marks) -> None:
    mark = marks.insert("walk", VALUE)
    assert race(lambda number: marks.replace(mark, {"marker": number})) == {"won": 1, "Lost": 19}


@pytest.mark.parametrize("fault", Fault)
def test_a_mark_whose_reply_is_lost_is_written_once(faulty: FaultyStorage, fault: Fault) -> None:
    marks = faulty.storage.marks
    mark = marks.insert("walk", VALUE)
    faulty.wire.arm(fault)
    written = marks.replace(mark, {"marker": "first"})
    assert marks.get("walk") == written


def test_a_mark_is_nothing_that_verify_tells_of(bench: VerifyBench) -> None:
    bench.completed()
    bench.darkroom.storage.marks.insert("walk", VALUE)
    assert (bench.verify().violations, bench.findings) == (0, [])
