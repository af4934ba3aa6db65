"""Take in what a text names without working on it: an image is recorded, a live job's message sent again."""

from shared.ports.jobs import JobStore
from shared.rules.images import ImageRef
from shared.rules.messages import JobHint
from shared.steps.found import found
from shared.steps.intake.announce import Announce
from shared.steps.intake.follow import Follow
from shared.steps.intake.record import Record
from shared.steps.outcomes import Outcome


class Admit:
    """Record and announce; never analyse, and never end a job.

    Args:
        jobs: Where the rows are.
        announce: Sends messages.
        record: Records an image.
        follow: Reads the text.
    """

    def __init__(self, *, jobs: JobStore, announce: Announce, record: Record, follow: Follow) -> None:
        self._jobs = jobs
        self._announce = announce
        self._record = record
        self._follow = follow

    def __call__(self, body: bytes) -> list[Outcome]:
        """Admit all that one text names; the caller may delete it when this returns.

        Args:
            body: As it came; no content makes this raise.

        Returns:
            For an image RECORDED or DUPLICATE; for a job LIVE, ENDED, or LEFT to a newer release; REJECTED for what
            names nothing real, which is kept with the reason.

        Raises:
            StorageOut: Storage is out; the text must come back.
            Undecided: The same.

        Costs: HEAD, transaction, send = 3 for an image, 2 for a duplicate; get, send = 2 for a live job.
        """
        return self._follow(body, on_job=lambda hint, _: self.job(hint), on_image=self._image)

    def _image(self, ref: ImageRef, _alone: bool) -> Outcome:  # noqa: FBT001 - as Follow calls it
        return self._record(ref).outcome

    def job(self, hint: JobHint) -> Outcome:
        """Send the message of a live job; UNKNOWN when there is none of that id. Costs: get, send = 2."""
        row = found(self._jobs, hint.job_id)
        if isinstance(row, Outcome):
            return row
        if row.job.state.ended:
            return Outcome.ENDED
        self._announce(row.job)
        return Outcome.LIVE
