"""Limits on costly work in one instance, so that one caller leaves room for all others."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from shared.http.error_codes import ErrorCode
from shared.http.problems import Problem

#: Claims that wait for a job.
MAX_WAITERS = 64
#: Bodies larger than JSON may be, and the bytes of all of them: the host passes each on whole, and it stays in memory
#: until storage has it. A single body of ``MAX_BYTES`` always has room.
MAX_BODIES = 16
MAX_BODY_BYTES = 192 * 1024 * 1024
#: Polls for jobs of one type that all claims waiting for it make at once.
MAX_POLLS = 4
#: For so long an empty poll answers all others who wait for the same type; shorter than the shortest pause.
FRESH_SECONDS = 0.2


class Limiter:
    """Admit only so much work at once, and refuse the rest: a queue here would take memory too.

    All calls come from one event loop.

    Args:
        max_count: How many at once.
        max_size: How large they may be together; no limit by default.
        code: Why work is refused when there is no room.

    Attributes:
        count: How many there are now.
        size: How large they are together.
    """

    def __init__(self, max_count: int, code: ErrorCode, *, max_size: float = float("inf")) -> None:
        self._max_count = max_count
        self._max_size = max_size
        self._code = code
        self.count = self.size = 0

    @contextmanager
    def slot(self, size: int = 0) -> Iterator[None]:
        """Take room until the context ends.

        Raises:
            Problem: There is no room.
        """
        if self.count >= self._max_count or (self.count and self.size + size > self._max_size):
            raise Problem(self._code)
        self.count, self.size = self.count + 1, self.size + size
        try:
            yield
        finally:
            self.count, self.size = self.count - 1, self.size - size


class Polls:
    """Share polls among all claims that wait for one type: only a few at a time, and none just after an empty one.

    A poll that finds a job says nothing about the next one. All calls come from one event loop.
    """

    def __init__(self) -> None:
        self._running: Counter[str] = Counter()
        self._empty: dict[str, float] = {}

    def begin(self, kind: str, now: float) -> bool:
        """Say whether to poll now; whoever does calls ``end`` afterwards."""
        fresh = now - self._empty.get(kind, float("-inf")) < FRESH_SECONDS
        if fresh or self._running[kind] >= MAX_POLLS:
            return False
        self._running[kind] += 1
        return True

    def end(self, kind: str, begun: float | None) -> None:
        """Note that a poll is over, and when it began if it was empty."""
        self._running[kind] -= 1
        if begun is not None:
            self._empty[kind] = begun
        if not self._running.total():  # forget the types that nobody waits for any more
            self._running.clear()
            self._empty = {kind: self._empty[kind]} if kind in self._empty else {}


def waiters(count: int = MAX_WAITERS) -> Limiter:
    """Limit claims that wait."""
    return Limiter(count, ErrorCode.TOO_MANY_WAITERS)


def large_bodies(count: int = MAX_BODIES, size: int = MAX_BODY_BYTES) -> Limiter:
    """Limit large bodies."""
    return Limiter(count, ErrorCode.BUSY, max_size=size)
