"""Whether jobs of other flows wait while one flow has most of an instance, by what the job table says.

Nobody can see who waits behind a message without taking it. But whatever was recorded has a due row, and that says its
flow: a few queries for all that waits, where the queue would take two requests for each message of the one flow.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from itertools import product

from shared.clock import DATE_STEP, ServerClock
from shared.errors import StorageOut
from shared.ports.jobs import JobStore
from shared.rules.due import Due
from shared.runtime import Runtime
from shared.settings.settings import Settings

#: Due rows in one page of a bucket, and pages of it that are read; where there are more, others may wait.
LIMIT, PAGES = 200, 4
#: An answer holds for so many seconds, and for a second a query at least: a slow flow works on a message meanwhile, so
#: that asking costs about a request a message at most.
HOLDS = 5.0


@dataclass(kw_only=True)
class Rivals:
    """Ask for jobs of other flows.

    Attributes:
        jobs: Where due rows are.
        kinds: Types of jobs that messages start.
        settings: The grace, and how many buckets there are.
        clock: The service's time.
        runtime: Time, and the lock of those who want the same answer.
    """

    jobs: JobStore
    kinds: Collection[str]
    settings: Settings
    clock: ServerClock
    runtime: Runtime
    _flow: str = field(default="", init=False)
    _answer: bool = field(default=False, init=False)
    _holds_until: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        """Begin without an answer."""
        self._guard = self.runtime.lock()

    def may_wait(self, flow: str) -> bool:
        """Say whether a job of another flow waits or is worked on; also yes where the table is out, or too long.

        What has waited for longer than the grace is left to the sweep, which takes flows in turn.

        Costs: nothing while an answer holds; then 1 query for each page of 200 due rows of each type and bucket, up to
        the first of another flow.
        """
        with self._guard:
            if flow != self._flow or self.runtime.monotonic() >= self._holds_until:
                self._flow = flow
                self._ask()
            return self._answer

    def _ask(self) -> None:
        before, queries = self.clock.now() + self.settings.grace + DATE_STEP, 0
        self._answer = False
        try:
            for kind, bucket in product(self.kinds, range(self.settings.job_buckets)):
                queries += self._look(kind, bucket, before)
                if self._answer:
                    break
        except StorageOut:
            self._answer = True
        self._holds_until = self.runtime.monotonic() + max(HOLDS, queries)

    def _look(self, kind: str, bucket: int, before: datetime) -> int:
        """Look at the jobs of one bucket; return how many queries that took."""
        after: Due | None = None
        for query in range(1, PAGES + 1):
            page = self.jobs.due(kind, bucket, before=before, limit=LIMIT, after=after)
            self._answer = any(due.flow != self._flow for due in page)
            if self._answer or len(page) < LIMIT:
                return query
            after = page[-1]
        self._answer = True
        return PAGES
