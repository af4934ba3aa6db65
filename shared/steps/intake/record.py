"""Record that an image version is there: row first, message second.

A crash between the two leaves a PENDING row, which the sweep finds. The same version again is a duplicate, and stops.
"""

from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from shared.clock import ServerClock
from shared.errors import (
    BlobGone,
    BlobUnreadable,
    ContentRefused,
    Duplicate,
    FolderMarker,
    InvalidReference,
    KeyTaken,
    Lost,
    Undecided,
    Unreadable,
)
from shared.ports.images import ImageStore
from shared.ports.jobs import JobStore, Key, Row
from shared.ports.rejections import Rejections
from shared.rules import messages, moves
from shared.rules.ignore_reasons import IgnoreReason
from shared.rules.images import BlobFacts, ImageRef
from shared.rules.jobs import Event, Job, JobError, Move, State
from shared.settings.settings import Settings
from shared.steps.intake.announce import Announce
from shared.steps.intake.disposition import Disposition
from shared.steps.intake.image_job import NewImageJob
from shared.steps.intake.reopen import Reopen
from shared.telemetry import LogEvent, emit

#: Recorders of one reference that meet here this often in a row are no accident.
ROUNDS = 20


class Recording(StrEnum):
    """Which job stands for a version now."""

    RECORDED = "recorded"  #: a new one
    DUPLICATE = "duplicate"  #: the one that was recorded before
    UNCHANGED = "unchanged"  #: that of an older version with the same content, which stands for both
    REDRIVEN = "redriven"  #: the one that was recorded before, open again: its blob has left the archive


_EVENTS = {
    Recording.RECORDED: LogEvent.RECORDED,
    Recording.DUPLICATE: LogEvent.DUPLICATE,
    Recording.UNCHANGED: LogEvent.UNCHANGED,
    Recording.REDRIVEN: LogEvent.REOPENED,
}


@dataclass(frozen=True)
class RecordResult:
    """Which job stands for the version, and since when."""

    job_id: str
    outcome: Recording


