"""``JobTable`` and ``cas`` on the abstract world: one transaction applied or refused, and what a lost reply means."""

from collections.abc import Iterator
from enum import Enum, StrEnum

from shared.errors import Duplicate, KeyTaken, Lost
from shared.jobs import Event
from tests.faults.model import checks
from tests.faults.model.rules import Cell
from tests.faults.model.world import CURRENT, STALE, End, Held, Key, Recorder, Row, Worker, World, Write, put

Refusal = Lost | Duplicate | KeyTaken
#: A sender who no longer waits: its nonce is nobody's.
GONE = ""


class Fault(StrEnum):
    """What is planted into the model, to see that the checks find it."""

    COMPLETE_BY_STATUS = "completion by status only"
    COMPLETE_BY_ID = "completion by id only"
    CLIENT_CLOCK = "expiry by the client's clock"
    UPSERT_CLAIM = "upsert claim"
    NO_RECHECK = "no re-check after the claim"
    ABSENT_IS_LOST = "absent after a time-out means lost"
    OLD_HEAD = "key row written from an old HEAD"
    NO_BUMP = "end by another without a token bump"
    UNGUARDED_KEY = "key row written without its ETag"
    KEY_UNREAD = "key row not read after its refusal"


class Verdict(Enum):
    """What ``cas`` makes of the row after a lost reply."""

    WON = "the row holds my nonce"
    MOVED_ON = "mine was applied, and others have moved the row since"
    UNDECIDED = "the row is as it was"
    LOST = "another was first"


def apply(world: World, write: Write, fault: Fault | None) -> World:
    """Apply one transaction, all of it or nothing.

    Raises:
        Duplicate: The job to insert is there.
        KeyTaken: The insert's key row is not the one that was read.
        Lost: Job, key row or superseded job have moved on.
    """
    row = world.row(write.version)
    if write.held is None and row is not None:
        raise Duplicate(str(write.version))
    if write.held is not None and _guarded(write, fault) and (row is None or row.etag != write.held.etag):
        raise Lost("job")
    if write.keyed and fault is not Fault.UNGUARDED_KEY:
        stands, read = world.key and world.key.etag, write.over and write.over.etag
        if stands != read:
            raise KeyTaken("key") if write.held is None else Lost("key")
    if write.end is not None:
        superseded = world.row(write.end.version)
        if superseded is None or superseded.etag != write.end.held.etag:
            raise Lost("superseded")
        world = _move(world, write.end.version, write.end.held, write.end.cell, Event.SUPERSEDE, actor=GONE)
    if write.keyed:
        checks.keyed(world.key.version if world.key else 0, write.version)
        world = _demote(world._replace(key=Key(write.version, CURRENT)), 0)
    return _move(world, write.version, write.held, write.cell, write.event, actor=write.actor)


def outcomes(world: World, write: Write, fault: Fault | None) -> Iterator[tuple[str, World, Refusal | bool | None]]:
    """Send a transaction.

    Yields:
        What happened, the world then, and the reply: True when applied, a refusal, or None for no reply.
    """
    applied, refused = None, None
    try:
        applied = apply(world, write, fault)
    except (Lost, Duplicate, KeyTaken) as refusal:
        refused = refusal
    if applied is not None:
        yield "applied", forget(applied, write.actor), True
    elif refused is not None:
        yield f"refused, {type(refused).__name__}", forget(world, write.actor), refused
    if world.left.losses:
        left = world.left._replace(losses=world.left.losses - 1)
        if applied is not None:
            yield "applied, no reply", applied._replace(left=left), None
        ghost = write if applied is not None and world.ghost is None else world.ghost
        yield "not applied, no reply", world._replace(left=left, ghost=ghost), None


def look(world: World, write: Write, fault: Fault | None) -> Verdict:
    """Decide as ``cas`` does after no reply."""
    row = world.row(write.version)
    if row is None:
        known = write.held is not None or fault is Fault.ABSENT_IS_LOST
        return Verdict.LOST if known else Verdict.UNDECIDED
    if row.nonce == write.actor:
        return Verdict.WON
    if write.held is not None and row.etag == write.held.etag:
        return Verdict.UNDECIDED
    return Verdict.MOVED_ON if write.actor in world.proofs else Verdict.LOST


def forget(world: World, actor: str) -> World:
    """Let an actor wait no longer: nobody asks for its nonce from now on."""
    rows = tuple(row._replace(nonce=GONE) if row and row.nonce == actor else row for row in world.rows)
    ghost = world.ghost
    if ghost is not None and ghost.actor == actor:
        ghost = ghost._replace(actor=GONE)
    return world._replace(rows=rows, proofs=world.proofs - {actor}, ghost=ghost)


def _guarded(write: Write, fault: Fault | None) -> bool:
    if write.event is Event.CLAIM:
        return fault is not Fault.UPSERT_CLAIM
    return write.event is not Event.COMPLETE or fault is not Fault.COMPLETE_BY_ID


def _move(world: World, version: int, held: Held | None, cell: Cell, event: Event, *, actor: str) -> World:
    before = world.row(version)
    checks.moved(before, held and held.cell, cell, event)
    commits = world.commits
    if event is Event.COMPLETE:
        checks.counted(commits[version - 1] + 1)
        commits = put(commits, version, commits[version - 1] + 1)
    rows = put(world.rows, version, Row(cell, CURRENT, lapsed=False, nonce=actor))
    proofs = world.proofs | {actor} if actor else world.proofs
    return _demote(world._replace(rows=rows, commits=commits, proofs=proofs), version)


def _demote(world: World, version: int) -> World:
    """Make stale what actors hold of a row that has just been written; 0 is the key row."""
    one, two = world.workers
    first, second = world.recorders
    ghost = world.ghost and _older_write(world.ghost, version)
    if ghost is not None and _spent(ghost, world):
        ghost = None
    return world._replace(
        workers=(_older_worker(one, version), _older_worker(two, version)),
        recorders=(_older_recorder(first, version), _older_recorder(second, version)),
        ghost=ghost,
    )


def _spent(ghost: Write, world: World) -> bool:
    """Whether a transaction can never be applied any more."""
    if ghost.held is None:
        return world.row(ghost.version) is not None
    return ghost.held.etag == STALE


def _older_worker(worker: Worker, version: int) -> Worker:
    held = worker.held
    if held is not None and worker.version == version:
        held = held._replace(etag=STALE)
    write = worker.write and _older_write(worker.write, version)
    recorder = worker.recorder and _older_recorder(worker.recorder, version)
    return worker._replace(held=held, write=write, recorder=recorder)


def _older_recorder(recorder: Recorder, version: int) -> Recorder:
    write = recorder.write and _older_write(recorder.write, version)
    over, end = _older_key(recorder.over, version), _older_end(recorder.end, version)
    return recorder._replace(over=over, end=end, write=write)


def _older_write(write: Write, version: int) -> Write:
    held = write.held
    if held is not None and write.version == version:
        held = held._replace(etag=STALE)
    return write._replace(held=held, over=_older_key(write.over, version), end=_older_end(write.end, version))


def _older_key(key: Key | None, version: int) -> Key | None:
    return key._replace(etag=STALE) if key is not None and version == 0 else key


def _older_end(end: End | None, version: int) -> End | None:
    if end is None or end.version != version:
        return end
    return end._replace(held=end.held._replace(etag=STALE))
