"""How far each image is: fed with jobs, answers with changes. Pure: no storage, no screen, no clock."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

Json = Mapping[str, Any]

COMPLETED = "COMPLETED"
ENDED = frozenset({COMPLETED, "FAILED", "CANCELED"})
#: What is shown before anybody has recorded the upload.
UPLOADED = "UPLOADED"
WAITING = "WAITING"
#: ``--once`` gives up when nothing has ended for so long.
PATIENCE_SECONDS = 120.0


class Outcome(Enum):
    """Where a whole run stands."""

    GOING = "going"
    COMPLETED = "completed"
    #: Every image has ended, one or more of them without a result.
    FAILED = "failed"
    #: Nothing has ended for PATIENCE_SECONDS.
    STUCK = "stuck"

    @property
    def status(self) -> int:
        """The exit status of ``--once``."""
        return 0 if self is Outcome.COMPLETED else 1


@dataclass(frozen=True)
class Image:
    """One image of the run.

    Attributes:
        name: Of its blob.
        job_id: Known as soon as it is uploaded.
        job: As last seen; None before it is recorded.
        uploaded_at: In seconds of the run's clock.
        ended_at: Likewise.
    """

    name: str
    job_id: str | None = None
    job: Json | None = None
    uploaded_at: float | None = None
    ended_at: float | None = None

    @property
    def state(self) -> str:
        """The job's state, or what comes before it."""
        if self.job is not None:
            return str(self.job["state"])
        return WAITING if self.job_id is None else UPLOADED

    @property
    def attempts(self) -> int:
        """How often a worker has begun."""
        return 0 if self.job is None else int(self.job["attempts"])

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.state in ENDED

    def seconds(self, now: float) -> float | None:
        """Return the time from upload to end, or until now; None before the upload."""
        return (
            None if self.uploaded_at is None else (now if self.ended_at is None else self.ended_at) - self.uploaded_at
        )


class Watch:
    """Keep the images of one run.

    Args:
        names: Blob names, each once, in the order in which they are shown.
        now: Seconds of a clock that never goes back, as everywhere here.
    """

    def __init__(self, names: Iterable[str], now: float) -> None:
        self._images = {name: Image(name) for name in names}
        self._last_end = now

    @property
    def images(self) -> list[Image]:
        """All images, in order."""
        return list(self._images.values())

    @property
    def live(self) -> list[Image]:
        """Uploaded, not yet ended."""
        return [image for image in self._images.values() if image.job_id is not None and not image.ended]

    @property
    def ended_count(self) -> int:
        """How many have ended."""
        return sum(image.ended for image in self._images.values())

    def note_upload(self, name: str, job_id: str, now: float) -> Image:
        """Note that storage has taken an image, which is the job's beginning."""
        self._last_end = max(self._last_end, now)
        return self._put(Image(name, job_id=job_id, uploaded_at=now))

    def note_job(self, name: str, job: Json | None, now: float) -> Image | None:
        """Take in a job as it stands.

        Returns:
            The image when a person would see a difference, None otherwise.
        """
        before = self._images[name]
        if job is None or before.ended:
            return None
        ended = now if job["state"] in ENDED else None
        image = Image(name, job_id=before.job_id, job=job, uploaded_at=before.uploaded_at, ended_at=ended)
        self._put(image)
        if ended is not None:
            self._last_end = now
        return None if (image.state, image.attempts) == (before.state, before.attempts) else image

    def outcome(self, now: float) -> Outcome:
        """Say where the run stands."""
        if self.ended_count == len(self._images):
            completed = all(image.state == COMPLETED for image in self._images.values())
            return Outcome.COMPLETED if completed else Outcome.FAILED
        return Outcome.STUCK if now - self._last_end >= PATIENCE_SECONDS else Outcome.GOING

    def missing(self) -> list[str]:
        """Name what has not ended, and where it stands."""
        return [
            f"{image.name}: {image.state}, {image.attempts} attempt{'' if image.attempts == 1 else 's'}"
            for image in self._images.values()
            if not image.ended
        ]

    def _put(self, image: Image) -> Image:
        self._images[image.name] = image
        return image
