"""``JobTable`` and ``cas`` on the abstract world: one transaction applied or refused, and what a lost reply means."""

from collections.abc import Iterator
from enum import Enum

from shared.errors import Duplicate, KeyTaken, Lost
from shared.jobs import Event
from tests.faults.model import checks
from tests.faults.model.planted import Fault
from tests.faults.model.rules import Cell
from tests.faults.model.world import (
    CURRENT,
    STALE,
    End,
    Held,
    Key,
    Outsider,
    Recorder,
    Row,
    Worker,
    World,
    Write,
    put,
)

Refusal = Lost | Duplicate | KeyTaken
#: A sender who no longer waits: its nonce is nobody's.
GONE = ""
#: Ends a proof that stands in the key row, until that is written again.
IN_KEY = "/key"


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
    return (_purged if write.event is Event.PURGE else _written)(world, write, fault)


def _written(world: World, write: Write, fault: Fault | None) -> World:
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
        world = world.but(proofs=frozenset(proof for proof in world.proofs if not proof.endswith(IN_KEY)))
        checks.keyed(world.key.upload if world.key else 0, write.upload)
        world = _demote(world.but(key=Key(write.version, CURRENT, write.upload)), 0)
    if write.event is Event.REDRIVE:
        checks.opened(write.version, world.key and world.key.version)
    moved = _move(world, write.version, write.held, write.cell, write.event, actor=write.actor)
    if write.actor and write.keyed and write.held is not None:
        moved = moved.but(proofs=moved.proofs | {write.actor + IN_KEY})
    return moved


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
            yield "applied, no reply", applied.but(left=left), None
        ghost = write if applied is not None and world.ghost is None else world.ghost
        yield "not applied, no reply", world.but(left=left, ghost=ghost), None


def look(world: World, write: Write, fault: Fault | None) -> Verdict:
    """Decide as ``cas`` does after no reply."""
    row, key, over = world.row(write.version), world.key, write.over
    if write.event is Event.PURGE and over is not None:  # the key row stays, so it decides
        if write.actor + IN_KEY in world.proofs:
            return Verdict.WON
        return Verdict.UNDECIDED if key is not None and key.etag == over.etag else Verdict.LOST
    if row is None:
        known = write.held is not None or fault is Fault.ABSENT_IS_LOST
        return Verdict.LOST if known else Verdict.UNDECIDED
    if row.nonce == write.actor:
        return Verdict.WON
    if write.held is not None and row.etag == write.held.etag:
        return Verdict.UNDECIDED
    return Verdict.MOVED_ON if {write.actor, write.actor + IN_KEY} & world.proofs else Verdict.LOST


def forget(world: World, actor: str) -> World:
    """Let an actor wait no longer: nobody asks for its nonce from now on."""
    ghost = world.ghost
    if not (world.proofs or ghost) and not any(row and row.nonce == actor for row in world.rows):
        return world
    rows = tuple(row._replace(nonce=GONE) if row and row.nonce == actor else row for row in world.rows)
    if ghost is not None and ghost.actor == actor:
        ghost = ghost._replace(actor=GONE)
    return world.but(rows=rows, proofs=world.proofs - {actor, actor + IN_KEY}, ghost=ghost)


def _purged(world: World, write: Write, fault: Fault | None) -> World:
    """Take a job away, and write down its end where the key row names it."""
    row, held, over = world.row(write.version), write.held, write.over
    assert held is not None
    if row is None or (row.etag != held.etag and fault is not Fault.PURGE_UNGUARDED):
        raise Lost("job")
    if over is not None and fault is not Fault.PURGE_UNKEYED and (world.key is None or world.key.etag != over.etag):
        raise Lost("key")
    checks.purged(row)
    rows, shown = put(world.rows, write.version, None), put(world.shown, write.version, False)
    world = _demote(world.but(rows=rows, shown=shown), write.version)
    if over is None:
        return world
    checks.keyed(world.key.upload if world.key else 0, over.upload)
    key = None if fault is Fault.KEY_PURGED else Key(write.version, CURRENT, over.upload, row.cell)
    proofs = frozenset(proof for proof in world.proofs if not proof.endswith(IN_KEY))
    return _demote(world.but(key=key, proofs=proofs | ({write.actor + IN_KEY} if write.actor else set())), 0)


