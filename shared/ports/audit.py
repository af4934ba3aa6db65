"""What ``verify`` needs from storage; errors as in ``shared.ports``."""

from collections.abc import Iterator
from typing import Protocol

from shared.rules.audit import Group, Mending


class Audit(Protocol):
    """A look at everything that is kept, for proof; and the one repair that is always safe."""

    def groups(self) -> Iterator[Group]:
        """Read the whole job table, a partition at a time; what moves meanwhile may look torn, so look again.

        Costs: 1 query for each 1,000 rows. Memory: the facts of one partition, about 1 kB a job.
        """

    def look(self, group: Group) -> Group:
        """Read one reference's rows again, all of them as they stood at one moment.

        Raises:
            Lost: They moved at each of several looks.

        Costs: 3 queries, and 1 read for each key and index row.
        """

    def group_of(self, job_id: str) -> Group:
        """Read the rows of a job's reference, all of them as they stood at one moment.

        Raises:
            Lost: As ``look``.

        Costs: As ``look``.
        """

    def mend(self, group: Group, mending: Mending) -> None:
        """Put index rows right, under the job row's version.

        Raises:
            Lost: The job has moved on since the group was looked at; nothing was written.

        Costs: 1 transaction.
        """

    def thumbnails(self) -> Iterator[str]:
        """List the names in the container of thumbnails. Costs: 1 list for each 5,000."""

    def has_thumbnail(self, name: str) -> bool:
        """Say whether a thumbnail is there. Costs: 1 read."""
