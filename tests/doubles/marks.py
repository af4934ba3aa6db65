"""``Marks`` in memory."""

import json
from collections.abc import Mapping
from typing import Any

from shared.ports.marks import Mark
from tests.doubles.clock import FakeClock
from tests.doubles.rows import MemoryRows


class MemoryMarks(MemoryRows[Mark]):
    """The marks in memory, by their names."""

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("marks", clock, journal)

    def get(self, name: str) -> Mark | None:
        """See ``Marks.get``."""
        self.answer("get")
        return self.rows.get(name)

    def insert(self, name: str, value: Mapping[str, Any]) -> Mark:
        """See ``Marks.insert``."""
        return self.write("insert", name, None, lambda etag, _: Mark(name, _plain(value), etag))

    def replace(self, mark: Mark, value: Mapping[str, Any]) -> Mark:
        """See ``Marks.replace``."""
        return self.write("replace", mark.name, mark, lambda etag, _: Mark(mark.name, _plain(value), etag))


def _plain(value: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
    """Return a value as it comes back from a table."""
    return json.loads(json.dumps(value))
