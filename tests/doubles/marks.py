"""``Marks`` in memory."""

import itertools
import json
import threading
from collections.abc import Mapping
from typing import Any

from shared.errors import Lost
from shared.ports.marks import Mark
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import Interceptor


class MemoryMarks(Interceptor):
    """The marks in memory.

    Attributes:
        rows: Every mark by its name.
    """

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("marks", journal)
        self._clock = clock
        self._etags = itertools.count()
        self._mutex = threading.Lock()
        self.rows: dict[str, Mark] = {}

    def get(self, name: str) -> Mark | None:
        """See ``Marks.get``."""
        self.enter("get")
        self._clock.reply()
        return self.rows.get(name)

    def insert(self, name: str, value: Mapping[str, Any]) -> Mark:
        """See ``Marks.insert``."""
        self.enter("insert")
        with self._mutex:
            if name in self.rows:
                raise Lost(name)
            return self._apply(name, value)

    def replace(self, mark: Mark, value: Mapping[str, Any]) -> Mark:
        """See ``Marks.replace``."""
        self.enter("replace")
        with self._mutex:
            stands = self.rows.get(mark.name)
            if stands is None or stands.etag != mark.etag:
                raise Lost(mark.name)
            return self._apply(mark.name, value)

    def _apply(self, name: str, value: Mapping[str, Any]) -> Mark:
        self._clock.reply()
        self.rows[name] = Mark(name, json.loads(json.dumps(value)), f'"{next(self._etags)}"')
        return self.rows[name]
