"""Take in a message from the job queue: record the image that it names, if need be, and work on it."""

from datetime import timedelta

from shared.rules.flows import flow_of
from shared.rules.images import ImageRef
from shared.rules.messages import JobHint
from shared.steps.intake.admit import Admit
from shared.steps.intake.announce import Announce
from shared.steps.intake.follow import Follow
from shared.steps.intake.record import Record
from shared.steps.outcomes import Outcome
from shared.steps.work.fair_share import FairShare
from shared.steps.work.work import Work


class Receive:
    """Do what a message asks for.

    Args:
        record: Records an image.
        work: Works on a job.
        admit: Sends the message of a job.
        follow: Reads the message.
        announce: Sends a message to the tail of the queue.
        share: Knows which flow takes more than its share.
    """

    def __init__(
        self, *, record: Record, work: Work, admit: Admit, follow: Follow, announce: Announce, share: FairShare
    ) -> None:
        self._record = record
        self._admit = admit
        self._work = work
        self._follow = follow
        self._announce = announce
        self._share = share

    def __call__(self, body: bytes, *, owner: str) -> list[Outcome]:
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
        def on_job(hint: JobHint, alone: bool) -> Outcome:  # noqa: FBT001 - as Follow calls it
            return self._job(hint, owner=owner) if alone else self._admit.job(hint)

        def on_image(ref: ImageRef, alone: bool) -> Outcome:  # noqa: FBT001 - the same
            recorded = self._record(ref, announce=not alone)
            if not alone:
                return recorded.outcome
            outcome = self._job(JobHint(recorded.job_id, flow_of(ref.ref)), owner=owner)
            return recorded.outcome if outcome is Outcome.UNKNOWN else outcome  # its job is purged: a duplicate

        return self._follow(body, on_job=on_job, on_image=on_image)

    def _job(self, hint: JobHint, *, owner: str) -> Outcome:
        slot = self._share.take(hint.flow) if hint.deferred else self._share.take_or_defer(hint.flow)
        if isinstance(slot, timedelta):
            if self._announce.defer(hint.job_id, hint.flow, delay=slot):
                return Outcome.DEFERRED
            slot = self._share.take(hint.flow)
        with slot:
            slot.outcome = self._work(hint.job_id, owner=owner)
            return slot.outcome
