"""The abstract world: everything that decides what may happen next, as values that compare and hash."""

from typing import Any, NamedTuple, TypeVar

from shared.jobs import Event
from tests.faults.model.rules import Cell

#: An ETag that has been current and is no more: all such are alike, since ETags are compared for equality only.
STALE = 0
#: The ETag of a row as it stands.
CURRENT = 1


class Row(NamedTuple):
    """A job row in the store.

    Attributes:
        cell: The job.
        etag: ``CURRENT`` between steps.
        lapsed: Whether lease, delay and grace since its last write are over.
        nonce: Actor of the last write; kept only while that actor waits to hear of it.
    """

    cell: Cell
    etag: int
    lapsed: bool
    nonce: str


class Held(NamedTuple):
    """A job row as an actor has read or written it."""

    cell: Cell
    etag: int


class Key(NamedTuple):
    """The key row, in the store or as read.

    Attributes:
        version: The newest recorded.
        etag: As in ``Row``.
        upload: At which upload its recorder looked at the blob; no row tells it, it is kept to judge by.
        final: The version's job as it was purged; None before.
    """

    version: int
    etag: int
    upload: int
    final: Cell | None = None


class End(NamedTuple):
    """The end of a superseded job, in the same transaction."""

    version: int
    held: Held
    cell: Cell


class Write(NamedTuple):
    """One transaction on its way.

    Attributes:
        actor: Who sends it; stands for its nonce.
        version: Whose job it moves.
        held: The row that it matches; None for an insert.
        cell: The job as it shall stand.
        event: What happens.
        keyed: Whether it makes the version the newest.
        over: The key row that it replaces; None when the reference must be new.
        end: The superseded job's end.
        upload: At which upload the sender looked at the blob; to judge by.
    """

    actor: str
    version: int
    held: Held | None
    cell: Cell
    event: Event
    keyed: bool = False
    over: Key | None = None
    end: End | None = None
    upload: int = 0


class Recorder(NamedTuple):
    """A recorder.

    Attributes:
        phase: ``new``, ``headed``, ``newer``, ``keyed``, ``ready``, ``refused``, ``unsure``, ``send``, ``gone`` or
            ``done``.
        found: The upload that it found at its last look at the blob.
        over: The key row that it read.
        end: The superseded job's end, as it was read.
        write: The transaction to send, or of which it has heard nothing.
    """

    phase: str = "new"
    found: int = 0
    over: Key | None = None
    end: End | None = None
    write: Write | None = None


class Worker(NamedTuple):
    """A worker, or a sweep at work.

    Attributes:
        phase: ``idle``, ``listed``, ``read``, ``claimed``, ``working``, ``recording``, ``publishing``, ``ending`` or
            ``unsure``.
        version: Whose job it works at.
        held: The row as it last read or wrote it.
        lapsed: What it judged of the lease when it read.
        plan: How it will end its attempt, or a job whose attempts are used up.
        write: The transaction of which it has heard nothing.
        recorder: What it does while it records a newer version.
        spared: Token of its last claim, where an outage has ended it and it could not be given back.
    """

    phase: str = "idle"
    version: int = 0
    held: Held | None = None
    lapsed: bool = False
    plan: Event | None = None
    write: Write | None = None
    recorder: Recorder | None = None
    spared: int = 0


class Outsider(NamedTuple):
    """Who ends, opens or purges a job without having claimed it: a trigger, or somebody by hand.

    Attributes:
        phase: ``idle``, ``listed``, ``reading``, ``read``, ``keyed``, ``cleared``, ``unsure`` or ``send``.
        event: What it wants.
        version: Of which job.
        held: The row as it read it.
        lapsed: What it judged of the lease when it read.
        over: The key row as it read it.
        write: The transaction of which it has heard nothing.
    """

    phase: str = "idle"
    event: Event | None = None
    version: int = 0
    held: Held | None = None
    lapsed: bool = False
    over: Key | None = None
    write: Write | None = None


class Left(NamedTuple):
    """How often what would go on for ever may still happen."""

    losses: int = 0
    abandons: int = 0
    cancels: int = 0
    redrives: int = 0


class World(NamedTuple):
    """All of it.

    Attributes:
        blob: Which of the setup's uploads stands there, from 1 on.
        kills: The version whose analysis kills the worker; 0 for none.
        rows: The job rows of versions 1 and 2.
        key: The key row.
        messages: Deliveries to come of messages for versions 1 and 2.
        workers: One or two.
        recorders: One an event.
        outsiders: As many as the setup has.
        ghost: A transaction without a reply that may still arrive.
        proofs: Actors who wait to hear of a write that was applied, as ``try:`` rows and ``add_nonce`` tell.
        commits: Reports committed of versions 1 and 2.
        shown: Whether a thumbnail stands that bears the token of the job's row, of versions 1 and 2.
        left: What is bounded.
    """

    blob: int
    kills: int
    rows: tuple[Row | None, ...]
    key: Key | None
    messages: tuple[int, ...]
    workers: tuple[Worker, ...]
    recorders: tuple[Recorder, ...]
    outsiders: tuple[Outsider, ...]
    ghost: Write | None
    proofs: frozenset[str]
    commits: tuple[int, ...]
    shown: tuple[bool, ...]
    left: Left

    def row(self, version: int) -> Row | None:
        """Return the job row of a version."""
        return self.rows[version - 1]

    def but(self, **changes: object) -> "World":
        """Return the world with some columns changed: ``_replace``, in a third of its time."""
        columns: list[Any] = list(self)
        for name, value in changes.items():
            columns[_COLUMNS[name]] = value
        return World._make(columns)


_COLUMNS = {name: number for number, name in enumerate(World._fields)}


T = TypeVar("T")


def put(places: tuple[T, ...], number: int, value: T) -> tuple[T, ...]:
    """Return a tuple with one place replaced; places are counted from 1."""
    return (*places[: number - 1], value, *places[number:])
