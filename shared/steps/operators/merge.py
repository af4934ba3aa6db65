"""Many sorted lists as one, without reading much more of any than is needed."""

import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from heapq import heapify, heappop, heapreplace

from shared.ports.index import Position

#: Reads so many positions behind one; fewer are the end.
Read = Callable[[Position | None, int], list[Position]]


#: Positions of each list to read first at least, where most are left out.
_WIDE_PIECE = 12


class SortedList:
    """One sorted list, read in pieces, each longer than the one before.

    Args:
        read: Reads a piece.
        after: Where the list goes on; None for its beginning.
        most: Positions in one piece.
        growth: How many times as long a piece is as the one before.
    """

    def __init__(self, read: Read, after: Position | None, most: int, *, growth: int = 2) -> None:
        self._read = read
        self._after = after
        self._most = most
        self._growth = growth
        self._piece = 1
        self._read_to_end = False
        self.waiting: deque[Position] = deque()

    @property
    def is_open(self) -> bool:
        """Whether something of it was read."""
        return self._read_to_end or bool(self.waiting)

    @property
    def is_at_end(self) -> bool:
        """Whether all of it was read and taken."""
        return self._read_to_end and not self.waiting

    @property
    def is_low(self) -> bool:
        """Whether there is more to read, and little of its last piece is left."""
        return not self._read_to_end and len(self.waiting) * 4 <= self._piece

    def begin(self, piece: int) -> int:
        """Read the first piece, of so many positions at most; return how many there were. Costs: 1 query."""
        self._piece = min(piece, self._most)
        found = self._read(self._after, self._piece)
        self.take(found, to_end=len(found) < self._piece)
        return len(found)

    def take(self, found: Sequence[Position], *, to_end: bool) -> None:
        """Take what was read of it next, with others or alone, and whether that was the rest."""
        self._piece = max(self._piece, len(found))
        self._read_to_end = to_end
        self._after = found[-1] if found else self._after
        self.waiting.extend(found)

    def go_on(self, most: int) -> int:
        """Read another piece, of no more than ``most`` positions; return how many there were. Costs: 1 query."""
        return self.begin(min(self._growth * self._piece, most))


def merge(
    lists: Sequence[SortedList], pool: Executor, *, limit: int, rows: "Rows", wide: bool = False
) -> Iterator[Position]:
    """Yield positions in their order, until the lists are at their end, or nothing more may be read.

    Args:
        lists: Each sorted; some may be open.
        pool: Reads pieces side by side.
        limit: Positions that are wanted.
        rows: What may be read; the first position of each list is, in any case.
        wide: Whether many more will be taken: so where one list must go on, those go on that soon must.
    """
    unread = [each for each in lists if not each.is_open]
    share = rows.share(limit, len(lists), wide=wide)
    rows.rest -= sum(pool.map(lambda each: each.begin(share), unread))
    heads = [(each.waiting[0], place) for place, each in enumerate(lists) if each.waiting]
    heapify(heads)
    while heads:
        at, place = heads[0]
        each = lists[place]
        each.waiting.popleft()
        yield at
        if not each.waiting and not each.is_at_end:
            if rows.rest <= 0:
                return
            low = [other for other in lists if other is each or (wide and other.is_low)]
            share = max(1, rows.rest // len(low))
            rows.rest -= sum(pool.map(lambda other, most=share: other.go_on(most), low))
        if each.waiting:
            heapreplace(heads, (each.waiting[0], place))
        else:
            heappop(heads)


def first_piece(share: float) -> int:
    """Return how many positions to read first of a list that has this share of a page on average.

    Lists have about as many as chance gives them: of a hundred lists two or three have more than two deviations above
    the average, and must be read again.
    """
    return math.ceil(share + 2 * math.sqrt(share)) + 1


class Rows:
    """How many index rows one call may still read.

    Args:
        rest: In the beginning.

    Attributes:
        rest: Now; below zero where first positions had to be read beyond it.
    """

    def __init__(self, rest: int) -> None:
        self.rest = rest

    def share(self, limit: int, lists: int, *, wide: bool) -> int:
        """Return how many positions to read first of each of so many lists, for a page of ``limit``; at least one.

        Args:
            limit: Positions that are wanted.
            lists: All that are merged.
            wide: Whether most of them will be left out.
        """
        if lists == 0:
            return 1
        wanted = max(first_piece(limit / lists), _WIDE_PIECE if wide else 0)
        return max(1, min(wanted, self.rest // lists))
