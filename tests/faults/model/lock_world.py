"""The abstract world of one lock: its row, and who asks for it, holds it or lets go of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from shared.locks import Lock
from tests.faults.model.search import Broken
from tests.faults.model.world import CURRENT, STALE, put

NAME = "sweep"
SPAN = timedelta(minutes=1)
#: A sender who no longer waits: its nonce is nobody's.
GONE = 0


class LockFault(StrEnum):
    """What is planted into the model of locks."""

    RELEASE_UNCONDITIONAL = "release without its ETag"
    RELEASE_UNOWNED = "release that asks neither owner nor token"
    RELEASE_BLIND = "release repeated with the ETag that was refused"
    RELEASE_DELETES = "release that deletes the row"
    REMEMBERED_KEPT = "remembered ETag not dropped after its refusal"
    RENEWAL_REVIVES = "renewal of a lapsed lock that was taken"
    ABSENT_IS_LOST = "absent after a time-out means lost"
    NO_RECHECK = "no re-check after the acquisition"
    CLIENT_CLOCK = "expiry by the client's clock"
    NEVER_LAPSES = "a lapsed lock is not taken over"


class LockPromise(StrEnum):
    """What must hold of a lock."""

    ONE_HOLDER = "at most one believes that it holds the lock"
    TOKENS_GROW = "the lock's token grows with each acquisition and never falls"
    LEASE_KEPT = "a live lease of a lock is never taken over"
    BUSY_IS_TRUE = "a lock is called held only where somebody has held it"
    TAKEABLE = "a free or lapsed lock goes to whoever asks alone"
    ENDS = "every world of a lock leads to one in which nobody waits"


class LockRow(NamedTuple):
    """The row in the store; it is ``CURRENT`` for whoever has seen its last write, and ``STALE`` for all others.

    Attributes:
        lock: What it says.
        lapsed: Whether the lease given by its last write is over by the service's clock.
        nonce: Number of the tenure whose write it was; kept only while that waits to hear of it.
    """

    lock: Lock
    lapsed: bool
    nonce: int


class Seen(NamedTuple):
    """The row as somebody has read or written it; no lock when there was none."""

    lock: Lock | None
    etag: int
    lapsed: bool = False


class Sent(NamedTuple):
    """One conditional write on its way."""

    number: int
    seen: Seen
    lock: Lock


class Tenure(NamedTuple):
    """One attempt to have the lock, from the request to the last release.

    Attributes:
        phase: ``idle``, ``asks``, ``taking``, ``unsure``, ``holds``, ``renewing``, ``unrenewed``, ``freeing`` or
            ``unfreed``.
        lock: As it was acquired.
        seen: The row as it last read or wrote it.
        sent: The write of which it has heard nothing.
        over: Whether its holder must have stopped: by its own clock, or by a refused renewal.
        again: Whether it has read the row since its first write was refused.
    """

    phase: str = "idle"
    lock: Lock | None = None
    seen: Seen | None = None
    sent: Sent | None = None
    over: bool = False
    again: bool = False

    @property
    def believes(self) -> bool:
        """Whether its holder works under the lock."""
        return self.phase in ("holds", "renewing", "unrenewed") and not self.over


class LockWorld(NamedTuple):
    """All of it.

    Attributes:
        row: None before the first acquisition.
        tenures: Three: two of one instance, one of another.
        remembered: The row of its own last release, one an instance.
        ghost: A write without a reply that may still arrive.
        highest: The highest token ever given.
        asks: Acquisitions that may still be tried.
        losses: Replies that may still be lost.
    """

    row: LockRow | None
    tenures: tuple[Tenure, ...]
    remembered: tuple[Seen | None, ...]
    ghost: Sent | None
    highest: int
    asks: int
    losses: int


@dataclass(frozen=True)
class LockSetup:
    """One run: how many acquisitions are tried, how many replies may be lost, and what is planted."""

    asks: int = 4
    losses: int = 1
    fault: LockFault | None = None


def begin(setup: LockSetup) -> LockWorld:
    """Return the world in which nobody has ever asked for the lock."""
    return LockWorld(None, (Tenure(),) * 3, (None, None), None, 0, setup.asks, setup.losses)


def instance_of(number: int) -> int:
    """Return whose memory a tenure shares: the first two are of one instance."""
    return 1 if number < 3 else 2


def applies(world: LockWorld, sent: Sent, fault: LockFault | None) -> bool:
    """Whether the service would accept a write: insert, or replace If-Match."""
    if sent.seen.lock is None:
        return world.row is None
    if fault is LockFault.RELEASE_UNCONDITIONAL and sent.lock.owner is None:
        return True
    return world.row is not None and sent.seen.etag == CURRENT


def apply(world: LockWorld, sent: Sent, fault: LockFault | None) -> LockWorld:
    """Write the row, and make stale what all others have seen of it.

    Raises:
        Broken: A token falls, or a live lease is taken over.
    """
    before, lock = world.row, sent.lock
    taken = lock.owner is not None and (before is None or not _same(lock, before.lock))
    _want(lock.token >= world.highest + taken, LockPromise.TOKENS_GROW)
    _want(not taken or before is None or before.lock.owner is None or before.lapsed, LockPromise.LEASE_KEPT)
    deleted = fault is LockFault.RELEASE_DELETES and lock.owner is None
    row = None if deleted else LockRow(lock, lapsed=False, nonce=sent.number)
    return LockWorld(
        row,
        tuple([_older(tenure) for tenure in world.tenures]),
        tuple([seen and seen._replace(etag=STALE) for seen in world.remembered]),
        None,  # whatever is still on its way matches the row as it was
        lock.token,
        world.asks,
        world.losses,
    )


def outcomes(world: LockWorld, sent: Sent, fault: LockFault | None) -> Iterator[tuple[str, LockWorld, bool | None]]:
    """Send a write.

    Yields:
        What happened, the world then, and the reply: whether it was applied, or None for no reply.
    """
    applied = apply(world, sent, fault) if applies(world, sent, fault) else None
    yield ("refused", world, False) if applied is None else ("applied", forget(applied, sent.number), True)
    if world.losses:
        fewer = world._replace(losses=world.losses - 1)
        if applied is not None:
            yield "applied, no reply", applied._replace(losses=fewer.losses), None
            fewer = fewer._replace(ghost=world.ghost or sent)
        yield "not applied, no reply", fewer, None


def look(world: LockWorld, sent: Sent, fault: LockFault | None) -> bool | None:
    """Decide as ``cas`` does after no reply; None is undecided. A lock's row has no proof beside it."""
    if world.row is None:
        return None if sent.seen.lock is None and fault is not LockFault.ABSENT_IS_LOST else False
    if world.row.nonce == sent.number:
        return True
    return None if sent.seen.lock is not None and sent.seen.etag == CURRENT else False


