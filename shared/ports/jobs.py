"""The job table and its neighbours. Costs and errors are told as in ``shared.ports``."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from shared.rules import leases
from shared.rules.due import Due
from shared.rules.images import BlobFacts, ImageRef, Page
from shared.rules.jobs import Job, Move, State
from shared.rules.locks import Lock


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


@dataclass(frozen=True)
class LockRow:
    """A lock as storage gave it; the attributes as in ``Row``."""

    lock: Lock
    etag: str
    modified_at: datetime
    seen_at: datetime


@dataclass(frozen=True)
class Mark:
    """Where a walk stands.

    Attributes:
        name: Of the walk.
        value: What the walk keeps; plain JSON, up to 32,768 characters of it.
        etag: Of the row; a write against an older one is ``Lost``.
    """

    name: str
    value: Mapping[str, Any]
    etag: str


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
            KeyTaken: Another version stands in the key row, or has come to stand there.
            Lost: The superseded job has moved on.
            NotJson: Its params are not JSON; nothing was sent.
            TooLarge: They are larger than a row holds; likewise.

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


class LockStore(Protocol):
    """The table of locks."""

    def get(self, name: str, *, timeout: timedelta | None = None) -> LockRow | None:
        """Read one lock; with a time-out once and no longer. Costs: 1 read."""

    def insert(self, lock: Lock) -> LockRow:
        """Write a lock that must be new. Costs: 1 transaction.

        Raises:
            Lost: There is one.
        """

    def replace(self, row: LockRow, lock: Lock, *, timeout: timedelta | None = None) -> LockRow:
        """Write over a lock as it was read. Costs: 1 transaction.

        Raises:
            Lost: It has moved on since.
        """


class Marks(Protocol):
    """Small rows that tell where a walk through something large stands."""

    def get(self, name: str) -> Mark | None:
        """Read one mark. Costs: 1 read."""

    def insert(self, name: str, value: Mapping[str, Any]) -> Mark:
        """Write a mark that must be new. Costs: 1 transaction.

        Raises:
            Lost: There is one.
        """

    def replace(self, mark: Mark, value: Mapping[str, Any]) -> Mark:
        """Write over a mark as it was read. Costs: 1 transaction.

        Raises:
            Lost: It has moved on since.
        """


class ImageListing(Protocol):
    """The container of images, page by page in the order of names."""

    @property
    def account(self) -> str:
        """The name of the storage account."""

    def page(self, marker: str | None, *, limit: int) -> Page:
        """List one page; ``MarkerRejected`` where the service does not know the marker any longer. Costs: 1 list.

        Args:
            marker: From the page before; None for the first.
            limit: Blobs at most; a page may hold fewer, even none, and not be the last.
        """


class ImageStore(Protocol):
    """The containers of images and thumbnails."""

    def head(self, ref: ImageRef) -> BlobFacts:
        """Look at a blob. Costs: 1 read.

        Raises:
            BlobGone: There is none.
            BlobUnreadable: The service does not give it.
            InvalidReference: No blob can have that name.
        """

    def read(self, ref: ImageRef, version: str, *, size_bytes: int) -> bytes:
        """Read the whole of one version, as it is stored: a ``Content-Encoding`` is left as it is.

        Args:
            ref: The image.
            version: Its ETag, bare.
            size_bytes: As the last look has told; more is never read.

        Raises:
            BlobGone: There is no blob of that name.
            BlobChanged: Another version stands there.
            BlobUnreadable: The service does not give it, or gives another number of bytes.
            InvalidReference: No blob can have that name.

        Costs: 1 read for blobs up to the byte gate; none of an empty one.
        """

    def put(self, ref: ImageRef, data: bytes, *, mime: str, only_new: bool = False, etag: str | None = None) -> None:
        """Write a blob.

        Args:
            ref: Its container and name.
            data: All of it.
            mime: As its client declares it.
            only_new: Refuse a name that is taken.
            etag: Bare, of the version to be replaced; ``ANY_VERSION`` for any that stands there; without it also where
                none does.

        Raises:
            Mismatch: The name is taken, is free, or has another version.
            InvalidReference: No blob can have that name.
            Refused: ``blob_refused``: the service does not let anybody write it.

        Costs: 1 write up to 64 MiB; one whose reply was lost is written again. 1 read more for ``ANY_VERSION``.
        """

    def insert_thumbnail(self, name: str, data: bytes, *, mime: str, stop: Callable[[], bool] = lambda: False) -> None:
        """Write a claim's own thumbnail, again while nobody answers, until ``stop``; as ``put``. Costs: 1 write."""

    def delete_thumbnail(self, name: str) -> None:
        """Delete a thumbnail of one's own claim, if it is there; ``Refused`` as ``put``. Costs: 1 delete."""


class WorkQueue(Protocol):
    """The queue that starts analyses."""

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """Put in one message, perhaps more than once, visible after ``delay`` (7 days at most). Costs: 1 message."""

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""
