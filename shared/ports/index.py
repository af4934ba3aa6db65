"""What lists and look-ups need from storage: one protocol over the index rows, and what it and they answer with.

Index rows say where to look and decide nothing: a job is judged by its own row. They stand in the order of a moment,
of ``due`` for live jobs and of the end, the newest first, for ended ones. A copy of the job stands in them, written in
the transaction that writes the job, for lists to show and for nothing else. Errors as in ``shared.ports``; a table that
is missing holds nothing.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from shared.ports.jobs import JobCopy, Key, Row
from shared.rules.jobs import JobError, State

T = TypeVar("T")

#: Milliseconds since 1970 from which positions of ended jobs count down, so that the newest comes first.
LATEST_MS = 9_999_999_999_999
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Segments of a list of jobs, in their order.
LIVE, ENDED = 0, 1
#: What index rows of a partition say of their jobs, in the order of their keys: live, or the state of the end.
GROUPS: tuple[State | None, ...] = (None, State.CANCELED, State.COMPLETED, State.FAILED)
#: An image's id: the digest of job type and reference, see ``ids.digest``.
IMAGE_ID = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, order=True)
class Position:
    """Where an index row stands among those of all types, buckets and states: positions compare as lists go.

    Attributes:
        segment: ``LIVE`` or ``ENDED``.
        ms: Of a live job ``due`` in milliseconds since 1970; of an ended one its end, counted down, so that the
            newest is the least.
        job_id: The job; empty before all jobs.
        kind: The first of the types that the list has come to, where it goes by groups of types; empty otherwise.
        running: Whether it is worked on; None of an ended one, or where a row of an earlier release does not say.
        started: When the last attempt at an ended job began; None of a live one, where there was none, and where a row
            of an earlier release does not say.
        copy_text: What the row copies of its job, where that was asked for; None where it has none: that of a large
            job or of an earlier release.
    """

    segment: int
    ms: int
    job_id: str
    kind: str = ""
    running: bool | None = field(default=None, compare=False)
    started: datetime | None = field(default=None, compare=False)
    copy_text: "CopyText | None" = field(default=None, compare=False)

    @property
    def at(self) -> datetime:
        """The moment by which it stands there: ``due`` of a live job, the end of an ended one; whole milliseconds."""
        return _EPOCH + timedelta(milliseconds=LATEST_MS - self.ms if self.segment == ENDED else self.ms)

    @property
    def copy(self) -> JobCopy | None:
        """The copy of the job; None without one that this release can read. It is read anew each time."""
        return None if self.copy_text is None else self.copy_text.read()


@dataclass(frozen=True)
class CopyText:
    """A copy of a job as it is kept: most of those that a filter leaves out need not be read.

    Attributes:
        text: JSON in which every ASCII letter and digit of the job's columns stands for itself.
        read: Reads it.
    """

    text: str
    read: Callable[[], JobCopy | None]


@dataclass(frozen=True, order=True)
class KeyPosition:
    """Where a key row stands among those of one type.

    Attributes:
        bucket: Number of its partition.
        digest: 32 hex digits of type and reference: an image's id.
    """

    bucket: int
    digest: str


@dataclass(frozen=True)
class Page(Generic[T]):
    """A piece of a list.

    Attributes:
        items: In the order of the list; fewer than asked for, even none, is not the end.
        after: Where the next page goes on; None at the end.
        complete: Whether it is full, or the end; False where it was cut off because it had looked at enough.
    """

    items: Sequence[T]
    after: Position | KeyPosition | None = None
    complete: bool = True


@dataclass(frozen=True)
class KnownType:
    """A type of which jobs were added.

    Attributes:
        kind: The type.
        etag: Of its row.
    """

    kind: str
    etag: str


@dataclass(frozen=True)
class AttemptRecord:
    """One attempt at a job.

    Attributes:
        token: Its fencing token, by which attempts are ordered.
        claim_id: Drawn for it alone.
        owner: Who worked.
        started: The service's time, aware UTC, here and below.
        ended: When it ended; None while it lasts.
        outcome: The event that ended it, or ``lapsed``; None while it lasts.
        error: What stood in the job's row when it ended.
        late_reports: How many reports of its worker came too late.
        last_late_report: What the last of them was, in a word.
        last_late_at: When that came.
    """

    token: int
    claim_id: str
    owner: str
    started: datetime
    ended: datetime | None = None
    outcome: str | None = None
    error: JobError | None = None
    late_reports: int = 0
    last_late_report: str | None = None
    last_late_at: datetime | None = None


@dataclass(frozen=True)
class Standing:
    """What one index row says of its job: its group, and where it stands there."""

    group: State | None
    at: Position


class JobIndex(Protocol):
    """The rows beside the job rows: what lists go by. One call looks into one partition."""

    def live(
        self, kind: str, bucket: int, *, after: Position | None, limit: int, with_copies: bool = False
    ) -> list[Position]:
        """List jobs of one bucket that wait or run, by ``due``, the earliest first.

        Args:
            kind: Of job.
            bucket: Number of the partition.
            after: Begin behind this; at the first without it.
            limit: 1 to 1,000.
            with_copies: Whether to read what the rows copy of their jobs.

        Costs: 1 query.
        """

    def ended(
        self,
        kind: str,
        bucket: int,
        state: State,
        *,
        after: Position | None,
        ended_from: datetime | None,
        ended_to: datetime | None,
        limit: int,
        with_copies: bool = True,
    ) -> list[Position]:
        """List jobs of one bucket that have ended in a state, the newest end first.

        Args:
            kind: Of job.
            bucket: Number of the partition.
            state: In which they ended.
            after: Begin behind this; at the newest without it.
            ended_from: Leave out what ended before this.
            ended_to: Leave out what ended at this or later.
            limit: 1 to 1,000.
            with_copies: Whether to read what the rows copy of their jobs.

        Costs: 1 query.
        """

    def standings(
        self,
        kind: str,
        bucket: int,
        *,
        group: State | None,
        after: Position | None,
        limit: int,
        with_copies: bool = False,
    ) -> list[Standing]:
        """List all jobs of one bucket, group by group, each group as ``live`` or ``ended`` lists it.

        Args:
            kind: Of job.
            bucket: Number of the partition.
            group: With which to begin, in the order of ``GROUPS``.
            after: Begin behind this in that group; at its first without it.
            limit: 1 to 1,000; a shorter list is the end.
            with_copies: As in ``live``.

        Costs: 1 query.
        """

    def of_ref(self, kind: str, ref: str, *, after: str | None, limit: int) -> list[Row]:
        """List the jobs of one reference by their ids; those of a newer release are left out.

        Args:
            kind: Of job.
            ref: What they are about, exactly.
            after: Begin behind this id; at the first without it.
            limit: 1 to 1,000; a shorter list is the end.

        Costs: 1 query.
        """

    def jobs(self, kind: str, bucket: int, *, first: str, last: str, limit: int) -> list[JobCopy]:
        """List jobs of one bucket by their ids, from their own rows; those that can't be read are left out.

        Ids go in the order of their references' digests.

        Args:
            kind: Of job.
            bucket: Number of the partition.
            first: Id with which to begin.
            last: Id with which to end.
            limit: 1 to 1,000; a shorter list is the end.

        Costs: 1 query.
        """

    def keys(self, kind: str, bucket: int, *, after: str | None, limit: int) -> list[Key]:
        """List the references of one bucket that are recorded, by their digests.

        Args:
            kind: Of job.
            bucket: Number of the partition.
            after: Begin behind this digest; at the first without it.
            limit: 1 to 1,000.

        Costs: 1 query.
        """

    def key_of(self, kind: str, image_id: str) -> Key | None:
        """Read which version of a reference is the newest recorded, by the reference's digest. Costs: 1 read."""

    def attempts(self, job_id: str) -> list[AttemptRecord]:
        """List the attempts at one job, the first one first. Costs: 1 query."""

    def types(self) -> list[str]:
        """List the types of which a job was ever added, in the order of their names. Costs: 1 query."""

    def insert_type(self, kind: str) -> None:
        """Note that a type has jobs, over an earlier note. Costs: 1 transaction."""

    def quiet_types(self, quiet: timedelta) -> list[KnownType]:
        """List the types that nobody has noted for so long, by the service's clock. Costs: 1 query."""

    def has_jobs(self, kind: str, bucket: int) -> bool:
        """Say whether a partition has a job, live or ended. Costs: 1 query."""

    def delete_type(self, known: KnownType) -> None:
        """Delete a type's row as it was read.

        Raises:
            Lost: It was noted again meanwhile, or is gone.

        Costs: 1 transaction.
        """