def forget(world: LockWorld, number: int) -> LockWorld:
    """Let a tenure wait no longer: nobody asks for its nonce from now on."""
    row, ghost = world.row, world.ghost
    if row is not None and row.nonce == number:
        row = row._replace(nonce=GONE)
    if ghost is not None and ghost.number == number:
        ghost = ghost._replace(number=GONE)
    return world._replace(row=row, ghost=ghost)


def passed(world: LockWorld) -> LockWorld:
    """Let the lease in the row lapse; its holder's own clock has stopped it by then."""
    row = world.row
    assert row is not None
    tenures = world.tenures
    for number, tenure in enumerate(tenures, 1):
        if tenure.lock is not None and _same(tenure.lock, row.lock):
            tenures = put(tenures, number, tenure._replace(over=True))
    return world._replace(row=row._replace(lapsed=True), tenures=tenures)


def holds(world: LockWorld) -> None:
    """Check a world by itself."""
    _want(sum(tenure.believes for tenure in world.tenures) <= 1, LockPromise.ONE_HOLDER)


def rests(world: LockWorld) -> None:
    """Check a world in which nothing can happen any more."""
    _want(all(tenure.phase == "idle" for tenure in world.tenures), LockPromise.ENDS)


def busy(world: LockWorld) -> None:
    """Check a world in which somebody is told that the lock is held."""
    _want(world.row is not None, LockPromise.BUSY_IS_TRUE)


def alike(world: LockWorld) -> LockWorld:
    """Return the one world that stands for all that differ in nothing that matters.

    Who is about to take a lock that has moved on since it was read will be told that it is held: it counts as idle at
    once. The two tenures of one instance differ in nothing but number.
    """
    if world.row is not None:
        tenures = tuple([Tenure() if _doomed(tenure) else tenure for tenure in world.tenures])
        if tenures != world.tenures:
            world = world._replace(tenures=tenures)
    one, two, other = world.tenures
    if _order(one) <= _order(two):
        return world
    row, ghost = world.row, world.ghost
    return world._replace(
        row=row and row._replace(nonce=_MIRROR.get(row.nonce, row.nonce)),
        tenures=(_renumbered(two), _renumbered(one), other),
        ghost=ghost and ghost._replace(number=_MIRROR.get(ghost.number, ghost.number)),
    )


_MIRROR = {1: 2, 2: 1}


def _doomed(tenure: Tenure) -> bool:
    seen = tenure.seen
    return tenure.phase == "taking" and tenure.again and seen is not None and (not seen.lock or seen.etag == STALE)


def _order(tenure: Tenure) -> tuple[str, int, bool, bool, int]:
    lock, seen = tenure.lock, tenure.seen
    return (tenure.phase, lock.token if lock else 0, tenure.over, tenure.again, seen.etag if seen else 0)


def _renumbered(tenure: Tenure) -> Tenure:
    sent = tenure.sent
    return tenure if sent is None else tenure._replace(sent=sent._replace(number=_MIRROR[sent.number]))


def _older(tenure: Tenure) -> Tenure:
    if tenure.seen is None and tenure.sent is None:
        return tenure
    seen, sent = tenure.seen, tenure.sent
    if seen is not None and seen.lock is not None:
        seen = seen._replace(etag=STALE)
    if sent is not None and sent.seen.lock is not None:
        sent = sent._replace(seen=sent.seen._replace(etag=STALE))
    return tenure._replace(seen=seen, sent=sent)


def _same(one: Lock, other: Lock) -> bool:
    return (one.owner, one.token) == (other.owner, other.token)


def _want(holding: bool, promise: LockPromise) -> None:  # noqa: FBT001 - private
    if not holding:
        raise Broken(promise)
