"""Claims of workers outside: they claim, renew and end jobs by the API, and hold their claims themselves in between."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from shared.analysis.validation import ReportInvalid, check_report
from shared.errors import ContentRefused, NoSuchJob, Refused, Unreadable
from shared.ports.index import AttemptRecord
from shared.ports.jobs import Row, read
from shared.rules.jobs import Claim, Event, Job, JobError
from shared.rules.thumbnails import names_other_blob
from shared.steps.work.claims import Claims, NotClaimed, Obstacle
from shared.steps.work.held_claim import ClaimPorts, HeldClaim, completed_by
from shared.telemetry import LogEvent, emit

#: Due jobs of one bucket among which a claim takes one at random, so that workers who ask at once don't meet.
HEADS = 16
#: Attempts that a job's external workers may give back uncounted. A worker that stops gives back one; one that gives
#: back all of them would keep the job from ever ending.
MAX_ABANDONS = 20
#: Lists the attempts at a job.
Attempts = Callable[[str], Sequence[AttemptRecord]]
T = TypeVar("T", int, str)
_REFUSALS = {
    Obstacle.BUSY: ("live", "Another worker holds the job."),
    Obstacle.NOT_DUE: ("not_due", "The job may not be claimed yet."),
    Obstacle.ENDED: ("ended", "The job has ended."),
    Obstacle.FAILED: ("ended", "The attempts or the time of the job are used up; it has failed."),
}


class ExternalClaim(HeldClaim):
    """A claim whose worker is outside: what it says is checked, and it may give back only so often.

    Args:
        ports: What it writes through.
        row: The job as it was read.
        claim: As the worker shows it.
        attempts: Lists the attempts at a job.
    """

    def __init__(self, ports: ClaimPorts, row: Row, claim: Claim, attempts: Attempts) -> None:
        super().__init__(ports, row, claim)
        self._attempts = attempts

    def complete(self, result: Mapping[str, Any], thumbnail: bytes | None = None) -> Row:
        """Commit the result. Said again under the same lease it changes nothing, and returns the job as it is.

        The result of an image is its report, which others read field by field: so it is checked against the schema.

        Raises:
            TooLarge: The result is larger than a row holds.
            ReportInvalid: The result of an image is not a report.

        Costs: 1 query more where it is said again.
        """
        if completed_by(self.job, self.claim) and self._proves():
            return self.row
        if self.job.claim != self.claim:
            raise self.refusal(self.row, Event.COMPLETE)
        if self.job.is_image:
            _check_report(self.job, result)
        return super().complete(result, thumbnail)

    def abandon(self, *, error: JobError | None = None, free: int | None = MAX_ABANDONS) -> Row:
        """Give the job back untouched; the first ``MAX_ABANDONS`` attempts do not count."""
        return super().abandon(error=error, free=free)

    def _proves(self) -> bool:
        """Whether this is the claim of the attempt under its token: an ended job's row has no claim id any more."""
        return any(
            one.claim_id == self.claim.claim_id for one in self._attempts(self.job.id) if one.token == self.claim.token
        )


@dataclass(kw_only=True)
class ExternalClaims:
    """Claim jobs for workers outside, and take up the claims that they show.

    Attributes:
        claims: Claims jobs.
        attempts: Lists the attempts at a job.
        now: The service's time.
    """

    claims: Claims
    attempts: Attempts
    now: Callable[[], datetime]

    def claim(self, job_id: str, *, owner: str, lease: timedelta | None = None) -> Row:
        """Claim this job.

        Args:
            job_id: The job.
            owner: Who works; 1–128 characters.
            lease: Protection from now on; that of the settings without it.

        Raises:
            InvalidReference: That is not a job id.
            NoSuchJob: No job has this id.
            Unreadable: It was written by a newer release, or is damaged.
            Refused: ``live``, ``not_due`` or ``ended``.
            StorageOut: Storage is out.
            Undecided: Whether it was claimed is not known; a claim that nobody renews lapses.

        Costs: get, claim = 2.
        """
        row = read(self.claims.jobs, job_id)
        try:
            return self.claims.claim(row, owner=owner, lease=lease or self.claims.settings.lease).row
        except NotClaimed as not_claimed:
            raise Refused(*_REFUSALS[not_claimed.reason]) from None

    def claim_next(self, kind: str, *, owner: str, lease: timedelta | None = None) -> Row | None:
        """Claim one of the oldest due jobs of a type; None when no job is due.

        First among those that the sweep would work on, then among those that are left to their messages for a while.

        Args:
            kind: The type.
            owner: Who works; 1–128 characters.
            lease: Protection from now on; that of the settings without it.

        Raises:
            StorageOut: Storage is out.
            Undecided: As ``claim``.

        Costs: a query for each bucket until one has a job, get and claim; twice as many queries where messages start
        jobs of this type and none is due.
        """
        seen: set[str] = set()
        grace = self.claims.announce.grace(kind)
        for window in (timedelta(0), grace)[: 2 if grace else 1]:
            before = self.now() + window
            for bucket in self._shuffle(range(self.claims.settings.job_buckets)):
                due = self.claims.jobs.due(kind, bucket, before=before, limit=HEADS)
                for job_id in self._shuffle([each.job_id for each in due]):
                    row = None if job_id in seen else self._try(job_id, owner, lease)
                    if row is not None:
                        return row
                    seen.add(job_id)
        return None

    def resume(self, job_id: str, claim: Claim) -> ExternalClaim:
        """Take up a claim that a worker shows; its writes say whether it is still good.

        Raises:
            InvalidReference: That is not a job id.
            NoSuchJob: No job has this id.
            Unreadable: It was written by a newer release, or is damaged.
            StorageOut: Storage is out.

        Costs: 1 read.
        """
        return ExternalClaim(self.claims, read(self.claims.jobs, job_id), claim, self.attempts)

    def _try(self, job_id: str, owner: str, lease: timedelta | None) -> Row | None:
        try:
            return self.claim(job_id, owner=owner, lease=lease)
        except ContentRefused as refused:  # nobody can claim it; the others have their turn
            emit(LogEvent.UNWRITABLE, job=job_id, error=str(refused))
        except (NoSuchJob, Unreadable, Refused):
            pass
        return None

    def _shuffle(self, items: Sequence[T]) -> list[T]:
        return [item for _, item in sorted((self.claims.chance(), item) for item in items)]


def _check_report(job: Job, report: Mapping[str, Any]) -> None:
    check_report(report)
    if names_other_blob(job.id, report):
        raise ReportInvalid("thumbnail.name", f"must be {job.id}/{job.token} with .webp, .jpg or .png, or be left out")
