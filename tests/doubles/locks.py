"""``LockStore`` in memory."""

import itertools
import threading
from dataclasses import replace
from datetime import timedelta

from shared.errors import Lost
from shared.ports.locks import LockRow
from shared.rules.locks import Lock, key
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import Interceptor


class MemoryLocks(Interceptor):
    """The table of locks in memory."""

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("locks", journal)
        self._clock = clock
        self._rows: dict[str, LockRow] = {}
        self._etags = itertools.count()
        self._mutex = threading.Lock()

    def create(self) -> None:
        """Note that the table was asked for."""
        self.enter("create")

    def get(self, name: str, *, timeout: timedelta | None = None) -> LockRow | None:  # noqa: ARG002 - at once
        """See ``LockStore.get``."""
        self.enter("get")
        row, date = self._rows.get(key(name)), self._clock.reply()
        return None if row is None else replace(row, seen_at=date)

    def insert(self, lock: Lock) -> LockRow:
        """See ``LockStore.insert``."""
        self.enter("insert")
        with self._mutex:
            if key(lock.name) in self._rows:
                raise Lost(lock.name)
            return self._apply(lock)

    def replace(self, row: LockRow, lock: Lock, *, timeout: timedelta | None = None) -> LockRow:  # noqa: ARG002 - at once
        """See ``LockStore.replace``."""
        self.enter("replace")
        with self._mutex:
            stands = self._rows.get(key(lock.name))
            if stands is None or stands.etag != row.etag:
                raise Lost(lock.name)
            return self._apply(lock)

    def _apply(self, lock: Lock) -> LockRow:
        etag = f'"{next(self._etags)}"'
        row = LockRow(lock, etag, modified_at=self._clock.now, seen_at=self._clock.reply())
        self._rows[key(lock.name)] = row
        return row
