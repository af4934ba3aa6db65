"""``Rejections`` in memory."""

import itertools
import threading
from collections.abc import Sequence
from dataclasses import replace

from shared.errors import Lost
from shared.ports.rejections import SHOWN_CHARACTERS, RejectedMessage
from shared.rules import ids
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import Interceptor


class MemoryRejections(Interceptor):
    """The rejected texts in memory.

    Attributes:
        rows: Each, by its text.
    """

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("rejections", journal)
        self._clock = clock
        self._etags = itertools.count()
        self._mutex = threading.Lock()
        self.rows: dict[str, RejectedMessage] = {}

    def reject(self, text: str, *, code: str, message: str) -> None:
        """See ``Rejections.reject``."""
        self.enter("reject")
        at = self._clock.reply()
        with self._mutex:
            self.rows[text] = RejectedMessage(ids.digest(text), code, message, at, text, f'"{next(self._etags)}"')

    def list(self, *, limit: int, after: str = "") -> "list[RejectedMessage]":
        """See ``Rejections.list``."""
        self.enter("list")
        self._clock.reply()
        rows = sorted((row for row in self.rows.values() if row.id > after), key=lambda row: row.id)
        return [replace(row, text=row.text[:SHOWN_CHARACTERS]) for row in rows[:limit]]

    def get(self, rejected_id: str) -> RejectedMessage | None:
        """See ``Rejections.get``."""
        self.enter("get")
        self._clock.reply()
        return next((row for row in self.rows.values() if row.id == rejected_id), None)

    def delete(self, row: RejectedMessage) -> None:
        """See ``Rejections.delete``."""
        self.enter("delete")
        self._clock.reply()
        with self._mutex:
            stands = self.rows.get(row.text)
            if stands is None or stands.etag != row.etag:
                raise Lost(f"rejected:{row.id}")
            del self.rows[row.text]

    def forget(self, rows: "Sequence[RejectedMessage]") -> int:
        """See ``Rejections.forget``."""
        self.enter("forget")
        self._clock.reply()
        with self._mutex:
            standing = {row.id: text for text, row in self.rows.items()}
            moved = {row.id for row in rows if row.id in standing and self.rows[standing[row.id]].etag != row.etag}
            for row in rows:
                if row.id in standing and row.id not in moved:
                    del self.rows[standing[row.id]]
            return len(rows) - len(moved)
