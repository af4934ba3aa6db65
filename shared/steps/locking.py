"""Hold a named lock of the lock table while working; the heartbeat renews it meanwhile."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from shared import leases, locks
from shared.errors import LockHeld, Lost, Stale
from shared.heartbeat import Heartbeat, Held
from shared.ports import LockRow, LockStore


class TableLock:
    """A lock among all instances. It saves effort; what makes a result single is the ETag on the job row.

    Args:
        store: The table of locks.
        heartbeat: Renews the lock while it is held.
        lease: Protection of an acquisition or renewal.
        margin: Extra time left to a holder before others take over.
        monotonic: Seconds that never go back.
        draw: Returns a new owner suffix.
    """

    def __init__(
        self,
        store: LockStore,
        *,
        heartbeat: Heartbeat,
        lease: timedelta,
        margin: timedelta,
        monotonic: Callable[[], float],
        draw: Callable[[], str],
    ) -> None:
        self._store = store
        self._heartbeat = heartbeat
        self._lease = lease
        self._margin = margin
        self._monotonic = monotonic
        self._draw = draw

    @contextmanager
    def hold(self, name: str, *, owner: str) -> Iterator[Held[LockRow]]:
        """Take a lock and let go of it at the end.

        Args:
            name: What is locked.
            owner: Who takes it; made unique here.

        Yields:
            The lease: its ``lost`` tells to stop.

        Raises:
            LockHeld: Another holder's lease is live.

        Costs: get, take, release = 3 transactions and a renewal each third of a lease; 1 when it is held.
        """
        held = self._take(name, f"{owner}/{self._draw()[:8]}")
        try:
            yield held
        finally:
            self._release(held.retire())

    def _take(self, name: str, owner: str) -> Held[LockRow]:
        row = self._store.get(name)
        lapsed = row is not None and leases.lapsed(
            lease=row.lock.lease, modified_at=row.modified_at, seen_at=row.seen_at, margin=self._margin
        )
        lock = locks.acquire(row.lock if row else None, name=name, owner=owner, lapsed=lapsed, lease=self._lease)
        sent_at = self._monotonic()
        try:
            won = self._store.insert(lock) if row is None else self._store.replace(row, lock)
        except Lost:
            raise LockHeld(f"{name}: another was first") from None
        held = self._heartbeat.hold(won, self._renewed, lease=self._lease, sent_at=sent_at)
        if held.lost:
            held.retire()
            raise LockHeld(f"{name}: acquiring it outlasted the lease")
        return held

    def _renewed(self, row: LockRow, timeout: timedelta) -> LockRow:
        owner, token = row.lock.owner or "", row.lock.token
        try:
            return self._store.replace(row, locks.renew(row.lock, owner=owner, token=token), timeout=timeout)
        except Lost:  # a renewal of our own whose reply was lost has moved the row as well
            fresh = self._store.get(row.lock.name)
            if fresh is None:
                raise
            return self._store.replace(fresh, locks.renew(fresh.lock, owner=owner, token=token), timeout=timeout)

    def _release(self, row: LockRow) -> None:
        """Let go; a lock that has gone to another is let go already."""
        with contextlib.suppress(Lost, Stale):
            self._store.replace(row, locks.release(row.lock, owner=row.lock.owner or "", token=row.lock.token))
