"""``ActionLog`` in memory."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from shared.ports.actions import ActionRow, NewAction
from shared.rules.actions import RANDOM_DIGITS, Counts
from tests.doubles.clock import FakeClock
from tests.doubles.rows import MemoryRows


class MemoryActions(MemoryRows[ActionRow]):
    """The actions in memory, by their ids."""

    def __init__(self, clock: FakeClock, draw: Callable[[], str], *, journal: list[str] | None = None) -> None:
        super().__init__("actions", clock, journal)
        self._draw = draw

    def insert(self, new: NewAction) -> ActionRow:
        """See ``ActionLog.insert``."""
        selection = None if new.selection is None else json.loads(json.dumps(new.selection))
        identity = f"{_before(new.at)}-{self._draw()[:RANDOM_DIGITS]}"
        kept = replace(new, selection=selection)
        return self.write("insert", identity, None, lambda etag, _: ActionRow(identity, kept, None, None, etag))

    def end(self, row: ActionRow, counts: Counts, *, now: datetime) -> None:
        """See ``ActionLog.end``."""
        self.write("end", row.id, row, lambda etag, _: replace(row, counts=counts, ended=now, etag=etag))

    def list(self, *, limit: int, after: str = "") -> Sequence[ActionRow]:
        """See ``ActionLog.list``."""
        self.answer("list")
        return [self.rows[identity] for identity in sorted(self.rows) if identity > after][:limit]

    def old(self, *, before: datetime, limit: int) -> Sequence[tuple[str, str]]:
        """See ``ActionLog.old``."""
        self.answer("old")
        found = [(identity, self.rows[identity].etag) for identity in sorted(self.rows)]
        return [(identity, etag) for identity, etag in found if self.rows[identity].new.at < before][:limit]

    def forget(self, rows: Sequence[tuple[str, str]]) -> int:
        """See ``ActionLog.forget``."""
        self.answer("forget")
        kept = 0
        with self._mutex:
            for identity, etag in rows:
                if identity in self.rows and self.rows[identity].etag != etag:
                    kept += 1
                else:
                    self.rows.pop(identity, None)
        return len(rows) - kept


def _before(moment: datetime) -> str:
    return f"{9_999_999_999_999 - round(moment.timestamp() * 1000):013d}"
