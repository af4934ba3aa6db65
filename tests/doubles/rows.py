"""Rows in memory, of which no writer takes another's place unseen."""

import itertools
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Generic, Protocol, TypeVar

from shared.errors import Lost
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import TimedInterceptor


class _WithETag(Protocol):
    @property
    def etag(self) -> str: ...


Row = TypeVar("Row", bound=_WithETag)


class MemoryRows(TimedInterceptor, Generic[Row]):
    """The rows of one kind.

    Attributes:
        rows: Each, by its key.
    """

    def __init__(self, name: str, clock: FakeClock, journal: list[str] | None = None) -> None:
        super().__init__(name, clock, journal)
        self._etags = itertools.count()
        self._mutex = threading.Lock()
        self.rows: dict[str, Row] = {}

    def write(self, call: str, key: str, over: Row | None, make: Callable[[str, datetime], Row]) -> Row:
        """Write a row over the one that was read, or a new one over none; it is made of its ETag and the reply's date.

        Raises:
            Lost: Another writer was first.
        """
        self.enter(call)
        with self._mutex:
            self.check(key, over)
            self.rows[key] = make(self.new_etag(), self._clock.reply())
            return self.rows[key]

    def check(self, key: str, read: Row | None) -> None:
        """See that a row stands as it was read.

        Raises:
            Lost: It does not.
        """
        stands = self.rows.get(key)
        if (stands and stands.etag) != (read and read.etag):
            raise Lost(key)

    def new_etag(self) -> str:
        """Return an ETag that no row had before."""
        return f'"{next(self._etags)}"'
