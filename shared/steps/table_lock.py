"""Hold a named lock of the lock table while working; the heartbeat renews it meanwhile."""

from datetime import datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self

from shared.errors import LockHeld, Lost, Stale
from shared.heartbeat import Heartbeat, HeldLease, Left
from shared.ports.locks import LockRow, LockStore
from shared.rules import leases, locks
from shared.rules.locks import Lock
from shared.runtime import Runtime

#: Bounds of the wait between two tries; the wait itself is drawn evenly from zero to the bound.
FIRST_WAIT = timedelta(seconds=0.1)
LONGEST_WAIT = timedelta(seconds=2)


class Release(StrEnum):
    """How letting go of a lock ended; each is harmless."""

    RELEASED = "released"  #: it was held, and is free now
    RELEASED_BEFORE = "released before"  #: this tenure has let go already
    TAKEN_OVER = "taken over"  #: its lease had lapsed, and another holds it or has held it since


class TableLock:
    """Locks among all instances. They save effort; what makes a result single is the ETag on the job row.

    Args:
        store: The table of locks.
        heartbeat: Renews a lock while it is held.
        lease: Protection of an acquisition or renewal.
        margin: Extra time left to a holder before others take over.
        runtime: Time, and chance for new owner suffixes and for how long to wait.
    """

    def __init__(
        self,
        store: LockStore,
        *,
        heartbeat: Heartbeat,
        lease: timedelta,
        margin: timedelta,
        runtime: Runtime,
    ) -> None:
        self._store = store
        self._heartbeat = heartbeat
        self._lease = lease
        self._margin = margin
        self._runtime = runtime
        self._done_at: dict[str, datetime] = {}
        self._own_releases: dict[str, LockRow] = {}
        self._rivalries: set[str] = set()

    def try_acquire(self, name: str, *, owner: str) -> "Tenure":
        """Take a lock now or not at all.

        Args:
            name: What is locked; up to 512 characters, others than plain ASCII counted more often: see ``locks.key``.
            owner: Who takes it, ``trigger/invocation-id``; made unique here.

        Returns:
            The tenure, to be used as a context, or to be released by hand.

        Raises:
            LockHeld: Another holder's lease is live.
            InvalidReference: That can be no lock's name.
            StorageOut: Nothing is known; never taken for a held lock.

        Costs: get and take = 2 transactions; 1 right after one's own release, or when it is held. A renewal each
        third of a lease, and 1 for the release.
        """
        owner = f"{owner}/{self._runtime.draw()[:8]}"
        remembered = self._own_releases.pop(name, None)
        if remembered is not None:
            try:
                return self._take(remembered, name, owner)
            except Lost:
                self._rivalries.add(name)  # others have held it since: look
        row = self._store.get(name)
        try:
            return self._take(row, name, owner)
        except Lost:
            raise LockHeld(f"{name}: another was first") from None

    def was_done(self, name: str, *, within: timedelta) -> bool:
        """Say whether another has done lately what a lock is for: it need not be done again so soon.

        Where another has failed it is not done, and neither where it does not say so, as an earlier release.

        Who has released it last, and was alone with it before, does not look: it will meet another once, and look then.

        Args:
            name: What is locked; as above.
            within: Up to now, by the service's time.

        Raises:
            StorageOut: Nothing is known.

        Costs: 1 read; nothing for who is alone with a lock.
        """
        own = self._own_releases.get(name)
        if own is not None and name not in self._rivalries:
            return False
        row = self._store.get(name)
        if row is not None:
            self._note(row)
        if row is None or row.lock.owner is not None:
            return False
        if own is not None and own.etag == row.etag:
            self._rivalries.discard(name)
            return False
        self._own_releases.pop(name, None)  # it would not do any more
        return row.lock.done_at is not None and row.seen_at - row.lock.done_at < within

    def acquire(self, name: str, *, owner: str, timeout: timedelta) -> "Tenure":
        """Take a lock, waiting for it with jitter.

        Args:
            name: What is locked; as above.
            owner: Who takes it; made unique here.
            timeout: How long to go on trying; zero tries once.

        Raises:
            LockHeld: It was never free at a try.
            StorageOut: Nothing is known.

        Costs: 1 transaction a try, and those of ``try_acquire``.
        """
        stop_at = self._runtime.monotonic() + timeout.total_seconds()
        bound = FIRST_WAIT.total_seconds()
        while True:
            try:
                return self.try_acquire(name, owner=owner)
            except LockHeld:
                left = stop_at - self._runtime.monotonic()
                if left <= 0:
                    raise
                self._runtime.pause(min(left, bound * self._runtime.chance()))
                bound = min(2 * bound, LONGEST_WAIT.total_seconds())

    def done_at(self, name: str) -> datetime | None:
        """Return when what a lock is for was last done to its end, as its row said when this process last saw it.

        Costs: nothing.
        """
        return self._done_at.get(name)

    def remember(self, row: LockRow) -> None:
        """Keep the row of one's own release: the next acquisition can be tried against it without a read."""
        self._own_releases[row.lock.name] = row
        self._note(row)

    def _note(self, row: LockRow) -> None:
        if row.lock.done_at is not None:
            self._done_at[row.lock.name] = row.lock.done_at

    def _take(self, row: LockRow | None, name: str, owner: str) -> "Tenure":
        if row is not None:
            self._note(row)
        lapsed = row is not None and leases.lapsed(
            lease=row.lock.lease, modified_at=row.modified_at, seen_at=row.seen_at, margin=self._margin
        )
        lock = locks.acquire(row.lock if row else None, name=name, owner=owner, lapsed=lapsed, lease=self._lease)
        sent_at = self._runtime.monotonic()
        won = self._store.insert(lock) if row is None else self._store.replace(row, lock)
        held = self._heartbeat.hold(won, self._renew_row, lease=self._lease, sent_at=sent_at)
        if held.lost:  # winning a lock that took longer than its lease protects nothing
            held.retire()
            raise LockHeld(f"{name}: acquiring it outlasted the lease")
        return Tenure(self, self._store, held)

    def _renew_row(self, row: LockRow, left: Left) -> LockRow:
        owner, token = row.lock.owner or "", row.lock.token
        try:
            return self._store.replace(row, locks.renew(row.lock, owner=owner, token=token), timeout=left())
        except Lost:  # a renewal of our own whose reply was lost has moved the row as well
            fresh = self._store.get(row.lock.name, timeout=left())
            if fresh is None:
                raise
            return self._store.replace(fresh, locks.renew(fresh.lock, owner=owner, token=token), timeout=left())


