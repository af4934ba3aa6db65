"""How much of what is costly goes on at once in one instance: one caller must leave room for all others."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.http.problems import Problem

#: Claims that wait for a job; each looks for one every two seconds.
MAX_WAITERS = 64
#: Bodies larger than JSON may be, and the bytes of all of them: the host hands each over whole, and it stays in memory
#: until storage has it. A single one of ``MAX_BYTES`` always has room.
MAX_BODIES = 16
MAX_BODY_BYTES = 192 * 1024 * 1024
#: Seconds after which there may be room again.
_RETRY = {"Retry-After": "5"}


class Bound:
    """Let so much in at once, and refuse the rest: nobody queues here, where a queue would be memory too.

    Its calls come from one event loop.

    Args:
        count: How many at once.
        size: How much of them together; no bound without it.
        refusal: Makes what is raised where there is no room.
    """

    def __init__(self, count: int, *, size: float = float("inf"), refusal: Callable[[], Problem]) -> None:
        self._count = count
        self._size = size
        self._refusal = refusal
        self.inside = 0
        self.taken = 0

    @contextmanager
    def room(self, size: int = 0) -> Iterator[None]:
        """Take room until the context ends.

        Raises:
            Problem: There is none.
        """
        if self.inside >= self._count or (self.inside and self.taken + size > self._size):
            raise self._refusal()
        self.inside, self.taken = self.inside + 1, self.taken + size
        try:
            yield
        finally:
            self.inside, self.taken = self.inside - 1, self.taken - size


def waiters(count: int = MAX_WAITERS) -> Bound:
    """Bound claims that wait."""
    detail = f"{count} claims wait here already. Claim again later, or with wait_seconds 0."
    return Bound(count, refusal=lambda: Problem(429, "too_many_waiters", detail, headers=_RETRY))


def large_bodies(count: int = MAX_BODIES, size: int = MAX_BODY_BYTES) -> Bound:
    """Bound large bodies."""
    detail = "Other uploads are on their way to storage; send this one again later."
    return Bound(count, size=size, refusal=lambda: Problem(503, "busy", detail, headers=_RETRY))
