"""Sorted lists as one: in which rounds they are read."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from typing import Any, TypeVar

import pytest

from shared.ports.index import LIVE, Position
from shared.steps.operators.merge import Rows, SortedList, merge

Found = TypeVar("Found")


class Rounds(Executor):
    """Reads one after the other, and notes how many at once were asked for."""

    def __init__(self) -> None:
        self.sizes: list[int] = []

    def map(
        self,
        fn: Callable[..., Found],
        *iterables: Iterable[Any],
        timeout: float | None = None,
        chunksize: int = 1,
    ) -> Iterator[Found]:
        """See ``Executor.map``."""
        assert (timeout, chunksize) == (None, 1)
        (each,) = iterables
        found = [fn(one) for one in each]
        self.sizes.append(len(found))
        return iter(found)


def sorted_list(number: int, length: int) -> SortedList:
    """Return a list of so many positions; those of several lists take turns."""
    all_of_it = [Position(LIVE, at * 10 + number, f"{number}") for at in range(length)]

    def read(after: Position | None, limit: int) -> list[Position]:
        return [at for at in all_of_it if after is None or at > after][:limit]

    return SortedList(read, None, 500, growth=4)


@pytest.mark.parametrize("wide", [False, True])
def test_lists_come_as_one_in_order(*, wide: bool) -> None:
    lists = [sorted_list(number, 40) for number in range(4)]
    found = [*merge(lists, Rounds(), limit=10, rows=Rows(1_000), wide=wide)]
    assert (len(found), found) == (160, sorted(found))


def test_where_most_is_left_out_lists_that_run_low_are_read_together() -> None:
    rounds = {}
    for wide in (False, True):
        pool = Rounds()
        assert (
            len(
                [*merge([sorted_list(number, 100) for number in range(4)], pool, limit=10, rows=Rows(1_000), wide=wide)]
            )
            == 400
        )
        rounds[wide] = pool.sizes
    assert rounds[True][0] == 4
    assert rounds[True].count(1) == 0
    assert len(rounds[True]) < len(rounds[False]) / 2


def test_a_list_that_is_open_is_not_begun_again() -> None:
    seen, other = sorted_list(0, 3), sorted_list(1, 3)
    seen.take([Position(LIVE, 0, "0")], to_end=False)
    pool = Rounds()
    found = [*merge([seen, other], pool, limit=2, rows=Rows(100), wide=False)]
    assert pool.sizes[0] == 1
    assert [at.ms for at in found] == [0, 1, 10, 11, 20, 21]


def test_nothing_is_read_beyond_the_bound_but_the_first_of_each_list() -> None:
    rows = Rows(3)
    found = [*merge([sorted_list(number, 9) for number in range(5)], Rounds(), limit=50, rows=rows, wide=False)]
    assert (len(found), rows.rest) == (1, -2)
