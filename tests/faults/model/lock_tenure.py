"""One tenure of the lock, step by step as ``shared.steps.locking``, on the rules of ``shared.locks``."""

from collections.abc import Iterator
from dataclasses import replace

from shared import locks
from shared.errors import LockHeld, Stale
from shared.locks import Lock
from tests.faults.model.lock_world import (
    NAME,
    SPAN,
    LockFault,
    LockWorld,
    Seen,
    Sent,
    Tenure,
    busy,
    forget,
    instance_of,
    look,
    outcomes,
)
from tests.faults.model.world import CURRENT, put

LockSteps = Iterator[tuple[str, LockWorld]]
IDLE = Tenure()


class Holding:
    """One tenure's next steps: each read and each write is a step of its own.

    Args:
        number: From 1 on.
        fault: What is planted.
    """

    def __init__(self, number: int, fault: LockFault | None) -> None:
        self._number = number
        self._instance = instance_of(number)
        self._fault = fault

    def steps(self, world: LockWorld) -> LockSteps:
        """Yield what may happen next; first what happens when nobody disturbs."""
        tenure = world.tenures[self._number - 1]
        if tenure.phase == "idle":
            yield from self._begin(world)
        elif tenure.phase == "asks":
            yield "reads the lock", self._read(world)
        elif tenure.phase == "taking":
            yield from self._take(world, tenure)
        elif tenure.phase == "holds":
            yield from self._hold(world, tenure)
        elif tenure.phase in ("renewing", "freeing"):
            yield from self._send(world, tenure, self._write(tenure))
        else:
            yield from self._looked(world, tenure)
            yield "gives up", self._gave_up(world, tenure)

    def _begin(self, world: LockWorld) -> LockSteps:
        """Ask: against the row of the instance's own last release where it has one, else by reading."""
        if not world.asks:
            return
        mine = world.remembered[self._instance - 1]
        world = world._replace(asks=world.asks - 1)
        if mine is None:
            yield "asks", self._place(world, Tenure("asks", again=True))
            return
        kept = mine if self._fault is LockFault.REMEMBERED_KEPT else None
        dropped = world._replace(remembered=put(world.remembered, self._instance, kept))
        yield "asks by memory", self._place(dropped, Tenure("taking", seen=mine))

    def _read(self, world: LockWorld) -> LockWorld:
        row = world.row
        seen = Seen(None, CURRENT) if row is None else Seen(row.lock, CURRENT, row.lapsed)
        try:
            self._acquired(seen)
        except LockHeld:
            return self._busy(world)
        return self._place(world, Tenure("taking", seen=seen, again=True))

    def _acquired(self, seen: Seen) -> Lock:
        """Make the lock as it shall stand; its owner is no more unique than its token: that is asked less of it."""
        lapsed = self._fault is LockFault.CLIENT_CLOCK or (seen.lapsed and self._fault is not LockFault.NEVER_LAPSES)
        owner = f"owner {1 if seen.lock is None else seen.lock.token + 1}"
        return locks.acquire(seen.lock, name=NAME, owner=owner, lapsed=lapsed, lease=SPAN)

    def _take(self, world: LockWorld, tenure: Tenure) -> LockSteps:
        assert tenure.seen is not None
        yield from self._send(world, tenure, Sent(self._number, tenure.seen, self._acquired(tenure.seen)))

    def _hold(self, world: LockWorld, tenure: Tenure) -> LockSteps:
        yield "lets go", self._place(world, tenure._replace(phase="freeing"))
        yield "dies", self._stop(world)
        if tenure.believes:
            yield "renews", self._place(world, tenure._replace(phase="renewing", again=False))
            yield "is stopped by its own clock", self._place(world, tenure._replace(over=True))

    def _write(self, tenure: Tenure) -> Sent:
        """Return the renewal or the release of the row that was seen, which is this tenure's unless faults read it."""
        lock, seen = tenure.lock, tenure.seen
        assert lock is not None
        assert seen is not None
        assert seen.lock is not None
        if tenure.phase == "renewing":
            revived = lock if self._fault is LockFault.RENEWAL_REVIVES else None
            return Sent(self._number, seen, revived or locks.renew(seen.lock, owner=lock.owner or "", token=lock.token))
        if self._fault is LockFault.RELEASE_UNOWNED:
            return Sent(self._number, seen, replace(seen.lock, owner=None))
        return Sent(self._number, seen, locks.release(seen.lock, owner=lock.owner or "", token=lock.token))

    def _send(self, world: LockWorld, tenure: Tenure, sent: Sent) -> LockSteps:
        waiting = self._place(world, tenure._replace(phase=_UNHEARD.get(tenure.phase, tenure.phase), sent=sent))
        for what, after, reply in outcomes(waiting, sent, self._fault):
            heard = after.tenures[self._number - 1]
            said = f"{heard.phase}: {what}"
            if reply is None:
                yield said, after
            else:
                yield said, self._won(after, heard, sent) if reply else self._lost(after, heard)

    def _looked(self, world: LockWorld, tenure: Tenure) -> LockSteps:
        sent, row = tenure.sent, world.row
        assert sent is not None
        verdict = look(world, sent, self._fault)
        if verdict is None:
            yield from self._send(world, tenure, sent)
            return
        known, outlasted = forget(world, self._number), row is not None and row.lapsed
        if not verdict:
            yield f"{tenure.phase}, looks: lost", self._lost(known, tenure)
        elif tenure.phase == "unsure" and outlasted and self._fault is not LockFault.NO_RECHECK:
            yield "looks: won, and has outlasted its lease", self._stop(known)
        else:
            yield f"{tenure.phase}, looks: won", self._won(known, tenure._replace(over=outlasted), sent)

    def _won(self, world: LockWorld, tenure: Tenure, sent: Sent) -> LockWorld:
        seen = Seen(sent.lock, CURRENT)
        if tenure.phase == "unsure":
            return self._place(world, Tenure("holds", sent.lock, seen))
        if tenure.phase == "unrenewed":
            over = tenure.over and world.row is not None and world.row.lapsed
            return self._place(world, Tenure("holds", tenure.lock, seen, over=over))
        return self._stop(world._replace(remembered=put(world.remembered, self._instance, seen)))

    def _lost(self, world: LockWorld, tenure: Tenure) -> LockWorld:
        """Go on after a refusal as production does; where it reads the row again, that is one step with the refusal."""
        if tenure.phase == "unsure":
            if tenure.again or self._fault is LockFault.REMEMBERED_KEPT:
                return self._busy(world)
            return self._place(world, Tenure("asks", again=True))
        fresh = self._own(world, tenure)
        if tenure.phase == "unfreed":
            fresh = tenure.seen if self._fault is LockFault.RELEASE_BLIND else fresh
            return self._stop(world) if fresh is None else self._place(world, _with(tenure, "freeing", fresh))
        if fresh is None or tenure.again:
            return self._place(world, _with(tenure, "holds", tenure.seen)._replace(over=True))
        return self._place(world, _with(tenure, "renewing", fresh)._replace(again=True))

    def _own(self, world: LockWorld, tenure: Tenure) -> Seen | None:
        """Read the row; None when it is no longer this tenure's."""
        row, lock = world.row, tenure.lock
        assert lock is not None
        if row is None:
            return None
        seen = Seen(row.lock, CURRENT, row.lapsed)
        unowned = LockFault.RENEWAL_REVIVES if tenure.phase == "unrenewed" else LockFault.RELEASE_UNOWNED
        if self._fault is unowned and row.lock.owner is not None:
            return seen
        try:
            locks.renew(row.lock, owner=lock.owner or "", token=lock.token)
        except Stale:
            return None
        return seen

    def _gave_up(self, world: LockWorld, tenure: Tenure) -> LockWorld:
        """Leave an acquisition undecided; a renewal is tried again, and a release may be."""
        if tenure.phase == "unsure":
            return self._stop(world)
        over = tenure.over or tenure.phase == "unfreed"
        return self._place(forget(world, self._number), _with(tenure, "holds", tenure.seen)._replace(over=over))

    def _busy(self, world: LockWorld) -> LockWorld:
        busy(world)
        return self._stop(world)

    def _stop(self, world: LockWorld) -> LockWorld:
        return self._place(forget(world, self._number), IDLE)

    def _place(self, world: LockWorld, tenure: Tenure) -> LockWorld:
        return world._replace(tenures=put(world.tenures, self._number, tenure))


_UNHEARD = {"taking": "unsure", "renewing": "unrenewed", "freeing": "unfreed"}


def _with(tenure: Tenure, phase: str, seen: Seen | None) -> Tenure:
    return tenure._replace(phase=phase, seen=seen, sent=None, again=False)
