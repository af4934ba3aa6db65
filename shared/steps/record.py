"""Record that an image version is there: row first, message second.

A crash between the two leaves a PENDING row, which the sweep finds. The same version again is a duplicate, and stops.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from shared import messages, moves
from shared.clock import ServerClock
from shared.errors import (
    BlobGone,
    BlobUnreadable,
    Duplicate,
    InvalidReference,
    KeyTaken,
    Lost,
    NewerSchema,
    Undecided,
)
from shared.ids import job_id
from shared.images import BlobFacts, ImageRef
from shared.jobs import Event, JobError, Move, State
from shared.leftovers import Rejections
from shared.ports import ImageStore, JobStore, Key, Row, WorkQueue
from shared.settings import Settings
from shared.steps.announce import send_message
from shared.steps.outcomes import Outcome
from shared.telemetry import Happened, emit

#: Recorders of one reference that meet here this often in a row are no accident.
ROUNDS = 20


@dataclass(frozen=True)
class Recorded:
    """Which job stands for the version, and whether this call has made it."""

    job_id: str
    outcome: Outcome


class Record:
    """Record one image.

    Args:
        jobs: Where the row goes.
        images: Where the blob is.
        queue: Where the message goes.
        rejections: Keeps an event that names what can't be.
        settings: Names, times and the dispatch strategy.
        clock: The service's time.
        draw: Returns a new nonce, 32 hex digits.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        images: ImageStore,
        queue: WorkQueue,
        rejections: Rejections,
        settings: Settings,
        clock: ServerClock,
        draw: Callable[[], str],
    ) -> None:
        self._jobs = jobs
        self._images = images
        self._queue = queue
        self._rejections = rejections
        self._settings = settings
        self._clock = clock
        self._draw = draw

    def __call__(self, ref: ImageRef, *, announce: bool = True, traceparent: str | None = None) -> Recorded:
        """Record the version that stands under a reference now.

        Args:
            ref: The image.
            announce: Whether to send a message; False when the caller goes on to analyse by itself.
            traceparent: W3C trace context of the event; a new one is drawn without it.

        Raises:
            BlobGone: There is no such blob.

        Costs: HEAD, transaction, send = 3; a duplicate 2, or 3 once its job is purged; a newer version 7.
        """
        found = self._images.head(ref)
        try:
            row: Row | None = self._jobs.insert(self._added(ref, found, traceparent))
        except Duplicate:
            row = None
        except KeyTaken:
            row, found = self._newer(ref, traceparent, seen=found)
        return self._recorded(ref, row, found, announce=announce)

    def overwritten(self, ref: ImageRef) -> Recorded:
        """Record what stands under a reference by now, where another version was recorded and is gone.

        It begins at the key row: so it also opens the job of a version that was superseded and has come back, which
        a plain event takes for a duplicate.

        Raises:
            BlobGone: There is no such blob.

        Costs: get, HEAD, get, transaction, send = 5.
        """
        row, found = self._newer(ref, None, seen=None)
        return self._recorded(ref, row, found, announce=True)

    def _recorded(self, ref: ImageRef, row: Row | None, found: BlobFacts, *, announce: bool) -> Recorded:
        if row is None:
            identity = job_id(self._settings.image_type, ref.ref, found.version)
            emit(Happened.DUPLICATE, job=identity, ref=ref.ref)
            return Recorded(identity, Outcome.DUPLICATE)
        emit(Happened.RECORDED, job=row.job.id, ref=ref.ref)
        if announce:
            send_message(self._queue, self._settings, row.job)
        return Recorded(row.job.id, Outcome.RECORDED)

    def announced(self, path: str | None, *, traceparent: str | None = None) -> Outcome:
        """Record what an event of the blob service names.

        Events through Event Grid come from any container, our own thumbnails among them: only the watched one counts.

        Args:
            path: ``container/name``; the host may leave it out.
            traceparent: As above.

        Returns:
            RECORDED or DUPLICATE; GONE when the blob has vanished since; IGNORED for another container's; REJECTED
            for one that can't be reached or read, which is kept with the reason.
        """
        path = path or ""
        container, _, name = path.partition("/")
        if container != self._settings.images_container or not name:
            emit(Happened.IGNORED, container=container)
            return Outcome.IGNORED
        try:
            return self(ImageRef.of(path), traceparent=traceparent or None).outcome
        except BlobGone:
            emit(Happened.VANISHED, ref=path)
            return Outcome.GONE
        except InvalidReference as error:
            return self._rejected(path, "invalid_reference", str(error))
        except BlobUnreadable as error:
            return self._rejected(path, error.code, str(error))

    def _rejected(self, path: str, code: str, message: str) -> Outcome:
        self._rejections.reject(messages.kept(path), code=code, message=message)
        emit(Happened.REJECTED, level=logging.WARNING, code=code)
        return Outcome.REJECTED

    def _newer(self, ref: ImageRef, traceparent: str | None, *, seen: BlobFacts | None) -> tuple[Row | None, BlobFacts]:
        """Put the version that stands there now over the recorded one.

        The key row is read first, the blob looked at second, and the write matches that read. So nobody can put an
        older version over a newer one: ETags have no order that could be compared.

        Args:
            ref: The image.
            traceparent: As above.
            seen: The version that the event was about: when the key row names it, it was recorded, and nothing is
                written; what may stand there by now has an event of its own.
        """
        for _ in range(ROUNDS):
            key = self._jobs.key(self._settings.image_type, ref.ref)
            if seen is not None and key is not None and key.version == seen.version:
                return None, seen
            found = self._images.head(ref)
            if key is not None and key.version == found.version:
                return None, found
            added = self._added(ref, found, traceparent)
            superseded = None if key is None else self._superseded(key)
            try:
                return self._jobs.insert(added, over=key, superseded=superseded), found
            except Duplicate:
                if key is None:
                    return None, found
                row, settled = self._returned(added.job.id, key, superseded)
                if settled:
                    return row, found
            except (KeyTaken, Lost):
                continue
        raise Undecided(f"{ref.ref}: other recorders were first {ROUNDS} times")

    def _superseded(self, key: Key) -> tuple[Row, Move] | None:
        """Return the replaced version's job with its end, if it lives.

        One of a newer release is left alone: whoever reads its blob will find that version gone, and end it.
        """
        try:
            row = self._jobs.get(key.job_id)
        except NewerSchema:
            return None
        if row is None or row.job.state.ended:
            return None
        now = self._clock.now()
        error = JobError("superseded", "A newer version of the image was recorded.", now)
        return row, moves.end(row.job, event=Event.SUPERSEDE, error=error, lapsed=False, now=now)

    def _returned(self, identity: str, key: Key, superseded: tuple[Row, Move] | None) -> tuple[Row | None, bool]:
        """Open the job of a version that was superseded and has come back; say whether that is settled."""
        try:
            row = self._jobs.get(identity)
        except NewerSchema:
            return None, True
        if row is None:
            return None, False
        if row.job.state is not State.CANCELED:
            return None, True
        move = moves.redrive(row.job, now=self._clock.now(), grace=self._settings.grace)
        try:
            return self._jobs.replace(row, move, over=key, superseded=superseded), True
        except Lost:
            return None, False

    def _added(self, ref: ImageRef, found: BlobFacts, traceparent: str | None) -> Move:
        return moves.add(
            kind=self._settings.image_type,
            ref=ref.ref,
            version=found.version,
            params={"bytes": found.size_bytes, "content_type": found.content_type},
            max_attempts=self._settings.max_attempts,
            time_limit=self._settings.time_limit,
            now=self._clock.now(),
            grace=self._settings.grace,
            traceparent=traceparent or f"00-{self._draw()}-{self._draw()[:16]}-01",
            add_nonce=self._draw(),
        )
