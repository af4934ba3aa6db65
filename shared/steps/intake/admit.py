"""Take in what a text names without working on it: an image is recorded, a live job's message sent again."""

from dataclasses import dataclass
from enum import StrEnum

from shared.ports.jobs import JobStore, read
from shared.rules.images import ImageRef
from shared.rules.messages import JobHint
from shared.steps.intake.announce import Announce
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.record import Record, Recording
from shared.steps.intake.resolve import Resolve


@dataclass(kw_only=True)
class Admit:
    """Record and announce; never analyse, and never end a job.

    Attributes:
        jobs: Where the rows are.
        announce: Sends messages.
        record: Records an image.
        resolve: Reads the text.
    """

    jobs: JobStore
    announce: Announce
    record: Record
    resolve: Resolve

    def admit(self, body: bytes) -> list[StrEnum]:
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
        return self.resolve.resolve(body, on_job=lambda hint, _: self.job(hint), on_image=self._image)

    def _image(self, ref: ImageRef, _alone: bool) -> Recording:  # noqa: FBT001 - as Resolve calls it
        return self.record.record(ref).outcome

    def job(self, hint: JobHint) -> Disposition:
        """Send the message of a live job.

        Raises:
            NoSuchJob: No job has this id.
            Unreadable: It was written by a newer release, or is damaged.

        Costs: get, send = 2.
        """
        row = read(self.jobs, hint.job_id)
        if row.job.state.ended:
            return Disposition.ENDED
        self.announce.announce(row.job)
        return Disposition.LIVE
