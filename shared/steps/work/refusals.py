"""Note reports that came too late: on the attempt's own row, and in one count for operators."""

import contextlib

from shared.clock import ServerClock
from shared.errors import ContentRefused, Lost, StorageOut, Undecided
from shared.ports.jobs import JobStore
from shared.ports.marks import Marks
from shared.statistics import whole

#: The mark that counts them: ``{"total": n}``.
MARK = "stale-reports"
#: Workers that are refused at the same moment; one count more or less is not worth more.
_ROUNDS = 3


class Refusals:
    """Note and count.

    Args:
        jobs: Where attempts are.
        marks: Where the count is.
        clock: The service's time.
    """

    def __init__(self, *, jobs: JobStore, marks: Marks, clock: ServerClock) -> None:
        self._jobs = jobs
        self._marks = marks
        self._clock = clock

    def __call__(self, job_id: str, token: int, *, report: str) -> None:
        """Note one refused report; what storage does not take is not worth another failure.

        Args:
            job_id: The job.
            token: Of the attempt.
            report: What its worker wanted to write, in a word.

        Costs: 2 reads and 2 transactions.
        """
        with contextlib.suppress(StorageOut, Undecided, ContentRefused):
            self._jobs.refuse(job_id, token, report=report, now=self._clock.now())
            for _ in range(_ROUNDS):
                with contextlib.suppress(Lost):
                    self._count()
                    return

    def _count(self) -> None:
        mark = self._marks.get(MARK)
        if mark is None:
            self._marks.insert(MARK, {"total": 1})
        else:
            self._marks.replace(mark, {"total": (whole(mark.value.get("total")) or 0) + 1})
