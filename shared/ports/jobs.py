"""The job table. Costs and errors are told as in ``shared.ports``."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.errors import NoSuchJob
from shared.rules import leases
from shared.rules.due import Due
from shared.rules.jobs import Job, Move, State

#: Jobs that are added together: a transaction has 100 operations of one partition (Azure Tables), and a job three rows.
MOST_TOGETHER = 33


@dataclass(frozen=True)
class Row:
    """A job as storage gave it.

    Attributes:
        job: The job.
        etag: Its version; a write against an older one is ``Lost``.
        modified_at: ``Timestamp``: when the service wrote it, aware UTC.
        seen_at: ``Date`` of the reply that brought it, aware UTC, whole seconds.
    """

    job: Job
    etag: str
    modified_at: datetime
    seen_at: datetime

    @property
    def fingerprint(self) -> str:
        """A hash of its version, for everybody: it names the version, and nobody can write with it."""
        return hashlib.sha256(f"{self.job.id} {self.etag}".encode()).hexdigest()[:32]

    def lapsed(self, *, margin: timedelta) -> bool:
        """Say whether a running worker's lease has lapsed, by the service's clock alone."""
        return self.job.lease is not None and leases.lapsed(
            lease=self.job.lease, modified_at=self.modified_at, seen_at=self.seen_at, margin=margin
        )


@dataclass(frozen=True)
class JobCopy:
    """A job as lists show it: nobody may write by it, nor decide.

    Attributes:
        job: The job, without its thumbnail and what a lease is made of.
        modified_at: When the service wrote it, aware UTC.
    """

    job: Job
    modified_at: datetime


@dataclass(frozen=True)
class Key:
    """The newest version of a reference that is recorded. It stays when its job is purged.

    Attributes:
        type: Of the job.
        ref: What it is about.
        version: The newest.
        job_id: The job of that version.
        etag: Of the row.
        state: How that job ended, once it is purged; None before.
        ended: When it did, likewise.
    """

    type: str
    ref: str
    version: str
    job_id: str
    etag: str
    state: State | None = None
    ended: datetime | None = None


class JobStore(Protocol):
    """The job table. Each transition is one transaction of job row, index rows and attempt row."""

    def get(self, job_id: str, *, timeout: timedelta | None = None) -> Row | None:
        """Read one job; with a time-out once and no longer. Costs: 1 read; 1 more a process, the first time."""

    def key(self, kind: str, ref: str) -> Key | None:
        """Read which version of a reference is the newest recorded. Costs: 1 read."""

    def insert(self, move: Move, *, over: Key | None = None, superseded: tuple[Row, Move] | None = None) -> Row:
        """Add a job and, where it is unique, make its version the newest of its reference.

        Args:
            move: The new job.
            over: The key row that it replaces; None when the reference is new.
            superseded: The replaced version's live job, and its end; in the same transaction.

        Raises:
            Duplicate: The job is there already.
            KeyTaken: The key row names another version, or names one by now.
            Lost: The superseded job has moved on.
            NotJson: Its params are not JSON; nothing was sent.
            TooLarge: They are larger than a row holds; likewise.

        Costs: 1 transaction; 1 read a process, the first time.
        """

    def insert_many(self, moves: Sequence[Move]) -> None:
        """Add unique jobs of references that are new: all of them or none.

        Args:
            moves: The new jobs, at most ``MOST_TOGETHER``, all of one bucket and with one ``add_nonce``: what one of
                their rows proves of the write is true of all.

        Raises:
            OneRefused: A job, or a version of its reference, is there already, or storage refuses what its rows hold.
            ContentRefused: Storage refuses what some row holds.
            TooLarge: Params are larger than a row holds; nothing was sent.
            Undecided: Nobody has said whether they were added: perhaps all were.

        Costs: 1 transaction; 1 read a process, the first time.
        """

    def replace(
        self,
        row: Row,
        move: Move,
        *,
        over: Key | None = None,
        keyed: bool = False,
        superseded: tuple[Row, Move] | None = None,
        timeout: timedelta | None = None,
    ) -> Row:
        """Move a job on.

        Args:
            row: As it was read.
            move: Where it goes.
            over: Make the job's version the newest of its reference, over this key row.
            keyed: The same where the reference has no key row: one must be new.
            superseded: As in ``insert``.
            timeout: Give all requests together no more than this; the adapter's patience otherwise.

        Raises:
            Lost: The job, the key row or the superseded job has moved on since.
            NotJson: Its report is not JSON; nothing was sent.
            TooLarge: It is larger than a row holds; likewise.

        Costs: 1 transaction.
        """

    def refuse(self, job_id: str, token: int, *, report: str, now: datetime) -> None:
        """Note on an attempt's row that its worker's report came too late: count it, and keep what the last one was.

        Args:
            job_id: The job.
            token: Of the attempt.
            report: What the worker wanted to write, in a word.
            now: The service's time, aware UTC.

        Costs: 1 read and 1 transaction.
        """

    def due(self, kind: str, bucket: int, *, before: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """List live jobs of one bucket that are due, oldest first.

        Args:
            kind: Their type.
            bucket: Number of the partition.
            before: What comes due later is left out.
            limit: At most so many.
            after: The last of the page before; the oldest come first without it.

        Costs: 1 query.
        """


def read(jobs: JobStore, job_id: str) -> Row:
    """Read one job that must be there.

    Raises:
        InvalidReference: That is not a job id.
        NoSuchJob: No job has this id.
        Unreadable: It was written by a newer release, or is damaged.
        StorageOut: Storage is out.

    Costs: 1 read.
    """
    row = jobs.get(job_id)
    if row is None:
        raise NoSuchJob
    return row
