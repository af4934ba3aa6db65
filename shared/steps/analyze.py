"""Analyse one image: claim, read, analyse, publish, commit."""

from collections.abc import Callable

from shared import analysis
from shared.analysis.isolation import Analyst
from shared.errors import (
    AnalysisDied,
    BlobChanged,
    BlobGone,
    BlobUnreadable,
    ImageRejected,
    NoSandbox,
    StorageOut,
    Undecided,
)
from shared.images import ImageRef
from shared.jobs import Event, Job
from shared.ports import ImageStore
from shared.settings import Dispatch, Settings, Thumbnails
from shared.steps.attempt import Attempt, Attempts
from shared.steps.outcomes import Outcome
from shared.steps.record import Record

#: How an attempt ends that has not survived, in ``error.code``.
DIED = frozenset({"out_of_memory", "analysis_timeout", "analysis_crashed"})


class Analyze:
    """Bring one job to its end, if it is free.

    Args:
        attempts: Claims jobs.
        images: Where the blob is, and where the thumbnail goes.
        record: Records the newer version of an image that was overwritten while its job waited.
        settings: Names and the dispatch strategy.
        limits: What an image may cost; only the byte gate is asked here.
        analyst: Analyses.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        *,
        attempts: Attempts,
        images: ImageStore,
        record: Record,
        settings: Settings,
        limits: analysis.Limits,
        analyst: Analyst,
        monotonic: Callable[[], float],
    ) -> None:
        self._attempts = attempts
        self._images = images
        self._record = record
        self._settings = settings
        self._limits = limits
        self._analyst = analyst
        self._monotonic = monotonic

    def __call__(self, job_id: str, *, owner: str) -> Outcome:
        """Analyse the job's image and commit the report, unless the job has ended or another worker holds it.

        Args:
            job_id: The job.
            owner: Who works, ``trigger/invocation-id``; 1–128 characters.

        Raises:
            StorageOut: Storage is out. The claim is given back uncounted, or its lease lapses.
            Undecided: The same.
            NoSandbox: This machine can start no child process; likewise.

        Costs: get, claim, blob, thumbnail, commit = 5, and a renewal each third of a lease; 1 for an ended job.
        """
        if self._settings.dispatch is Dispatch.OFF:
            return Outcome.PAUSED
        attempt = self._attempts.begin(job_id, owner=owner)
        if isinstance(attempt, Outcome):
            return attempt
        with attempt:
            try:
                return self._work(attempt)
            except (StorageOut, Undecided, NoSandbox):
                attempt.abandon()
                raise

    def _work(self, attempt: Attempt) -> Outcome:
        ref = ImageRef.of(attempt.job.ref)
        try:
            found = self._analysed(ref, attempt)
        except BlobGone:
            return self._gone(attempt)
        except BlobChanged:
            return self._overwritten(attempt, ref)
        except (ImageRejected, BlobUnreadable) as refused:
            return attempt.fail(refused.code, str(refused))
        except AnalysisDied as died:
            return self._died(attempt, died)
        except MemoryError:
            return attempt.retry("out_of_memory", "The analysis ran out of memory.")
        return attempt.refuse() if attempt.lost else self._published(attempt, found)

    def _died(self, attempt: Attempt, died: AnalysisDied) -> Outcome:
        """Give the job back to be analysed alone; where it has been, what ended it is the image's own fault."""
        if attempt.lost:
            return attempt.refuse()
        if _analysed_alone(attempt.job):
            return attempt.fail(died.code, str(died))
        return attempt.retry(died.code, str(died))

    def _analysed(self, ref: ImageRef, attempt: Attempt) -> analysis.Analysis:
        """Read the recorded version and analyse it; what is over the byte gate is not even read."""
        started, job = self._monotonic(), attempt.job
        source = analysis.Source(
            container=ref.container,
            name=ref.name,
            etag=job.version,
            size_bytes=job.params["bytes"],
            declared_type=job.params.get("content_type"),
        )
        found = analysis.over_size_gate(source, self._limits)
        if found is None:
            data = b"" if source.size_bytes == 0 else self._images.read(ref, job.version)
            downloaded = self._monotonic()
            found = self._analyst(data, source=source, alone=_analysed_alone(job), stop=lambda: attempt.lost)
            found.report["timing"]["download_ms"] = _milliseconds(downloaded - started)
        found.report["timing"]["total_ms"] = _milliseconds(self._monotonic() - started)
        return found

    def _published(self, attempt: Attempt, found: analysis.Analysis) -> Outcome:
        """Write the thumbnail under a name of this claim's own, then commit; a loser takes its thumbnail back."""
        job, report, thumbnail, name = attempt.job, found.report, found.thumbnail, None
        if thumbnail is not None and self._settings.thumbnails is Thumbnails.ROW:
            return attempt.complete(report, thumbnail.data)
        if thumbnail is not None and self._settings.thumbnails is Thumbnails.BLOB:
            name = f"{job.id}/{job.token}.{thumbnail.extension}"
            self._images.insert_thumbnail(name, thumbnail.data, mime=thumbnail.mime)
            place = {"container": self._settings.thumbnails_container, "name": name}
            report = {**report, "thumbnail": place | report["thumbnail"]}
        outcome = attempt.complete(report)
        if outcome is Outcome.LOST and name is not None:
            self._images.delete_thumbnail(name)
        return outcome

    def _gone(self, attempt: Attempt) -> Outcome:
        return attempt.cancel("blob_gone", "The blob was deleted before it was analysed.")

    def _overwritten(self, attempt: Attempt, ref: ImageRef) -> Outcome:
        """Record what stands there now, which supersedes this job in the same transaction; end it if that did not.

        Where the version that was not there a moment ago stands there again, it is still the newest: read it later.
        """
        try:
            recorded = self._record.overwritten(ref)
        except BlobGone:
            return self._gone(attempt)
        if recorded.job_id == attempt.job.id:
            return attempt.retry("blob_changed", "The blob was replaced, and put back, while it was read.")
        if attempt.still_own():
            message = "The blob was overwritten before it was analysed."
            return attempt.cancel("superseded", message, event=Event.SUPERSEDE)
        return Outcome.CANCELED


def _analysed_alone(job: Job) -> bool:
    """Whether this attempt has the process to itself: the last one died, perhaps because of another image."""
    return job.error is not None and job.error.code in DIED


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)
