"""What a due row says: when a live job is to be looked at. It decides nothing; the job row does."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_AT = re.compile(r"due:(\d{13}):")


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

    @property
    def since(self) -> datetime | None:
        """The moment from which it is due, as its place says; None where that says nothing of the kind."""
        found = _AT.match(self.at)
        return _EPOCH + timedelta(milliseconds=int(found[1])) if found else None
