"""Take in a message from the job queue: record the image that it names, if need be, and work on it."""

from collections.abc import Callable
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
from shared.steps.work.rivals import Rivals


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
        rivals: Knows whether other flows wait.
    """

    record: Record
    attempt: Attempt
    admit: Admit
    resolve: Resolve
    announce: Announce
    share: FairShare
    rivals: Rivals

    def receive(self, body: bytes, *, owner: str) -> list[StrEnum]:
        """Do all that one message asks for; the caller may delete the message when this returns.

        Args:
            body: The message as it came.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Raises:
            StorageOut: Storage is out; the message must come back.
            Undecided: The same.

        Costs: those of the work, or 1 message where it is deferred; 2 more for a message that names an image, 3 in
        base64. Of a list, those of recording for each image, and 2 for each job. Those of ``Rivals.may_wait`` where the
        flow has more than its share, and no other message has come lately.
        """

        # Of a list, each gets a message of its own: all of them in one call could outlast the host's limit.
        def on_job(hint: JobHint, alone: bool) -> StrEnum:  # noqa: FBT001 - as Resolve calls it
            return self._job(hint, owner, self.rivals.may_wait) if alone else self.admit.job(hint)

        def on_image(ref: ImageRef, alone: bool) -> StrEnum:  # noqa: FBT001 - the same
            recorded = self.record.record(ref, announce=not alone)
            if alone:
                with suppress(NoSuchJob):  # it is purged: a duplicate
                    # Others that come so may be in the queue, and have no row yet that would tell of them.
                    return self._job(JobHint(recorded.job_id, flow_of(ref.ref)), owner, lambda _: True)
            return recorded.outcome

        return self.resolve.resolve(body, on_job=on_job, on_image=on_image)

    def _job(self, hint: JobHint, owner: str, others_wait: Callable[[str], bool]) -> End | Disposition:
        share = self.share
        slot = share.take(hint.flow) if hint.has_hopped else share.take_or_defer(hint.flow, others_wait=others_wait)
        if isinstance(slot, timedelta):
            if self.announce.defer(hint.job_id, hint.flow, delay=slot):
                return Disposition.DEFERRED
            slot = share.take(hint.flow)
        with slot:
            slot.end = self.attempt.run(hint.job_id, owner=owner)
            return slot.end
