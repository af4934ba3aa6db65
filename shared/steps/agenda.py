"""What one sweep looks at, and in which order: a page of due rows from each bucket, and in fair turns.

Index rows decide nothing. A page may be full of rows that no work here moves on: a newer release's after a rollback, or
rows that belong to no job. So a sweep goes on behind such a page, and what is there waits for nobody's repair.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from itertools import chain, product, zip_longest
from typing import TypeVar

from shared.ports import Due, JobStore
from shared.steps.turns import Turns

T = TypeVar("T")
#: Due rows in one page of a bucket. Where a sweep moves them all on, the rest is there at the next sweep.
LIMIT = 200


class Agenda:
    """Due jobs, in rounds.

    Args:
        jobs: Where due rows are.
        kinds: Types to look at.
        buckets: Partitions of each.
        before: What comes due later is left out.
        turns: Keeps what a bucket raises, so that the others have their turn.
    """

    def __init__(self, jobs: JobStore, kinds: Sequence[str], *, buckets: int, before: datetime, turns: Turns) -> None:
        self._jobs = jobs
        self._kinds = kinds
        self._before = before
        self._turns = turns
        self._behind: dict[tuple[str, int], Due | None] = dict.fromkeys(product(kinds, range(buckets)))
        self._pages: dict[tuple[str, int], list[Due]] = {}

    def next_round(self, *, stop: Callable[[], bool]) -> list[str]:
        """List jobs in turn from each type, in that from each flow, and in that from each bucket.

        Args:
            stop: Says that it is time to end.

        Costs: 1 query a type and bucket in the first round; 1 for each page to go on behind in the others.
        """
        self._pages = {}
        for place, after in self._behind.items():
            if stop():
                break
            with self._turns.turn():
                self._pages[place] = self._jobs.due(*place, before=self._before, limit=LIMIT, after=after)
        self._behind = {}
        return in_turn([self._of_kind(kind) for kind in self._kinds])

    def pass_over(self, staying: Collection[str]) -> None:
        """Go on behind each full page that has jobs which this sweep does not move on."""
        self._behind = {
            place: page[-1]
            for place, page in self._pages.items()
            if len(page) == LIMIT and any(due.job_id in staying for due in page)
        }

    def _of_kind(self, kind: str) -> list[str]:
        flows: dict[str | None, list[str]] = {}
        for due in in_turn([page for (of, _), page in self._pages.items() if of == kind]):
            flows.setdefault(due.flow, []).append(due.job_id)
        return in_turn(list(flows.values()))


def in_turn(lists: Sequence[Sequence[T]]) -> list[T]:
    """Take the first of each list, then the second of each, and so on."""
    return [each for each in chain.from_iterable(zip_longest(*lists)) if each is not None]
