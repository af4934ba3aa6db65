"""Jobs that have failed, and that fail again whenever somebody opens them: so a second opening would be seen."""

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import TracebackType
from typing import Self

from shared.invocation import start
from shared.rules import moves
from shared.rules.jobs import JobError, State
from shared.wiring.steps import Darkroom
from tests.browser.drafts import DraftTable
from tests.sdk_clients import table_of

KIND = "word-count"
_LEASE = timedelta(seconds=60)


def populate(darkroom: Darkroom, count: int) -> list[str]:
    """Write so many jobs that have failed a day ago at their first attempt; return their ids.

    They are drafts of the store, and then copied: so thousands take seconds.
    """
    darkroom.storage.index.insert_type(KIND)
    table, at, ids = DraftTable(), darkroom.clock.now() - timedelta(days=1), []
    jobs = table.jobs(darkroom.clock, buckets=darkroom.settings.job_buckets)
    for each in range(count):
        add = moves.add(
            kind=KIND, ref=f"{each}.txt", version=f"{each}", params={}, max_attempts=5, now=at,
            grace=timedelta(0), add_nonce=f"{each:032x}",
        )  # fmt: skip
        row = jobs.insert(add)
        claim = moves.claim(row.job, owner="test", claim_id=f"{each:032x}", now=at, lapsed=False, lease=_LEASE)
        row = jobs.replace(row, claim)
        assert row.job.claim is not None
        error = JobError("odd", "The text is odd.", at)
        jobs.replace(row, moves.fail(row.job, claim=row.job.claim, error=error, now=at))
        ids.append(row.job.id)
    table.copy(table_of(darkroom.storage.jobs))
    return ids


class Failing:
    """Workers that claim what is opened, and let it fail at once.

    Args:
        darkroom: Over the jobs' storage.
        count: Of the workers.

    Attributes:
        ends: How often each job has failed.
    """

    def __init__(self, darkroom: Darkroom, count: int = 4) -> None:
        self.ends: Counter[str] = Counter()
        self._darkroom = darkroom
        self._stop = threading.Event()
        self._threads = [start(self._work, name=f"failing-{each}") for each in range(count)]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let them end."""
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _work(self) -> None:
        external = self._darkroom.external
        while not self._stop.is_set():
            row = external.claim_next(KIND, owner="test", lease=_LEASE)
            if row is None or row.job.claim is None:
                self._stop.wait(0.05)
                continue
            external.resume(row.job.id, row.job.claim).fail("odd", "The text is odd.")
            self.ends[row.job.id] += 1


def openings(darkroom: Darkroom, ids: Sequence[str]) -> Counter[tuple[State, int]]:
    """Count jobs by their state and how often each was opened: its token counts the claims, one of an opening."""
    with ThreadPoolExecutor(8) as pool:
        rows = list(pool.map(darkroom.lookup.get, ids))
    return Counter((row.job.state, row.job.token - 1) for row in rows)
