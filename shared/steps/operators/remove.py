"""Delete one ended job by hand, and forget that there was one, if that is wanted."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from shared.errors import Lost, Mismatch, NoSuchJob, Refused, Undecided
from shared.ports.ended import EndedJobs
from shared.ports.images import ThumbnailStore
from shared.ports.index import JobIndex
from shared.ports.jobs import JobStore, Key, Row
from shared.rules.actions import is_since
from shared.rules.ids import bucket, kind
from shared.rules.thumbnails import token_of
from shared.settings.settings import Settings

#: Others that act on one job at the same moment this often in a row are no accident.
ROUNDS = 20
#: In a job id: the digits of type and reference, with which the reference's digest begins.
_REF_DIGITS = slice(-32, -16)


@dataclass(kw_only=True)
class Remove:
    """Delete jobs that have ended.

    Attributes:
        jobs: Reads jobs and key rows.
        ended: Takes jobs away.
        index: Finds the key row that a purged job has left.
        thumbnails: Where thumbnails are.
        settings: Buckets.
    """

    jobs: JobStore
    ended: EndedJobs
    index: JobIndex
    thumbnails: ThumbnailStore
    settings: Settings

    def remove(
        self, job_id: str, *, forget: bool, versions: Collection[str] | None = None, as_of: datetime | None = None
    ) -> None:
        """Delete a job with its attempts and thumbnails.

        The rows go first, If-Match: so nothing of a job is taken that somebody opens again meanwhile. A crash behind
        that leaves thumbnails that no report names, and ``verify`` tells of them. A reference is forgotten last: while
        its key row stands nobody can add the job again, whose thumbnails would have the same names.

        Args:
            job_id: The job.
            forget: Whether its reference may be added again; also of a job that is purged already.
            versions: Fingerprints of its row, as the caller has seen it; any version without them.
            as_of: Refuse a job that has ended at this moment or later: then it is not the one that the caller means.

        Raises:
            InvalidReference: That is not a job id.
            NoSuchJob: No job has this id.
            Refused: ``live``.
            Unreadable: It was written by a newer release, or is damaged.
            Mismatch: It has moved on since.
            StorageOut: Storage is out.
            Undecided: Whether it is gone is not known; ask again.

        Costs: get, key, transaction, list of thumbnails, 1 for each of them; 1 query more for one ended from outside;
        1 read and 1 transaction more to forget. To forget a purged one: get, query, list, transaction = 4, and 1 for
        each thumbnail that is left.
        """
        for _ in range(ROUNDS):
            row = self.jobs.get(job_id)
            if row is None:
                if not forget:
                    raise NoSuchJob
                if self._try_forget(job_id, as_of):
                    return
                continue
            if (versions is not None and row.fingerprint not in versions) or is_since(row.job.ended, as_of):
                raise Mismatch
            if not row.job.state.ended:
                raise Refused("live", f"The job is {row.job.state.value}. Cancel it first.")
            if self._try_remove(row, forget=forget):
                return
        raise Undecided(f"{job_id}: others were first {ROUNDS} times")

    def _try_remove(self, row: Row, *, forget: bool) -> bool:
        """Delete the rows, then the thumbnails up to the token of the row, then what keeps the reference."""
        job = row.job
        key = self.jobs.key(job.type, job.ref) if job.unique else None
        named = key if key is not None and key.job_id == job.id else None
        if job.id not in self.ended.purge([(row, named)]):
            return False
        self._delete_thumbnails(job.id, up_to=job.token)
        if named is None or not forget:
            return True
        left = self.jobs.key(job.type, job.ref)  # that of a purge that was faster, or of a job added since
        return left is None or left.job_id != job.id or left.state is None or self._try_delete_key(left)

    def _try_forget(self, job_id: str, as_of: datetime | None) -> bool:
        """Delete the key row of a purged job. Its digest begins as the job's id does, so one short query finds it.

        Raises:
            NoSuchJob: No job has this id.
            Mismatch: It has ended, and was purged, since the moment that the caller means.
        """
        place = kind(job_id), bucket(job_id, self.settings.job_buckets)
        for key in self.index.keys(*place, after=job_id[_REF_DIGITS], limit=2):
            if key.job_id == job_id:
                if is_since(key.ended, as_of):
                    raise Mismatch
                if key.state is not None and self.settings.purge_thumbnails:
                    self._delete_thumbnails(job_id, up_to=float("inf"))  # what a crash has left
                return self._try_delete_key(key)
        raise NoSuchJob

    def _delete_thumbnails(self, job_id: str, *, up_to: float) -> None:
        for name in self.thumbnails.thumbnails_of(job_id):
            if token_of(name) <= up_to:
                with suppress(Refused):  # by a policy on the blob: its rows are gone, and verify tells of what is left
                    self.thumbnails.delete_thumbnail(name)

    def _try_delete_key(self, key: Key) -> bool:
        """Delete a key row, unless its job stands: another may have forgotten the reference and added it again."""
        if key.state is None:
            return False
        try:
            self.ended.forget(key)
        except Lost:
            return False
        return True
