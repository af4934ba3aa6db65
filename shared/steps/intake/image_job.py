"""The job of an image: the same row, whoever records the image."""

from collections.abc import Callable
from dataclasses import dataclass

from shared.clock import ServerClock
from shared.rules import moves
from shared.rules.images import BlobFacts, ImageRef
from shared.rules.jobs import Move
from shared.settings.settings import Settings
from shared.steps.intake.announce import Announce


@dataclass(kw_only=True)
class NewImageJob:
    """Make the job of an image's version.

    Attributes:
        announce: Knows how long the sweep leaves a job to its message.
        settings: Type, attempts and times.
        clock: The service's time.
        draw: Returns a new nonce, 32 hex digits.
    """

    announce: Announce
    settings: Settings
    clock: ServerClock
    draw: Callable[[], str]

    def add(
        self, ref: ImageRef, facts: BlobFacts, *, traceparent: str | None = None, add_nonce: str | None = None
    ) -> Move:
        """Return the addition of a job.

        Args:
            ref: The image.
            facts: Of the version.
            traceparent: W3C trace context of what caused it.
            add_nonce: Of the write; a new one is drawn without it.
        """
        encoding = {"content_encoding": facts.content_encoding} if facts.content_encoding else {}
        return moves.add(
            kind=self.settings.image_type,
            ref=ref.ref,
            version=facts.version,
            params={
                "bytes": facts.size_bytes,
                "content_type": facts.content_type,
                "content_md5": facts.content_md5,
                "created_at": None if facts.created_at is None else facts.created_at.isoformat(),
                **encoding,
            },
            max_attempts=self.settings.max_attempts,
            time_limit=self.settings.time_limit,
            now=self.clock.now(),
            grace=self.announce.grace(self.settings.image_type),
            traceparent=traceparent,
            add_nonce=add_nonce or self.draw(),
        )
