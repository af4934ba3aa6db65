"""Say who holds the locks of what timers do, and when that was last done."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.ports.locks import LockRow, LockStore
from shared.rules.rhythms import LOCKS


@dataclass(frozen=True)
class LockState:
    """One lock.

    Attributes:
        name: What is locked.
        holder: Who holds it; None where nobody does.
        lease_until: How long it is protected if nobody renews it; None without a holder.
        done_at: When what it is for was last done to its end; None where it never was.
    """

    name: str
    holder: str | None
    lease_until: datetime | None
    done_at: datetime | None


@dataclass(kw_only=True)
class ListLocks:
    """List the locks.

    Attributes:
        locks: Where the rows are.
        margin: Extra time that others leave to a holder beyond its lease.
    """

    locks: LockStore
    margin: timedelta

    def list(self) -> Sequence[LockState]:
        """Return each lock that timers take, whether anybody has ever held it or not. Costs: 1 read."""
        rows = self.locks.list(LOCKS)
        return [self._state(name, rows.get(name)) for name in LOCKS]

    def _state(self, name: str, row: LockRow | None) -> LockState:
        if row is None:
            return LockState(name, None, None, None)
        holder = row.holder(margin=self.margin)
        lease_until = None if holder is None else row.modified_at + row.lock.lease
        return LockState(name, holder, lease_until, row.lock.done_at)