class Tenure:
    """A lock that is held, from its acquisition to its release; a context that releases at its end."""

    def __init__(self, table: TableLock, store: LockStore, held: HeldLease[LockRow]) -> None:
        self._table = table
        self._store = store
        self._lease = held
        self._lock = held.row.lock
        self._is_released = False
        self._done_at: datetime | None = None

    @property
    def lock(self) -> Lock:
        """Name, owner, token and lease, as acquired."""
        return self._lock

    @property
    def lost(self) -> bool:
        """Whether to stop: the lock has gone to another, was released, or may go at any moment."""
        return self._is_released or self._lease.lost

    def renew(self) -> None:
        """Renew now, beside the heartbeat. Costs: 1 transaction.

        Raises:
            Stale: The lock has gone to another, was released, or its lease is over.
        """
        if not self.lost:
            self._lease.beat()
        if self.lost:
            raise Stale(f"{self._lock.name}: no longer held by {self._lock.owner}")

    def note_end(self, at: datetime) -> None:
        """Have the release say that what the lock is for was done to its end.

        Args:
            at: When, the service's time, aware UTC.
        """
        self._done_at = at

    def release(self) -> Release:
        """Let go. Doing it twice, late, or after another has taken over is harmless, and says so.

        Raises:
            StorageOut: Nothing is known; the lease will lapse, or the lock is free.

        Costs: 1 transaction.
        """
        row: LockRow | None = self._lease.retire()
        owner = self._lock.owner or ""
        if self._is_released:
            return Release.RELEASED_BEFORE
        try:
            while row is not None:
                freed = locks.release(row.lock, owner=owner, token=self._lock.token, done_at=self._done_at)
                try:
                    self._table.remember(self._store.replace(row, freed))
                except Lost:
                    row = self._store.get(self._lock.name)
                else:
                    self._is_released = True
                    return Release.RELEASED
        except Stale:
            pass
        self._is_released = True
        return Release.TAKEN_OVER

    def __enter__(self) -> Self:
        """Return itself, already held."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Release."""
        self.release()
