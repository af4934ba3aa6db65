"""How much of what is costly goes on at once in one instance: one caller must leave room for all others."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.http.problems import Problem

#: Claims that wait for a job.
MAX_WAITERS = 64
#: Bodies larger than JSON may be, and the bytes of all of them: the host hands each over whole, and it stays in memory
#: until storage has it. A single one of ``MAX_BYTES`` always has room.
MAX_BODIES = 16
MAX_BODY_BYTES = 192 * 1024 * 1024
#: Looks for jobs of one type that those who wait for one make at once.
LOOKS_AT_ONCE = 4
#: So long an empty look is good for all others who wait for the same type; shorter than anybody's shortest pause.
FRESH_SECONDS = 0.2
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


class Looks:
    """Let only a few of all who wait for one type look for a job of it at a time, and nobody behind an empty look.

    A look that finds a job says nothing of the next one. Its calls come from one event loop.
    """

    def __init__(self) -> None:
        self._under_way: Counter[str] = Counter()
        self._empty: dict[str, float] = {}

    def begin(self, kind: str, now: float) -> bool:
        """Say whether to look now; who does says ``end``."""
        fresh = now - self._empty.get(kind, float("-inf")) < FRESH_SECONDS
        if fresh or self._under_way[kind] >= LOOKS_AT_ONCE:
            return False
        self._under_way[kind] += 1
        return True

    def end(self, kind: str, begun: float | None) -> None:
        """Note that a look is over, and when it began if it has found nothing."""
        self._under_way[kind] -= 1
        if begun is not None:
            self._empty[kind] = begun
        if not self._under_way.total():  # of types that nobody waits for any more, too
            self._under_way.clear()
            self._empty = {kind: self._empty[kind]} if kind in self._empty else {}


def waiters(count: int = MAX_WAITERS) -> Bound:
    """Bound claims that wait."""
    detail = f"{count} claims wait here already. Claim again later, or with wait_seconds 0."
    return Bound(count, refusal=lambda: Problem(429, "too_many_waiters", detail, headers=_RETRY))


def large_bodies(count: int = MAX_BODIES, size: int = MAX_BODY_BYTES) -> Bound:
    """Bound large bodies."""
    detail = "Other uploads are on their way to storage; send this one again later."
    return Bound(count, size=size, refusal=lambda: Problem(503, "busy", detail, headers=_RETRY))
