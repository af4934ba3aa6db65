"""The rows of one table, in the order of their keys."""

from bisect import bisect_left, insort
from dataclasses import dataclass, field

from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.entities import Order, Row
from tests.simulation.service.filters import Filter


@dataclass
class Table:
    """A table.

    Attributes:
        name: As it was created.
        rows: By their keys.
        order: The keys, sorted.
    """

    name: str
    rows: dict[Order, Row] = field(default_factory=dict)
    order: list[Order] = field(default_factory=list)

    def put(self, row: Row) -> None:
        """Store a row, new or not."""
        if row.order not in self.rows:
            insort(self.order, row.order)
        self.rows[row.order] = row

    def drop(self, order: Order) -> None:
        """Take a row out."""
        del self.rows[order]
        del self.order[bisect_left(self.order, order)]

    def restore(self, order: Order, row: Row | None) -> None:
        """Take a write back."""
        if row is not None:
            self.put(row)
        elif order in self.rows:
            self.drop(order)

    def page(self, chosen: Filter, first: Order, most: int, behaviour: Behaviour) -> tuple[list[Row], Row | None]:
        """Return the rows of a page, and the row that the next page begins to look at.

        Args:
            chosen: Which rows.
            first: Keys to begin with.
            most: Rows at most.
            behaviour: Where a page ends besides.
        """
        begin = at = bisect_left(self.order, max(chosen.low, first))
        rows: list[Row] = []
        while at < len(self.order) and (chosen.high is None or self.order[at] < chosen.high):
            row = self.rows[self.order[at]]
            if self._ends(begin, at, behaviour):
                return rows, row
            if chosen.matches(row):
                if len(rows) == most:
                    return rows, row
                rows.append(row)
            at += 1
        return rows, None

    def _ends(self, begin: int, at: int, behaviour: Behaviour) -> bool:
        """Whether a page ends before a row, however few it has."""
        if at - begin == behaviour.scan_rows:
            return True
        return behaviour.page_ends_with_partition and at > begin and self.order[at - 1][0] != self.order[at][0]
