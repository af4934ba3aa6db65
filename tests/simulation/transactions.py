"""One transaction as the table service has applied it: what the promises are held against."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.simulation.operations import Operation, Place
from tests.simulation.rules import Row


@dataclass(frozen=True)
class Transaction:
    """One transaction that the table service has applied.

    Attributes:
        sender: Name of the task that has sent it; its process's name comes first.
        now: The services' time.
        operations: Those that it is made of.
        before: The rows of these as they were.
        rows: All rows as they stand.
        drift: By which its sender may be off about the time.
        late: By which what it says of the time may be old.
        purges: Whether retention is over at once in this world; else it is never over.
        claimants: Who has claimed each job last, by process.
        is_earlier: Whether its sender is of the release before, whose index rows do not say who runs.
    """

    sender: str
    now: datetime
    operations: Sequence[Operation]
    before: Mapping[Place, Row]
    rows: Mapping[Place, Row]
    drift: timedelta
    late: timedelta
    purges: bool
    claimants: Mapping[Place, str]
    is_earlier: bool = False

    def moves(self) -> Iterator[tuple[Place, Row, Row]]:
        """Yield each job row that was replaced: its place, as it was, and as it stands."""
        for place, before in self.before.items():
            if place[2].startswith("job:") and before and place in self.rows:
                yield place, before, self.rows[place]

    def of_job(self, place: Place, *kinds: str) -> list[Place]:
        """Return the rows of some kinds that belong to a job: index rows end with its id, attempts begin with it."""
        job_id = place[2][4:]
        return [
            other
            for other in self.rows
            if other[:2] == place[:2] and other[2].startswith(kinds) and job_id in other[2].split(":")
        ]
