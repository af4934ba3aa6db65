"""``Rejections`` in memory."""

from collections.abc import Sequence
from dataclasses import replace

from shared.ports.rejections import SHOWN_CHARACTERS, RejectedMessage
from shared.rules import ids
from tests.doubles.clock import FakeClock
from tests.doubles.rows import MemoryRows


class MemoryRejections(MemoryRows[RejectedMessage]):
    """The rejected texts in memory, by their texts."""

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("rejections", clock, journal)

    def reject(self, text: str, *, code: str, message: str) -> None:
        """See ``Rejections.reject``."""
        at = self.answer("reject")
        with self._mutex:
            self.rows[text] = RejectedMessage(ids.digest(text), code, message, at, text, self.new_etag())

    def list(self, *, limit: int, after: str = "") -> "list[RejectedMessage]":
        """See ``Rejections.list``."""
        self.answer("list")
        rows = sorted((row for row in self.rows.values() if row.id > after), key=lambda row: row.id)
        return [replace(row, text=row.text[:SHOWN_CHARACTERS]) for row in rows[:limit]]

    def get(self, rejected_id: str) -> RejectedMessage | None:
        """See ``Rejections.get``."""
        self.answer("get")
        return next((row for row in self.rows.values() if row.id == rejected_id), None)

    def delete(self, row: RejectedMessage) -> None:
        """See ``Rejections.delete``."""
        self.answer("delete")
        with self._mutex:
            self.check(row.text, row)
            del self.rows[row.text]

    def forget(self, rows: "Sequence[RejectedMessage]") -> int:
        """See ``Rejections.forget``."""
        self.answer("forget")
        with self._mutex:
            etags = {row.id: row.etag for row in rows}
            moved = [row for row in self.rows.values() if etags.get(row.id, row.etag) != row.etag]
            for row in [row for row in self.rows.values() if row.id in etags and row not in moved]:
                del self.rows[row.text]
            return len(rows) - len(moved)
