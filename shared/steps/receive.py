"""Take in a message from the job queue: record the image that it names, if need be, and work on it."""

from shared.images import ImageRef
from shared.steps.follow import Follow
from shared.steps.outcomes import Outcome
from shared.steps.record import Record
from shared.steps.work import Work


class Receive:
    """Do what a message asks for.

    Args:
        record: Records an image.
        work: Works on a job.
        follow: Reads the message.
    """

    def __init__(self, *, record: Record, work: Work, follow: Follow) -> None:
        self._record = record
        self._work = work
        self._follow = follow

    def __call__(self, body: bytes, *, owner: str) -> list[Outcome]:
        """Do all that one message asks for; the caller may delete the message when this returns.

        Args:
            body: The message as it came.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Raises:
            StorageOut: Storage is out; the message must come back.
            Undecided: The same.

        Costs: those of the work; 2 more for a message that names an image, 3 in base64.
        """

        def on_job(job_id: str) -> Outcome:
            return self._work(job_id, owner=owner)

        def on_image(ref: ImageRef, alone: bool) -> Outcome:  # noqa: FBT001 - as Follow calls it
            # Of a list, each gets a message of its own: all of them in one call could outlast the host's limit.
            recorded = self._record(ref, announce=not alone)
            if not alone:
                return recorded.outcome
            outcome = self._work(recorded.job_id, owner=owner)
            return recorded.outcome if outcome is Outcome.UNKNOWN else outcome  # its job is purged: a duplicate

        return self._follow(body, on_job=on_job, on_image=on_image)
