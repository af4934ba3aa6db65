"""What an audit of the job table reads: rows as they stand, unjudged. ``shared.rules.invariants`` judges them."""

from dataclasses import dataclass, field
from datetime import datetime

from shared.rules.jobs import State


@dataclass(frozen=True, kw_only=True)
class JobFacts:
    """A job row, as far as the invariants ask.

    Attributes:
        id: From its RowKey.
        has_lease: Whether a lease stands in it.
        thumbnail: Name of the blob that its report names, where it is one that an attempt at it may have written;
            None without one.
        names_other_blob: Whether its report names another blob than that.
        report_wrong: What is wrong with its report, with nothing quoted; None where all is well.
        row_key: Where it stands.
        index_key: Where its one index row belongs; None when its columns don't say.
        etag: Its version.
        copy: A hash of what its index row should copy.

    The others are those of ``jobs.Job``.
    """

    id: str
    type: str
    ref: str
    version: str
    unique: bool = True
    retagged: str | None = None
    state: State
    owner: str | None = None
    claim_id: str | None = None
    has_lease: bool = False
    token: int = 0
    attempts: int = 0
    due: datetime | None = None
    ended: datetime | None = None
    thumbnail: str | None = None
    names_other_blob: bool = False
    report_wrong: str | None = None
    row_key: str = ""
    index_key: str | None = None
    etag: str = ""
    copy: str | None = None


@dataclass(frozen=True)
class IndexFacts:
    """An index row, ``due:`` or ``end:``: it says where it stands, and what the job is like.

    Attributes:
        row_key: Where it stands.
        job_id: From its RowKey.
        etag: Its version.
        copy: A hash of what it copies of its job; None where it has no copy that can be read.
    """

    row_key: str
    job_id: str
    etag: str = ""
    copy: str | None = None


@dataclass(frozen=True)
class TryFacts:
    """The row of one attempt; without an outcome it is under way."""

    row_key: str
    job_id: str
    token: int
    claim_id: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class KeyFacts:
    """The row that names a reference's newest version.

    Attributes:
        row_key: Where it stands.
        belongs: Where type and reference say that it belongs.
        type: Of the job.
        ref: What it is about.
        version: The newest.
        job_id: The job of that version.
        final: How that job ended, once it is purged; None before.
        job_version: The version that the job is of, where it stands for a newer one of the same content; else None.
    """

    row_key: str
    belongs: str
    type: str
    ref: str
    version: str
    job_id: str
    final: State | None = None
    job_version: str | None = None


@dataclass(kw_only=True)
class Group:
    """All rows of one reference, in one partition. None of them changes without the row of one of its jobs.

    Attributes:
        place: The PartitionKey.
        stem: What the ids of its jobs begin with: the type and 16 digits.
        home: The PartitionKey where it belongs.
        jobs: By id.
        index: By RowKey.
        tries: Attempts of all jobs.
        keys: Rows that name the newest version; there should be one.
        strange: RowKeys that can't be read, each with the job id in it.
        newer: Ids of jobs that a newer release has written: the group is left to that release.
    """

    place: str
    stem: str
    home: str
    jobs: dict[str, JobFacts] = field(default_factory=dict)
    index: dict[str, IndexFacts] = field(default_factory=dict)
    tries: list[TryFacts] = field(default_factory=list)
    keys: list[KeyFacts] = field(default_factory=list)
    strange: dict[str, str] = field(default_factory=dict)
    newer: set[str] = field(default_factory=set)


@dataclass(frozen=True)
class Mending:
    """What makes the index rows of one job right.

    Attributes:
        job: Whose row guards the transaction, unchanged; None for an index row that belongs to no job.
        insert: RowKey of the index row that is missing, or has a copy that is not of its job as it stands.
        delete: Index rows that should not stand.
    """

    job: JobFacts | None
    insert: str | None = None
    delete: tuple[IndexFacts, ...] = ()

    @property
    def row_keys(self) -> set[str]:
        """Every index row that it touches."""
        return {row.row_key for row in self.delete} | ({self.insert} if self.insert else set())
