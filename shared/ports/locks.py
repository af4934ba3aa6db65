"""The table of locks. Costs and errors are told as in ``shared.ports``."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from shared.rules import leases
from shared.rules.locks import Lock


@dataclass(frozen=True)
class LockRow:
    """A lock as storage gave it; the attributes as in ``Row``."""

    lock: Lock
    etag: str
    modified_at: datetime
    seen_at: datetime

    def holder(self, *, margin: timedelta) -> str | None:
        """Return who holds it; None where nobody does, or whose lease has lapsed, by the service's clock alone."""
        is_free = leases.lapsed(
            lease=self.lock.lease, modified_at=self.modified_at, seen_at=self.seen_at, margin=margin
        )
        return None if is_free else self.lock.owner


class LockStore(Protocol):
    """The table of locks."""

    def get(self, name: str, *, timeout: timedelta | None = None) -> LockRow | None:
        """Read one lock; with a time-out once and no longer. Costs: 1 read."""

    def list(self, names: Sequence[str]) -> dict[str, LockRow]:
        """Read some locks by their names; one that is missing or can't be read is left out. Costs: 1 read."""

    def insert(self, lock: Lock) -> LockRow:
        """Write a lock that must be new. Costs: 1 transaction.

        Raises:
            Lost: There is one.
        """

    def replace(self, row: LockRow, lock: Lock, *, timeout: timedelta | None = None) -> LockRow:
        """Write over a lock as it was read. Costs: 1 transaction.

        Raises:
            Lost: It has moved on since.
        """
