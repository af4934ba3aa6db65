"""Take in a message from the job queue: record the image that it names, if need be, and work on it."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from shared.errors import NoSuchJob
from shared.rules.flows import flow_of
from shared.rules.images import ImageRef
from shared.rules.messages import JobHint
from shared.steps.intake.admit import Admit
from shared.steps.intake.announce import Announce
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Record
from shared.steps.intake.resolve import Resolve
from shared.steps.work.attempt import Attempt, End
from shared.steps.work.fair_share import FairShare


@dataclass(kw_only=True)
class Receive:
    """Do what a message asks for.

    Attributes:
        record: Records an image.
        attempt: Works on a job.
        admit: Sends the message of a job.
        resolve: Reads the message.
        announce: Sends a message to the tail of the queue.
        share: Knows which flow takes more than its share.
    """

    record: Record
    attempt: Attempt
    admit: Admit
    resolve: Resolve
    announce: Announce
    share: FairShare

    def receive(self, body: bytes, *, owner: str) -> list[StrEnum]:
        """Do all that one message asks for; the caller may delete the message when this returns.

        Args:
            body: The message as it came.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Raises:
            StorageOut: Storage is out; the message must come back.
            Undecided: The same.

        Costs: those of the work, or 1 message where it is deferred; 2 more for a message that names an image, 3 in
        base64. Of a list, those of recording for each image, and 2 for each job.
        """

        # Of a list, each gets a message of its own: all of them in one call could outlast the host's limit.
        def on_job(hint: JobHint, alone: bool) -> StrEnum:  # noqa: FBT001 - as Resolve calls it
            return self._job(hint, owner=owner) if alone else self.admit.job(hint)

        def on_image(ref: ImageRef, alone: bool) -> StrEnum:  # noqa: FBT001 - the same
            recorded = self.record.record(ref, announce=not alone)
            if alone:
                with suppress(NoSuchJob):  # it is purged: a duplicate
                    return self._job(JobHint(recorded.job_id, flow_of(ref.ref)), owner=owner)
            return recorded.outcome

        return self.resolve.resolve(body, on_job=on_job, on_image=on_image)

    def _job(self, hint: JobHint, *, owner: str) -> End | Disposition:
        slot = self.share.take(hint.flow) if hint.has_hopped else self.share.take_or_defer(hint.flow)
        if isinstance(slot, timedelta):
            if self.announce.defer(hint.job_id, hint.flow, delay=slot):
                return Disposition.DEFERRED
            slot = self.share.take(hint.flow)
        with slot:
            slot.end = self.attempt.run(hint.job_id, owner=owner)
            return slot.end
