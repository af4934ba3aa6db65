"""Read the beginnings of many sorted lists, side by side, and no more index rows of all of them than a bound."""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor

from shared.ports.index import Position
from shared.steps.operators.merge import Read

#: Rows that one query brings at most (Azure Tables).
PAGE = 1_000


def read_within(
    lists: Sequence[Read], pool: Executor, *, first: int, most: int, goes_on: Callable[[Position], bool]
) -> tuple[list[list[Position]], bool]:
    """Read each list until it ends, or what is wanted of it does; what a short list leaves goes to the long ones.

    Args:
        lists: Each sorted.
        pool: Reads them side by side.
        first: Rows of the first query of each list; later ones bring ``PAGE``.
        most: Rows of all lists; one of each list is read in any case.
        goes_on: Whether what is behind a position may still be wanted.

    Returns:
        What was read of each list, and whether that is all that is wanted of all of them.

    Costs: 1 query for each list, and 1 for each 1,000 rows beyond its first.
    """
    found: list[list[Position]] = [[] for _ in lists]
    unread, piece = [*range(len(lists))], first

    while unread and most > 0:
        size = max(1, min(piece, most // len(unread)))
        after = [found[number][-1] if found[number] else None for number in unread]
        pages = pool.map(lambda number, behind, size=size: lists[number](behind, size), unread, after)
        rest = []
        for number, page in zip(unread, pages, strict=True):
            found[number] += page
            most -= len(page)
            if len(page) == size and goes_on(page[-1]):
                rest.append(number)
        unread, piece = rest, PAGE
    return found, not unread
