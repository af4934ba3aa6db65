"""Versions of one reference, each over the one before: all jobs are of one bucket."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.ports.jobs import Row
from shared.rules.jobs import Event, Move
from tests.contract import job_moves
from tests.contract.benches import JobsBench


@dataclass
class VersionsBench:
    """A job table to add versions to."""

    jobs: JobsBench

    def add(self, number: int, *, grace: timedelta = job_moves.NONE) -> Row:
        """Add a version."""
        over = self.jobs.store.key(job_moves.TYPE, "images/cat.png")
        return self.jobs.store.insert(job_moves.add(self.jobs, version=f"0x{number}", grace=grace), over=over)

    def canceled(self, number: int = 0, *, after: timedelta = job_moves.NONE, at: datetime | None = None) -> Row:
        """Add a version whose job ends some time from now, or at a moment."""
        row, at = self.add(number), at or self.jobs.now + after
        move = job_moves.end(self.jobs, row)
        return self.jobs.store.replace(row, Move(Event.CANCEL, replace(move.job, ended=at), at))
