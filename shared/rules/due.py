"""What a due row says: when a live job is to be looked at. It decides nothing; the job row does."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Due:
    """What says that a live job is to be looked at.

    Attributes:
        job_id: The job.
        flow: Of an image, see ``flows.flow_of``; None of other jobs, and where an older release has written it.
        at: Where it stands among those of its bucket: the next page goes on behind it.
    """

    job_id: str
    flow: str | None
    at: str