def _guarded(write: Write, fault: Fault | None) -> bool:
    if write.event is Event.CLAIM:
        return fault is not Fault.UPSERT_CLAIM
    if write.event is Event.CANCEL:
        return fault is not Fault.CANCEL_UNGUARDED
    if write.event in (Event.BURY, Event.EXHAUST):
        return fault is not Fault.BURY_UNGUARDED
    if write.event is Event.RESCHEDULE:
        return fault is not Fault.RESCHEDULE_UNGUARDED
    return write.event is not Event.COMPLETE or fault is not Fault.COMPLETE_BY_ID


def _proven(held: Held | None, cell: Cell, event: Event) -> bool:
    """Whether a column that nobody else writes keeps this write's nonce, as ``JobTable`` asks ``cas`` to look."""
    if held is None or event is Event.CLAIM:
        return True
    return held.cell.job.claim is not None and held.cell.job.claim != cell.job.claim


def _move(world: World, version: int, held: Held | None, cell: Cell, event: Event, *, actor: str) -> World:
    before = world.row(version)
    checks.moved(before, held, cell, event)
    commits = world.commits
    if event is Event.ADD:
        checks.added(commits[version - 1])
    if event is Event.COMPLETE:
        checks.counted(commits[version - 1] + 1)
        commits = put(commits, version, commits[version - 1] + 1)
    rows = put(world.rows, version, Row(cell, CURRENT, lapsed=False, nonce=actor))
    if before is not None and before.cell.job.token != cell.job.token and world.shown[version - 1]:
        world = world.but(shown=put(world.shown, version, False))
    proofs = world.proofs | {actor} if actor and _proven(held, cell, event) else world.proofs
    return _demote(world.but(rows=rows, commits=commits, proofs=proofs), version)


def _demote(world: World, version: int) -> World:
    """Make stale what actors hold of a row that has just been written; 0 is the key row."""
    ghost = world.ghost and _older_write(world.ghost, version)
    if ghost is not None and _spent(ghost, world):
        ghost = None
    return world.but(
        workers=tuple([_older_worker(worker, version) for worker in world.workers]),
        recorders=tuple([_older_recorder(recorder, version) for recorder in world.recorders]),
        outsiders=tuple([_older_outsider(outsider, version) for outsider in world.outsiders]),
        ghost=ghost,
    )


def _spent(ghost: Write, world: World) -> bool:
    """Whether a transaction can never be applied any more."""
    if ghost.held is None:
        return world.row(ghost.version) is not None
    return ghost.held.etag == STALE


def _older_worker(worker: Worker, version: int) -> Worker:
    held, write, recorder = worker.held, worker.write, worker.recorder
    if held is None and write is None and recorder is None:
        return worker
    if held is not None and worker.version == version:
        held = held._replace(etag=STALE)
    write = write and _older_write(write, version)
    recorder = recorder and _older_recorder(recorder, version)
    return worker._replace(held=held, write=write, recorder=recorder)


def _older_recorder(recorder: Recorder, version: int) -> Recorder:
    if recorder.over is None and recorder.end is None and recorder.write is None:
        return recorder
    write = recorder.write and _older_write(recorder.write, version)
    over, end = _older_key(recorder.over, version), _older_end(recorder.end, version)
    return recorder._replace(over=over, end=end, write=write)


def _older_outsider(outsider: Outsider, version: int) -> Outsider:
    held, write = outsider.held, outsider.write
    if held is None and write is None:
        return outsider
    if held is not None and outsider.version == version:
        held = held._replace(etag=STALE)
    write = write and _older_write(write, version)
    return outsider._replace(held=held, over=_older_key(outsider.over, version), write=write)


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
