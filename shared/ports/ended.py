"""Jobs that rest, and their way out. Costs and errors are told as in ``shared.ports``."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from shared.ports.jobs import Key, Row
from shared.rules.jobs import State


class EndedJobs(Protocol):
    """Jobs that rest, by the moment of their end, and their way out."""

    def ended(self, kind: str, bucket: int, state: State, *, before: datetime) -> Iterator[list[str]]:
        """List ids of jobs of one bucket that have ended in a state, by what their end rows say.

        Args:
            kind: Of job.
            bucket: Number of the partition.
            state: In which they ended.
            before: Later ends are left out.

        Yields:
            Pages of at most 1,000 ids: the oldest first or, where a day has more than a page, the oldest day first.

        Costs: 1 query for up to 999; about 3 for each 1,000 beyond.
        """

    def purge(self, jobs: Sequence[tuple[Row, Key | None]]) -> set[str]:
        """Delete jobs of one partition, each with its end row and attempts, and write down its end in its key row.

        Args:
            jobs: As they were read, each with its reference's key row if that names the job.

        Returns:
            Ids of those that are gone; the rest has moved on, or does not hold together, and is untouched.

        Costs: 1 transaction for 25 or so; 1 query for each job that was ever ended from outside; a read and a
        transaction for each job that has moved on.
        """

    def forget(self, key: Key) -> None:
        """Delete the key row that a purged job has left; harmless when it is gone. Costs: 1 transaction.

        Raises:
            Lost: It has moved on since.
        """
