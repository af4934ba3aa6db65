"""What external workers do to jobs: claim, renew, and end them. Between two calls the worker alone holds the claim."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from shared.analysis.validation import ReportInvalid, check_report
from shared.errors import ContentRefused, NoSuchJob, Refused, Stale, Unreadable
from shared.ports.index import Attempted
from shared.ports.jobs import JobStore, Row
from shared.rules import moves
from shared.rules.jobs import Claim, Event, Job, Move, State
from shared.rules.thumbnails import misnamed
from shared.settings.settings import Settings
from shared.steps.intake.announce import Announce
from shared.steps.outcomes import Outcome
from shared.steps.work.claims import Claims
from shared.steps.work.refusals import Refusals
from shared.telemetry import LogEvent, emit

#: Due jobs of one bucket among which a claim takes one at random, so that workers who ask at once don't meet.
HEADS = 16
#: Attempts that a job's external workers may give back uncounted. A worker that stops gives back one; one that gives
#: back all of them would keep the job from ever ending.
MAX_ABANDONS = 20
_NO_CLAIM = {
    Outcome.BUSY: ("live", "Another worker holds the job."),
    Outcome.NOT_DUE: ("not_due", "The job may not be claimed yet."),
    Outcome.ENDED: ("ended", "The job has ended."),
    Outcome.FAILED: ("ended", "The attempts or the time of the job are used up; it has failed."),
}


class Hold:
    """Claim, and write under a claim that the caller names.

    Args:
        claims: Claims jobs and writes under a claim.
        refusals: Notes reports that came too late.
        attempts: Lists the attempts at a job.
        announce: Knows how long a job is left to its message.
        settings: Times and buckets.
        now: The service's time.
        chance: Returns a number drawn evenly from [0, 1).
    """

    def __init__(
        self,
        *,
        claims: Claims,
        refusals: Refusals,
        attempts: Callable[[str], Sequence[Attempted]],
        announce: Announce,
        settings: Settings,
        now: Callable[[], datetime],
        chance: Callable[[], float],
    ) -> None:
        self._claims = claims
        self._refusals = refusals
        self._attempts = attempts
        self._announce = announce
        self._settings = settings
        self._now = now
        self._chance = chance

    @property
    def _jobs(self) -> JobStore:
        return self._claims.jobs

    def claim(self, job_id: str, *, owner: str, lease: timedelta | None = None) -> Row:
        """Claim this job.

        Args:
            job_id: The job.
            owner: Who works; 1–128 characters.
            lease: Protection from now on; that of the settings without it.

        Raises:
            InvalidReference: That is no job id.
            NoSuchJob: There is none.
            Refused: ``live``, ``not_due``, ``ended`` or ``newer_release``.
            StorageOut: Storage is out.
            Undecided: Whether it was claimed is not known; a claim that nobody renews lapses.

        Costs: get, claim = 2.
        """
        won = self._claims.claim(self._found(job_id), owner=owner, lease=lease or self._settings.lease)
        if isinstance(won, Outcome):
            raise Refused(*_NO_CLAIM[won])
        return won

    def claim_next(self, kind: str, *, owner: str, lease: timedelta | None = None) -> Row | None:
        """Claim one of the oldest due jobs of a type; None when there is none.

        First among those that the sweep would look at, then among those that are left to their messages for a while.

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
        grace = self._announce.grace(kind)
        for window in (timedelta(0), grace)[: 2 if grace else 1]:
            before = self._now() + window
            for bucket in self._shuffled(range(self._settings.job_buckets)):
                due = self._jobs.due(kind, bucket, before=before, limit=HEADS)
                for job_id in self._shuffled([each.job_id for each in due]):
                    won = None if job_id in seen else self._tried(job_id, owner, lease or self._settings.lease)
                    if won is not None:
                        return won
                    seen.add(job_id)
        return None

    def renew(
        self,
        job_id: str,
        claim: Claim,
        *,
        lease: timedelta | None = None,
        progress: float | None = None,
        cursor: str | None = None,
    ) -> Row:
        """Protect a claim from now on, and keep what its worker has to tell.

        A lapsed lease that nobody took over is still good.

        Args:
            job_id: The job.
            claim: As the worker was given it.
            lease: Protection from now on; as long as the last without it.
            progress: Share done, 0 to 1.
            cursor: Where another attempt may go on; at most 4,096 characters.

        Raises:
            NoSuchJob: There is none.
            Refused: ``wrong_state``: this worker has ended its attempt itself, or nobody holds the job.
            Stale: The claim has gone to another, or the job was ended from outside.
            StorageOut: Storage is out.
            Undecided: Whether it was written is not known; the same call may be sent again.

        Costs: get, transaction = 2.
        """
        row, own = self._own(job_id, claim, Event.RENEW)

        def renewed(job: Job, held: Claim) -> Move:
            length = lease or job.lease or self._settings.lease
            return moves.renew(job, claim=held, now=self._now(), lease=length, progress=progress, cursor=cursor)

        return self._written(self._claims.write(row, own, renewed), row, own, Event.RENEW)

    def complete(self, job_id: str, claim: Claim, *, result: Mapping[str, Any]) -> Row:
        """Commit the result. Said again under the same lease it changes nothing, and returns the job as it stands.

        The result of an image is its report, which others read field by field: so it is checked against the schema.

        Raises: as ``renew``; ``TooLarge`` when the result is larger than a row holds; ``ReportInvalid`` when an image's
            is no report.

        Costs: get, transaction = 2; get, query = 2 where it is said again.
        """
        row = self._found(job_id)
        if _completed_by(row.job, claim) and self._proves(row.job, claim):
            return row
        own = self._mine(row, claim, Event.COMPLETE)
        if row.job.is_image:
            _check_report(row.job, result)
        won = self._claims.write(
            row, own, lambda job, held: moves.complete(job, claim=held, report=result, now=self._now())
        )
        return self._written(won, row, own, Event.COMPLETE)

    def retry(self, job_id: str, claim: Claim, *, code: str, message: str, delay: timedelta | None = None) -> Row:
        """Give the job back after a failure that may pass; FAILED when no attempt may follow.

        Raises: as ``renew``.

        Costs: get, transaction = 2, and 1 message where messages start jobs of this type.
        """
        row, own = self._own(job_id, claim, Event.RETRY)
        won = self._claims.retry(row, own, code=code, message=message, delay=delay)
        return self._written(won, row, own, Event.RETRY, code)

    def abandon(self, job_id: str, claim: Claim) -> Row:
        """Give the job back untouched; the first ``MAX_ABANDONS`` attempts do not count.

        Raises: as ``renew``. Costs: 2.
        """
        row, own = self._own(job_id, claim, Event.ABANDON)
        return self._written(self._claims.abandon(row, own, free=MAX_ABANDONS), row, own, Event.ABANDON)

    def fail(self, job_id: str, claim: Claim, *, code: str, message: str) -> Row:
        """End the job by an error that another attempt would meet again. Raises: as ``renew``. Costs: 2."""
        row, own = self._own(job_id, claim, Event.FAIL)
        return self._written(self._claims.fail(row, own, code=code, message=message), row, own, Event.FAIL, code)

    def _tried(self, job_id: str, owner: str, lease: timedelta) -> Row | None:
        try:
            row = self._jobs.get(job_id)
        except Unreadable:
            return None
        try:
            won = None if row is None else self._claims.claim(row, owner=owner, lease=lease)
        except ContentRefused as refused:  # nobody can claim it; the others have their turn
            emit(LogEvent.UNWRITABLE, level=logging.ERROR, job=job_id, error=str(refused))
            return None
        return won if isinstance(won, Row) else None

    def _found(self, job_id: str) -> Row:
        try:
            row = self._jobs.get(job_id)
        except Unreadable as error:
            raise Refused.of(error) from None
        if row is None:
            raise NoSuchJob
        return row

    def _own(self, job_id: str, claim: Claim, event: Event) -> tuple[Row, Claim]:
        row = self._found(job_id)
        return row, self._mine(row, claim, event)

    def _mine(self, row: Row, claim: Claim, event: Event) -> Claim:
        """Return the claim if it is the row's; a claim that this worker has ended by itself is no stale one."""
        job = row.job
        if job.claim == claim:
            return claim
        if job.state is not State.RUNNING and claim.token == job.token:
            raise Refused("wrong_state", f"The job is {job.state.value}: nobody holds it.")
        raise self._stale(job.id, claim, event)

    def _proves(self, job: Job, claim: Claim) -> bool:
        """Whether a claim is that of the attempt under its token: the row of an ended job has no claim id any more."""
        return any(one.claim_id == claim.claim_id for one in self._attempts(job.id) if one.token == claim.token)

    def _written(self, won: Row | None, row: Row, own: Claim, event: Event, code: str | None = None) -> Row:
        if won is None:
            stands = self._found(row.job.id)  # by now the same call, sent again while this one was under way, may stand
            if event is Event.COMPLETE and _completed_by(stands.job, own):
                return stands
            self._mine(stands, own, event)
            raise self._stale(row.job.id, own, event)
        told = _TOLD.get(won.job.state)
        if told is not None and event is not Event.RENEW:
            emit(told, job=won.job.id, ref=won.job.ref, token=won.job.token, code=code)
        return won

    def _stale(self, job_id: str, claim: Claim, event: Event) -> Stale:
        self._refusals(job_id, claim.token, report=event.value)
        emit(LogEvent.REFUSED, job=job_id, token=claim.token)
        return Stale("The lease is lost: another worker has claimed the job, or it was ended from outside.")

    def _shuffled(self, items: "range | list[Any]") -> list[Any]:
        return [item for _, item in sorted((self._chance(), item) for item in items)]


_TOLD = {
    State.COMPLETED: LogEvent.COMPLETED,
    State.FAILED: LogEvent.ENDED,
    State.PENDING: LogEvent.RETRIED,
}


def _check_report(job: Job, report: Mapping[str, Any]) -> None:
    check_report(report)
    if misnamed(job.id, report):
        raise ReportInvalid("thumbnail.name", f"must be {job.id}/{job.token} with .webp, .jpg or .png, or be left out")


def _completed_by(job: Job, claim: Claim) -> bool:
    return job.state is State.COMPLETED and claim.token == job.token
