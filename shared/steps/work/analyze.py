"""Analyse one image: the handler of image jobs. Read, analyse, publish; the caller claims and commits."""

from collections.abc import Callable
from dataclasses import dataclass

from shared import analysis
from shared.analysis.analyst import Analyst
from shared.analysis.validation import MAX_TEXT
from shared.errors import (
    DIED,
    AnalysisDied,
    BlobChanged,
    BlobGone,
    BlobUnreadable,
    ImageRejected,
    InvalidReference,
    Refused,
    Stale,
)
from shared.handlers import CancelJob, Completion, Context, FailJob, RetryJob
from shared.ports.images import ImageStore
from shared.rules import thumbnails
from shared.rules.images import ImageRef
from shared.rules.jobs import Event, Job
from shared.settings.enums import Thumbnails
from shared.settings.settings import Settings
from shared.steps.intake.record import Record


@dataclass(kw_only=True)
class Analyze:
    """Analyse the version of an image that a job is about.

    Attributes:
        images: Where the blob is, and where the thumbnail goes.
        record: Records the newer version of an image that was overwritten while its job waited.
        settings: Names.
        limits: What an image may cost; only the byte gate is asked here.
        analyst: Analyses.
        monotonic: Seconds that never go back.
    """

    images: ImageStore
    record: Record
    settings: Settings
    limits: analysis.Limits
    analyst: Analyst
    monotonic: Callable[[], float]

    def analyze(self, attempt: Context) -> Completion:
        """Return the report, its thumbnail published under a name of this claim's own.

        Args:
            attempt: At an image's job.

        Raises:
            FailJob: The image can't be analysed, now or ever.
            RetryJob: It may be another time.
            CancelJob: Its blob is gone, or another version.
            Stale: The lease has run out; nothing is published.
            StorageOut: Storage is out.
            Undecided: The same.
            NoSandbox: This machine can start no child process.

        Costs: blob, thumbnail = 2; 1 without a thumbnail blob, and 0 for a blob that is over the byte gate.
        """
        try:
            ref = ImageRef.of(attempt.job.ref)
            found = self._analyze_version(ref, attempt)
        except BlobGone:
            raise _cancel_without_blob() from None
        except BlobChanged:
            raise self._record_newer(attempt, ref) from None
        except ImageRejected as refused:
            raise FailJob(refused.code, str(refused)) from None
        except BlobUnreadable as refused:
            raise (RetryJob if refused.passing else FailJob)(refused.code, str(refused)) from None
        except InvalidReference as refused:
            raise FailJob("invalid_reference", str(refused)) from None
        except AnalysisDied as died:
            raise _end_after_death(attempt, died) from None
        except MemoryError:
            raise RetryJob("out_of_memory", "The analysis ran out of memory.") from None
        if attempt.lost:
            raise Stale
        return self._publish(attempt, found)

    def _analyze_version(self, ref: ImageRef, attempt: Context) -> analysis.Analysis:
        """Read the recorded version and analyse it; what is over the byte gate is not even read."""
        started, job = self.monotonic(), attempt.job
        source = analysis.Source(
            container=ref.container,
            name=ref.name,
            etag=job.version,
            size_bytes=job.params["bytes"],
            declared_type=_declared_type(job),
            content_encoding=job.params.get("content_encoding"),
        )
        found = analysis.over_size_gate(source, self.limits)
        if found is None:
            data = self.images.read(ref, job.version, size_bytes=source.size_bytes)
            downloaded = self.monotonic()
            found = self.analyst.analyze(data, source=source, alone=_had_process_alone(job), stop=lambda: attempt.lost)
            found.report["timing"]["download_ms"] = _milliseconds(downloaded - started)
        found.report["timing"]["total_ms"] = _milliseconds(self.monotonic() - started)
        return found

    def _publish(self, attempt: Context, found: analysis.Analysis) -> Completion:
        """Write the thumbnail where it goes, as long as the lease lasts; a loser deletes its own blob."""
        report, thumbnail, job = found.report, found.thumbnail, attempt.job
        if thumbnail is None or self.settings.thumbnails is Thumbnails.OFF:
            return Completion(report)
        if self.settings.thumbnails is Thumbnails.ROW:
            return Completion(report, thumbnail.data)
        name = thumbnails.name_of(job.id, job.token, extension=thumbnail.extension)
        try:
            self.images.insert_thumbnail(name, thumbnail.data, mime=thumbnail.mime, stop=lambda: attempt.lost)
        except Refused as refused:  # of this name; that of another attempt may be free
            raise RetryJob("blob_refused", str(refused)) from None
        place = {"container": self.settings.thumbnails_container, "name": name}
        shown = {**report, "thumbnail": report["thumbnail"] | place}  # whatever a report may say of its place
        return Completion(shown, undo=lambda: self.images.delete_thumbnail(name))

    def _record_newer(self, attempt: Context, ref: ImageRef) -> CancelJob | RetryJob:
        """Record the version that is stored now, which supersedes this job in the same transaction.

        Where the version that was gone a moment ago is back, it is still the newest: read it later.
        """
        try:
            recorded = self.record.record_newer(ref)
        except BlobGone:
            return _cancel_without_blob()
        if recorded.job_id == attempt.job.id:
            return RetryJob("blob_changed", "The blob was replaced, and put back, while it was read.")
        message = "The blob was overwritten before it was analysed."
        return CancelJob("superseded", message, event=Event.SUPERSEDE)


def _cancel_without_blob() -> CancelJob:
    return CancelJob("blob_gone", "The blob was deleted before it was analysed.")


def _end_after_death(attempt: Context, died: AnalysisDied) -> Stale | FailJob | RetryJob:
    """Give the job back to be analysed alone; where it has been, what ended it is the image's own fault."""
    if attempt.lost:
        return Stale()
    if _had_process_alone(attempt.job):
        return FailJob(died.code, str(died))
    return RetryJob(died.code, str(died))


def _had_process_alone(job: Job) -> bool:
    """Whether this attempt has the process to itself: the last one died, perhaps because of another image."""
    return job.error is not None and job.error.code in DIED


def _declared_type(job: Job) -> str | None:
    """Return what the uploader has declared, no longer than a report may be: a header holds kilobytes."""
    declared = job.params.get("content_type")
    return declared[:MAX_TEXT] if isinstance(declared, str) else None


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
