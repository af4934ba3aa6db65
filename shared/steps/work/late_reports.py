"""Note reports that came too late: on the attempt's own row, and in one count for operators."""

import contextlib
from dataclasses import dataclass

from shared.clock import ServerClock
from shared.errors import ContentRefused, Lost, StorageOut, Undecided
from shared.ports.jobs import JobStore
from shared.ports.marks import Marks

#: The mark that counts them: ``{"total": n}``.
MARK = "stale-reports"
#: Workers that are refused at the same moment; one count more or less is not worth more.
_ROUNDS = 3


@dataclass(kw_only=True)
class LateReports:
    """Note and count.

    Attributes:
        jobs: Where attempts are.
        marks: Where the count is.
        clock: The service's time.
    """

    jobs: JobStore
    marks: Marks
    clock: ServerClock

    def note(self, job_id: str, token: int, *, report: str) -> None:
        """Note one refused report; what storage does not take is not worth another failure.

        Args:
            job_id: The job.
            token: Of the attempt.
            report: What its worker wanted to write, in a word.

        Costs: 2 reads and 2 transactions.
        """
        with contextlib.suppress(StorageOut, Undecided, ContentRefused):
            self.jobs.refuse(job_id, token, report=report, now=self.clock.now())
            for _ in range(_ROUNDS):
                with contextlib.suppress(Lost):
                    self._count()
                    return

    def _count(self) -> None:
        mark = self.marks.get(MARK)
        if mark is None:
            self.marks.insert(MARK, {"total": 1})
        else:
            self.marks.replace(mark, {"total": (mark.count("total") or 0) + 1})
