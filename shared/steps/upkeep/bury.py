"""Take in what the host has given up on, from the poison queue of the job queue.

Never raises for what a message says: a poison queue has no poison queue of its own. Raises when storage is out, so
that the message comes back.
"""

import contextlib

from shared.errors import IllegalTransition, Lost
from shared.ports.jobs import Row
from shared.rules import moves
from shared.rules.images import ImageRef
from shared.rules.jobs import Event, Guard
from shared.steps.found import found
from shared.steps.intake.follow import Follow
from shared.steps.intake.record import Record
from shared.steps.outcomes import Outcome
from shared.steps.work.claims import Claims
from shared.telemetry import LogEvent, emit


class Bury:
    """End the job that a poison message names, if no attempt may follow; else let the sweep look at it next.

    The dequeue count proves nothing against a job: a neighbour that crashes the worker raises it too.

    Args:
        claims: Knows the rows and their leases.
        record: Records the image that a message names.
        follow: Reads the message.
    """

    def __init__(self, *, claims: Claims, record: Record, follow: Follow) -> None:
        self._claims = claims
        self._record = record
        self._follow = follow

    def __call__(self, body: bytes) -> list[Outcome]:
        """Bury what one poison message names.

        Raises:
            StorageOut: Storage is out; the message must come back.
            Undecided: The same.

        Costs: get and end, or get and reschedule = 2; 1 for a job that is due already, has ended or is under a live
        lease. 2 more for a message that names an image, 3 in all where it is recorded anew.
        """
        return self._follow(body, on_job=lambda hint, _: self._job(hint.job_id), on_image=self._image)

    def _image(self, ref: ImageRef, _alone: bool) -> Outcome:  # noqa: FBT001 - as Follow calls it
        recorded = self._record(ref)
        if recorded.outcome is Outcome.RECORDED:
            return Outcome.RECORDED
        outcome = self._job(recorded.job_id)
        return recorded.outcome if outcome is Outcome.UNKNOWN else outcome  # its job is purged: a duplicate

    def _job(self, job_id: str) -> Outcome:
        row = found(self._claims.jobs, job_id)
        if isinstance(row, Outcome):
            return row
        if row.job.state.ended:
            return Outcome.ENDED
        lapsed = self._claims.lapsed(row)
        try:
            self._claims.give_up(row, Event.BURY, "poison", lapsed=lapsed)
        except IllegalTransition as refused:
            if refused.guard == Guard.SPENT.value:
                self._hasten(row, lapsed=lapsed)
        except Lost:
            pass
        else:
            return Outcome.FAILED
        emit(LogEvent.LEFT, job=job_id)
        return Outcome.LEFT

    def _hasten(self, row: Row, *, lapsed: bool) -> None:
        """Make the job due as soon as it may be claimed: no message starts it any more, so the sweep must."""
        now = self._claims.clock.now()
        due = max(now, row.job.not_before or now)
        if row.job.due is None or row.job.due <= due:
            return
        with contextlib.suppress(Lost):
            self._claims.jobs.replace(row, moves.reschedule(row.job, due=due, lapsed=lapsed, now=now))
