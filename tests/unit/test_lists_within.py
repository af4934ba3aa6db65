"""Many lists within one bound: what a short list leaves goes to the long ones."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from shared.ports.index import LIVE, Position
from shared.steps.operators import trends
from shared.steps.operators.lists_within import PAGE, read_within
from shared.steps.operators.merge import Read


class Lists:
    """Lists of so many positions each, and the size of every query."""

    def __init__(self, *lengths: int) -> None:
        self.queries: list[tuple[int, int]] = []
        self.lists = [self._list(number, length) for number, length in enumerate(lengths)]

    def _list(self, number: int, length: int) -> Read:
        def read(after: Position | None, limit: int) -> list[Position]:
            self.queries.append((number, limit))
            start = 0 if after is None else after.ms + 1
            return [Position(LIVE, ms, "") for ms in range(start, min(length, start + limit))]

        return read

    def read(self, *, most: int, first: int = 4, wanted: int = 999) -> tuple[list[int], bool]:
        """Read them; return how many positions of each, and whether that is all."""
        with ThreadPoolExecutor(1) as pool:
            found, complete = read_within(
                self.lists, pool, first=first, most=most, goes_on=lambda position: position.ms < wanted
            )
        return [len(each) for each in found], complete


def test_lists_are_read_to_their_ends() -> None:
    assert Lists(0, 3, 9, 4).read(most=99) == ([0, 3, 9, 4], True)


def test_a_list_that_ends_within_its_first_query_costs_one() -> None:
    lists = Lists(3, 9)
    lists.read(most=99)
    assert lists.queries == [(0, 4), (1, 4), (1, 92)]


def test_no_more_rows_are_read_than_the_bound_and_the_answer_says_so() -> None:
    assert Lists(9, 1, 1).read(most=8) == ([6, 1, 1], False)


@pytest.mark.parametrize("most", [1, 3])
def test_one_row_of_each_list_is_read_in_any_case(most: int) -> None:
    assert Lists(2, 2, 2).read(most=most) == ([1, 1, 1], False)


def test_a_list_ends_where_nothing_more_of_it_is_wanted() -> None:
    assert Lists(50, 2).read(most=99, wanted=3) == ([4, 2], True)


def test_five_thousand_ends_in_sixteen_buckets_take_one_query_for_each_bucket_and_state() -> None:
    lists = Lists(*[313] * 16, *[0] * 32)
    assert lists.read(most=trends.MOST, first=PAGE) == ([313] * 16 + [0] * 32, True)
    assert len(lists.queries) == 48
