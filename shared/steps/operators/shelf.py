"""The index rows of one partition, as a sorted list for each of their groups."""

from collections.abc import Sequence
from functools import partial

from shared.ports.index import ENDED, GROUPS, LIVE, JobIndex, Position
from shared.ports.queries import JobQuery
from shared.rules.jobs import State
from shared.steps.operators.merge import SortedList

#: How many times longer each piece of a list gets: where most rows are looked at in vain, and where not.
_WIDE_GROWTH, _GROWTH = 4, 2
#: Rows in one piece at most, where most are looked at in vain (Azure Tables gives no more than 1,000).
_WIDE_PIECE = 500


class Shelf:
    """The lists that a query wants of one partition; nothing of them is read yet.

    Args:
        index: Reads them.
        place: Type and number of the bucket.
        query: Which groups, and which ends.
        after: Where the page begins, in the segment where it begins.
        limit: Jobs on it.
    """

    def __init__(
        self, index: JobIndex, place: tuple[str, int], query: JobQuery, after: Position | None, limit: int
    ) -> None:
        self._index = index
        self._place = place
        self._span = query.ended_span
        self._after = None if after is None or after.segment == ENDED else after
        most, growth = (_WIDE_PIECE, _WIDE_GROWTH) if query.is_selective else (limit, _GROWTH)
        live, ended = query.states_in(LIVE), query.states_in(ENDED)
        self._lists: dict[State | None, SortedList] = {}
        if live and (after is None or after.segment == LIVE):
            self._lists[None] = SortedList(self._live, self._after, most, growth=growth)
        behind = after if self._after is None else None
        self._lists |= {each: SortedList(partial(self._ended, each), behind, most, growth=growth) for each in ended}

    @property
    def can_open(self) -> bool:
        """Whether its first groups are wanted as they stand, one behind the other."""
        return {None, State.CANCELED} <= self._lists.keys() and self._span == (None, None)

    def open(self, limit: int) -> int:
        """Read its first rows, whichever lists they are of; return how many.

        Where few jobs are live, these are ended ones too, and where there are few of all, it is all of the lists.

        Costs: 1 query.
        """
        standings = self._index.standings(*self._place, group=None, after=self._after, limit=limit, with_copies=True)
        last = GROUPS.index(standings[-1].group) if len(standings) == limit else len(GROUPS)
        for rank, group in enumerate(GROUPS[: last + 1]):
            found = [each.at for each in standings if each.group is group]
            if group in self._lists and (found or rank < last):
                self._lists[group].take(found, to_end=rank < last)
        return len(standings)

    def lists_of(self, segment: int) -> Sequence[SortedList]:
        """Return its lists of a segment."""
        return [each for group, each in self._lists.items() if (group is None) == (segment == LIVE)]

    def _live(self, after: Position | None, limit: int) -> list[Position]:
        return self._index.live(*self._place, after=after, limit=limit, with_copies=True)

    def _ended(self, state: State, after: Position | None, limit: int) -> list[Position]:
        since, until = self._span
        return self._index.ended(*self._place, state, after=after, ended_from=since, ended_to=until, limit=limit)
