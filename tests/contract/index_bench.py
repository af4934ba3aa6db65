"""The index of a job table, with versions of one reference: all index rows are in one bucket."""

from dataclasses import dataclass
from datetime import datetime

from shared.ports.index import ENDED, JobIndex, Position
from shared.ports.jobs import JobCopy, Row
from shared.rules.ids import bucket, digest
from shared.rules.jobs import Move, State
from tests.contract.job_moves import TYPE
from tests.contract.versions_bench import VersionsBench

REF = "images/cat.png"


@dataclass
class IndexBench(VersionsBench):
    """A job table and its index."""

    index: JobIndex

    def live(self, after: Position | None = None, limit: int = 9) -> list[Position]:
        """List who is live."""
        return self.index.live(TYPE, self.bucket, after=after, limit=limit)

    def ended(
        self,
        *span: datetime | None,
        state: State = State.CANCELED,
        after: Position | None = None,
        limit: int = 9,
    ) -> list[str]:
        """List whose jobs have ended, in a span if one is given."""
        since, until = span or (None, None)
        found = self.index.ended(TYPE, self.bucket, state, after=after, ended_from=since, ended_to=until, limit=limit)
        assert all(position.segment == ENDED for position in found)
        assert sorted(found) == found
        return [position.job_id for position in found]

    def copies(self, state: State | None) -> list[JobCopy | None]:
        """List what the rows of a group copy of their jobs."""
        if state is None:
            found = self.index.live(TYPE, self.bucket, after=None, limit=9, with_copies=True)
        else:
            found = self.index.ended(TYPE, self.bucket, state, after=None, ended_from=None, ended_to=None, limit=9)
        return [position.copy for position in found]

    def move(self, row: Row, move: Move) -> Row:
        """Move a job on."""
        return self.jobs.store.replace(row, move)

    @property
    def bucket(self) -> int:
        """Of the one reference."""
        return bucket(f"{TYPE}-{digest(TYPE, REF)}", 4)
