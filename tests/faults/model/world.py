"""The abstract world: everything that decides what may happen next, as values that compare and hash."""

from typing import NamedTuple

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
    """The key row, in the store or as read."""

    version: int
    etag: int


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
    """

    actor: str
    version: int
    held: Held | None
    cell: Cell
    event: Event
    keyed: bool = False
    over: Key | None = None
    end: End | None = None


class Recorder(NamedTuple):
    """A recorder: ``new``, ``headed``, ``newer``, ``keyed``, ``ready``, ``unsure``, ``send`` or ``done``."""

    phase: str = "new"
    found: int = 0
    over: Key | None = None
    end: End | None = None
    write: Write | None = None


class Worker(NamedTuple):
    """A worker: ``idle``, ``read``, ``claimed``, ``working``, ``recording``, ``ending`` or ``unsure``.

    Attributes:
        phase: Where it stands.
        version: Whose job it works at.
        held: The row as it last read or wrote it.
        lapsed: What it judged of the lease when it read.
        plan: How it will end its attempt.
        write: The transaction of which it has heard nothing.
        recorder: What it does while it records a newer version.
    """

    phase: str = "idle"
    version: int = 0
    held: Held | None = None
    lapsed: bool = False
    plan: Event | None = None
    write: Write | None = None
    recorder: Recorder | None = None


class Left(NamedTuple):
    """How often what would go on for ever may still happen."""

    overwrites: int = 0
    losses: int = 0
    abandons: int = 0
    cancels: int = 0
    redrives: int = 0


class World(NamedTuple):
    """All of it.

    Attributes:
        blob: The version that stands there, 1 or 2.
        kills: The version whose analysis kills the worker; 0 for none.
        rows: The job rows of versions 1 and 2.
        key: The key row.
        messages: Deliveries to come of messages for versions 1 and 2.
        workers: Two.
        recorders: Of the first upload's event, and of the overwrite's.
        ghost: A transaction without a reply that may still arrive.
        proofs: Actors who wait to hear of a write that was applied, as ``try:`` rows and ``add_nonce`` tell.
        commits: Reports committed of versions 1 and 2.
        left: What is bounded.
    """

    blob: int
    kills: int
    rows: tuple[Row | None, Row | None]
    key: Key | None
    messages: tuple[int, int]
    workers: tuple[Worker, Worker]
    recorders: tuple[Recorder, Recorder]
    ghost: Write | None
    proofs: frozenset[str]
    commits: tuple[int, int]
    left: Left

    def row(self, version: int) -> Row | None:
        """Return the job row of a version."""
        return self.rows[version - 1]


def put(pair: tuple, number: int, value: object) -> tuple:  # type: ignore[type-arg]
    """Return a pair with its first (1) or second (2) place replaced."""
    return (value, pair[1]) if number == 1 else (pair[0], value)


_MIRROR = {"w1": "w2", "w2": "w1"}


def begin(kills: int, left: Left, *, events: int) -> World:
    """Return the world in which version 1 has just been uploaded, and so many events will tell of uploads."""
    recorders = (Recorder(), Recorder("new" if events > 1 else "done"))
    workers = (Worker(), Worker())
    return World(1, kills, (None, None), None, (0, 0), workers, recorders, None, frozenset(), (0, 0), left)


def alike(world: World, *, doomed: bool) -> World:
    """Return the one world that stands for all that differ in nothing that matters.

    Workers differ in nothing but name. A worker who has read a row that has moved since will be refused, whatever
    becomes of its claim and of its reply: it counts as idle at once.

    Args:
        world: As it came about.
        doomed: Whether that holds; not where claims are written unconditionally.
    """
    one, two = world.workers
    if doomed:
        one, two = _resigned(one), _resigned(two)
        world = world._replace(workers=(one, two))
    if (one.phase, one.version) <= (two.phase, two.version):
        return world
    rows = tuple(row and row._replace(nonce=_MIRROR.get(row.nonce, row.nonce)) for row in world.rows)
    return world._replace(
        workers=(_renamed(two), _renamed(one)),
        rows=rows,
        proofs=frozenset(_MIRROR.get(actor, actor) for actor in world.proofs),
        ghost=_signed(world.ghost),
    )


def _resigned(worker: Worker) -> Worker:
    if worker.phase == "read" and worker.held is not None and worker.held.etag == STALE:
        return Worker()
    return worker


def _renamed(worker: Worker) -> Worker:
    recorder = worker.recorder
    if recorder is not None and recorder.write is not None:
        recorder = recorder._replace(write=_signed(recorder.write))
    return worker._replace(write=_signed(worker.write), recorder=recorder)


def _signed(write: Write | None) -> Write | None:
    return write and write._replace(actor=_MIRROR.get(write.actor, write.actor))
