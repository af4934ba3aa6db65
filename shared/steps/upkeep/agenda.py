"""What one sweep works on, and in which order: pages of due rows from each bucket, in fair turns.

Index rows decide nothing. A page may be full of rows that no work here moves on: a newer release's after a rollback, or
rows that belong to no job. So a sweep goes on behind such a page, and the jobs behind it need not wait for a repair.

A sweep over many slow images may take minutes. What comes due meanwhile has its turn too: while there is work left, the
oldest pages are read again, bucket after bucket and never all at once.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from itertools import chain, product, zip_longest
from typing import TypeVar

from shared.ports.jobs import JobStore
from shared.rules.due import Due
from shared.runtime import Runtime
from shared.steps.upkeep.turns import Turns

T = TypeVar("T")
#: Due rows in one page of a bucket. Where a sweep moves them all on, the rest is there at the next sweep.
LIMIT = 200
#: Seconds in which a sweep that has work left reads each bucket once more ...
LOOK_AGAIN_SECONDS = 2.0
#: ... or longer: where buckets are many or storage is slow, it spends no more than this share of its time on that.
LOOK_SHARE = 0.1


class Agenda:
    """Due jobs, in turn from each type, in that from each flow, and in that from each bucket.

    Args:
        jobs: Where due rows are.
        kinds: Types to look at.
        buckets: Partitions of each.
        now: The service's time.
        runtime: Time, and the lock of a sweep's threads, who wait for each other's queries.
        turns: Keeps what a bucket raises, so that the others have their turn.

    Attributes:
        oldest_due_age: How long the oldest job was due when the first pages were read; None while none was due.
    """

    def __init__(
        self,
        jobs: JobStore,
        kinds: Sequence[str],
        *,
        buckets: int,
        now: Callable[[], datetime],
        runtime: Runtime,
        turns: Turns,
    ) -> None:
        self._jobs = jobs
        self._now = now
        self._monotonic = runtime.monotonic
        self._turns = turns
        self._places = deque(product(kinds, range(buckets)))
        self._behind: dict[tuple[str, int], Due | None] = dict.fromkeys(self._places)
        self._pages: dict[tuple[str, int], list[Due]] = {}
        self._waiting: OrderedDict[str, OrderedDict[str | None, deque[str]]] = OrderedDict()
        self._known_ids: set[str] = set()
        self._looked_at = runtime.monotonic()
        self._pause = LOOK_AGAIN_SECONDS
        self._mutex = runtime.lock()
        self.oldest_due_age: timedelta | None = None

    def turn_page(self, *, stop: Callable[[], bool]) -> int:
        """List the next page of each bucket that has one to go on with; return how many jobs wait now.

        Args:
            stop: Says that it is time to end.

        Costs: 1 query a type and bucket the first time; 1 for each page to go on behind after that.
        """
        with self._mutex:
            self._pages = self._list(self._behind, stop)
            self._behind = {}
            self._looked_at = self._monotonic()
            return sum(len(ids) for flows in self._waiting.values() for ids in flows.values())

    def go_on_behind(self, moved: Collection[str]) -> None:
        """Go on behind each full page that has other jobs than those that this sweep has moved on."""
        self._behind = {
            place: page[-1]
            for place, page in self._pages.items()
            if len(page) == LIMIT and any(due.job_id not in moved for due in page)
        }

    def next(self, *, stop: Callable[[], bool]) -> str | None:
        """Take the job whose turn it is; None when none waits. Any thread may ask.

        Args:
            stop: Says that it is time to end.

        Costs: nothing; 1 query a type and bucket in ``LOOK_AGAIN_SECONDS``, those whose turn has come since the last.
        """
        with self._mutex:
            if self._waiting:
                self._look_again(stop)
            return self._take()

    def rest(self) -> list[str]:
        """Take all that wait, in the order of their turns."""
        with self._mutex:
            return [job_id for job_id in iter(self._take, None) if job_id is not None]

    def _look_again(self, stop: Callable[[], bool]) -> None:
        """Read the first page of each bucket whose turn has come."""
        now = self._monotonic()
        count = min(int((now - self._looked_at) / self._pause), len(self._places))
        if not count:
            return
        # What is left of a pause counts for the next; a time in which nobody has asked does not.
        self._looked_at = now if count == len(self._places) else self._looked_at + count * self._pause
        places = [self._places[number] for number in range(count)]
        self._places.rotate(-count)
        self._list(dict.fromkeys(places), stop)

    def _list(
        self, behind: dict[tuple[str, int], Due | None], stop: Callable[[], bool]
    ) -> dict[tuple[str, int], list[Due]]:
        """Read pages, and let those wait that have not been seen in this sweep."""
        pages: dict[tuple[str, int], list[Due]] = {}
        before, began_at = self._now(), self._monotonic()
        for place, after in behind.items():
            if stop():
                break
            with self._turns.turn():
                pages[place] = self._jobs.due(*place, before=before, limit=LIMIT, after=after)
        for kind in dict.fromkeys(kind for kind, _ in pages):
            for due in _in_turn([page for (of, _), page in pages.items() if of == kind]):
                if due.job_id not in self._known_ids:
                    self._known_ids.add(due.job_id)
                    flows = self._waiting.setdefault(kind, OrderedDict())
                    flows.setdefault(due.flow, deque()).append(due.job_id)
        oldest = [page[0].since for page in pages.values() if page]
        if self.oldest_due_age is None:
            self.oldest_due_age = max((before - since for since in oldest if since is not None), default=None)
        took = (self._monotonic() - began_at) / max(1, len(pages))
        self._pause = max(LOOK_AGAIN_SECONDS / max(1, len(self._places)), took / LOOK_SHARE)
        return pages

    def _take(self) -> str | None:
        if not self._waiting:
            return None
        kind, flows = self._waiting.popitem(last=False)
        flow, ids = flows.popitem(last=False)
        job_id = ids.popleft()
        if ids:
            flows[flow] = ids  # behind the other flows
        if flows:
            self._waiting[kind] = flows  # behind the other types
        return job_id


def _in_turn(lists: Sequence[Sequence[T]]) -> list[T]:
    """Take the first of each list, then the second of each, and so on."""
    return [each for each in chain.from_iterable(zip_longest(*lists)) if each is not None]
