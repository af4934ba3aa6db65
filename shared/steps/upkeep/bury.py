"""Take in what the host has given up on, from the poison queue of the job queue.

Never raises for what a message says: a poison queue has no poison queue of its own. Raises when storage is out, so
that the message comes back.
"""

import contextlib
from dataclasses import dataclass
from enum import StrEnum

from shared.errors import IllegalTransition, Lost, NoSuchJob
from shared.ports.jobs import Row, read
from shared.rules import moves
from shared.rules.images import ImageRef
from shared.rules.jobs import Event, Guard
from shared.steps.intake.record import Record, Recording
from shared.steps.intake.resolve import Resolve
from shared.steps.work.claims import Claims
from shared.telemetry import LogEvent, emit


class Burial(StrEnum):
    """What became of the job that a poison message names."""

    FAILED = "failed"  #: no attempt may follow: it has ended
    ENDED = "ended"  #: it had ended before
    LEFT = "left"  #: attempts are left, or a worker is at it: the sweep brings it back


@dataclass(kw_only=True)
class Bury:
    """End the job that a poison message names, if no attempt may follow; else let the sweep look at it next.

    The dequeue count proves nothing against a job: a neighbour that crashes the worker raises it too.

    Attributes:
        claims: Knows the rows and their leases.
        record: Records the image that a message names.
        resolve: Reads the message.
    """

    claims: Claims
    record: Record
    resolve: Resolve

    def bury(self, body: bytes) -> list[StrEnum]:
        """Bury what one poison message names.

        Raises:
            StorageOut: Storage is out; the message must come back.
            Undecided: The same.

        Costs: get and end, or get and reschedule = 2; 1 for a job that is due already, has ended or is under a live
        lease. 2 more for a message that names an image, 3 in all where it is recorded again.
        """
        return self.resolve.resolve(body, on_job=lambda hint, _: self._job(hint.job_id), on_image=self._image)

    def _image(self, ref: ImageRef, _alone: bool) -> Recording | Burial:  # noqa: FBT001 - as Resolve calls it
        recorded = self.record.record(ref)
        if recorded.outcome is not Recording.RECORDED:
            with contextlib.suppress(NoSuchJob):  # it is purged: a duplicate
                return self._job(recorded.job_id)
        return recorded.outcome

    def _job(self, job_id: str) -> Burial:
        row = read(self.claims.jobs, job_id)
        if row.job.state.ended:
            return Burial.ENDED
        lapsed = self.claims.lapsed(row)
        try:
            self.claims.give_up(row, Event.BURY, "poison", lapsed=lapsed)
        except IllegalTransition as refused:
            if refused.guard == Guard.SPENT.value:
                self._hasten(row, lapsed=lapsed)
        except Lost:
            pass
        else:
            return Burial.FAILED
        emit(LogEvent.LEFT, job=job_id)
        return Burial.LEFT

    def _hasten(self, row: Row, *, lapsed: bool) -> None:
        """Make the job due as soon as it may be claimed: no message starts it any more, so the sweep must."""
        now = self.claims.clock.now()
        due = max(now, row.job.not_before or now)
        if row.job.due is None or row.job.due <= due:
            return
        with contextlib.suppress(Lost):
            self.claims.jobs.replace(row, moves.reschedule(row.job, due=due, lapsed=lapsed, now=now))
