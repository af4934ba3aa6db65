"""``LockStore`` in memory."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from shared.ports.locks import LockRow
from shared.rules.locks import Lock, key
from tests.doubles.clock import FakeClock
from tests.doubles.rows import MemoryRows


class MemoryLocks(MemoryRows[LockRow]):
    """The table of locks in memory."""

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("locks", clock, journal)

    def get(self, name: str, *, timeout: timedelta | None = None) -> LockRow | None:  # noqa: ARG002 - at once
        """See ``LockStore.get``."""
        date, row = self.answer("get"), self.rows.get(key(name))
        return None if row is None else replace(row, seen_at=date)

    def list(self, names: Sequence[str]) -> dict[str, LockRow]:
        """See ``LockStore.list``."""
        date = self.answer("list")
        return {name: replace(self.rows[key(name)], seen_at=date) for name in names if key(name) in self.rows}

    def insert(self, lock: Lock) -> LockRow:
        """See ``LockStore.insert``."""
        return self._write("insert", None, lock)

    def replace(self, row: LockRow, lock: Lock, *, timeout: timedelta | None = None) -> LockRow:  # noqa: ARG002 - at once
        """See ``LockStore.replace``."""
        return self._write("replace", row, lock)

    def _write(self, call: str, over: LockRow | None, lock: Lock) -> LockRow:
        def make(etag: str, date: datetime) -> LockRow:
            return LockRow(lock, etag, modified_at=self._clock.now, seen_at=date)

        return self.write(call, key(lock.name), over, make)