@dataclass(kw_only=True)
class Record:
    """Record one image.

    Attributes:
        jobs: Where the row goes.
        images: Where the blob is.
        new_job: Makes the row.
        announce: Sends the message.
        reopen: Opens the job again of a blob that has left the archive.
        rejections: Keeps an event that names what can't be.
        settings: Names, times and the dispatch strategy.
        clock: The service's time.
    """

    jobs: JobStore
    images: ImageStore
    new_job: NewImageJob
    announce: Announce
    reopen: Reopen
    rejections: Rejections
    settings: Settings
    clock: ServerClock

    def record(self, ref: ImageRef, *, announce: bool = True, traceparent: str | None = None) -> RecordResult:
        """Record the version that stands under a reference now.

        Args:
            ref: The image.
            announce: Whether to send a message; False when the caller goes on to analyse by itself.
            traceparent: W3C trace context of what caused it.

        Raises:
            BlobGone: There is no such blob.
            BlobUnreadable: The service does not give it.
            FolderMarker: It holds no image.
            InvalidReference: The service keeps no blob of that name.

        Costs: HEAD, transaction, send = 3; a duplicate 2, or 3 once its job is purged; a newer version 7; one of the
        same content 6. One whose tier was changed since its upload: get more, and where that opens its job again, key,
        transaction and send.
        """
        found = self._head(ref)
        added = self.new_job.add(ref, found, traceparent=traceparent)
        try:
            row = self.jobs.insert(added)
        except Duplicate:
            opened = self.reopen.reopen(added.job.id, found)
            if opened is None:
                return self._log(RecordResult(added.job.id, Recording.DUPLICATE), ref.ref)
            return self._announce_job(opened, announce=announce, outcome=Recording.REDRIVEN)
        except KeyTaken:
            return self._newer(ref, traceparent, seen=found, announce=announce)
        return self._announce_job(row, announce=announce)

    def record_newer(self, ref: ImageRef) -> RecordResult:
        """Record what stands under a reference by now, where another version was recorded and is gone.

        It begins at the key row: so it also opens the job of a version that was superseded and has come back, which
        a plain event takes for a duplicate.

        Raises:
            BlobGone: There is no such blob.

        Costs: get, HEAD, get, transaction, send = 5.
        """
        return self._newer(ref, None, seen=None, announce=True)

    def record_event(self, path: str | None) -> Recording | Disposition:
        """Record what an event of the blob service names.

        Events through Event Grid come from any container, our own thumbnails among them: only the watched one counts.

        Args:
            path: ``container/name``; the host may leave it out.

        Returns:
            RECORDED, DUPLICATE, UNCHANGED or REDRIVEN; GONE when the blob has vanished since; IGNORED for another
            container's, and for the marker of a folder; REJECTED for one that can't be reached, read or recorded,
            which is kept with the reason; UNREADABLE for the same where that may pass.
        """
        path = path or ""
        container, _, name = path.partition("/")
        if container != self.settings.images_container or not name:
            emit(LogEvent.IGNORED, reason=IgnoreReason.OTHER_CONTAINER.reason, container=container)
            return Disposition.IGNORED
        try:
            return self.record(ImageRef.of(path)).outcome
        except BlobGone:
            emit(LogEvent.VANISHED, ref=path)
            return Disposition.GONE
        except FolderMarker:
            emit(LogEvent.IGNORED, reason=IgnoreReason.FOLDER_MARKER.reason, ref=path)
            return Disposition.IGNORED
        except InvalidReference as error:
            return self._reject(path, "invalid_reference", str(error))
        except (BlobUnreadable, ContentRefused) as error:
            rejected = self._reject(path, error.code, str(error))
            return Disposition.UNREADABLE if isinstance(error, BlobUnreadable) and error.passing else rejected

    def _head(self, ref: ImageRef) -> BlobFacts:
        facts = self.images.head(ref)
        if facts.folder:
            raise FolderMarker
        return facts

    def _reject(self, path: str, code: str, message: str) -> Disposition:
        self.rejections.reject(messages.text_to_keep(path), code=code, message=message)
        emit(LogEvent.REJECTED, code=code)
        return Disposition.REJECTED

    def _announce_job(self, row: Row, *, announce: bool, outcome: Recording = Recording.RECORDED) -> RecordResult:
        recorded = self._log(RecordResult(row.job.id, outcome), row.job.ref)
        if announce:
            self.announce.announce(row.job)
        return recorded

    def _log(self, recorded: RecordResult, ref: str) -> RecordResult:
        emit(_EVENTS[recorded.outcome], job=recorded.job_id, ref=ref)
        return recorded

    def _newer(self, ref: ImageRef, traceparent: str | None, *, seen: BlobFacts | None, announce: bool) -> RecordResult:
        """Put the version that is stored now over the recorded one.

        The key row is read first, the blob looked at second, and the write matches that read. So nobody can put an
        older version over a newer one: ETags have no order that could be compared.

        Args:
            ref: The image.
            traceparent: As above.
            seen: The version that the event was about: when the key row names it, it was recorded, and nothing is
                written; a version that is stored by now has an event of its own.
            announce: As above.
        """
        for _ in range(ROUNDS):
            key = self.jobs.key(self.settings.image_type, ref.ref)
            if seen is not None and key is not None and key.version == seen.version:
                return self._log(RecordResult(key.job_id, Recording.DUPLICATE), ref.ref)
            found = self._head(ref)
            if key is not None and key.version == found.version:
                return self._log(RecordResult(key.job_id, Recording.DUPLICATE), ref.ref)
            with suppress(KeyTaken, Lost):
                recorded = self._over(key, self.new_job.add(ref, found, traceparent=traceparent))
                if isinstance(recorded, RecordResult):
                    return self._log(recorded, ref.ref)
                if recorded is not None:
                    return self._announce_job(recorded, announce=announce)
        raise Undecided(f"{ref.ref}: other recorders were first {ROUNDS} times")

    def _over(self, key: Key | None, added: Move) -> Row | RecordResult | None:
        """Write a version over that of a key row.

        Returns:
            The row of a job that waits now; or which job stands for the version already, or also; None when others were
            faster, and the caller must read the rows again.

        Raises:
            KeyTaken: The key row names another version by now.
            Lost: The same, or the replaced version's job has moved on.
        """
        before = None if key is None else self._job_of(key)
        if key is not None and before is not None and self._same_content(before.job, added.job):
            version, now = added.job.version, self.clock.now()
            self.jobs.replace(before, moves.retag(before.job, version=version, now=now), over=key)
            return RecordResult(before.job.id, Recording.UNCHANGED)
        superseded = None if before is None else self._end_of_older(before)
        try:
            return self.jobs.insert(added, over=key, superseded=superseded)
        except Duplicate:
            if key is None:
                return RecordResult(added.job.id, Recording.DUPLICATE)
            return self._reopen(added.job.id, key, superseded)

    def _job_of(self, key: Key) -> Row | None:
        """Read the job of the replaced version; None when it is purged.

        One of a newer release is left alone: whoever reads its blob will find that version gone, and end it.
        """
        try:
            return self.jobs.get(key.job_id)
        except Unreadable:
            return None

    def _same_content(self, before: Job, added: Job) -> bool:
        """Whether a completed job has analysed what is stored now, as far as the service knows."""
        if self.settings.reanalyze_on_metadata or before.state is not State.COMPLETED:
            return False
        known = all(added.params[fact] is not None for fact in ("bytes", "content_md5", "created_at"))
        facts = ("bytes", "content_md5", "created_at", "content_encoding")  # the same bytes, to be read the same way
        return known and all(before.params.get(fact) == added.params.get(fact) for fact in facts)

    def _end_of_older(self, before: Row) -> tuple[Row, Move] | None:
        """Return the replaced version's job with its end, if it lives."""
        if before.job.state.ended:
            return None
        now = self.clock.now()
        error = JobError("superseded", "A newer version of the image was recorded.", now)
        return before, moves.end(before.job, event=Event.SUPERSEDE, error=error, lapsed=False, now=now)

    def _reopen(self, identity: str, key: Key, superseded: tuple[Row, Move] | None) -> Row | RecordResult | None:
        """Open the job of a version that was superseded and has come back."""
        settled = RecordResult(identity, Recording.DUPLICATE)
        try:
            row = self.jobs.get(identity)
        except Unreadable:
            return settled
        if row is None or row.job.state is not State.CANCELED:
            return None if row is None else settled
        move = moves.redrive(row.job, now=self.clock.now(), grace=self.announce.grace(self.settings.image_type))
        return self.jobs.replace(row, move, over=key, superseded=superseded)
