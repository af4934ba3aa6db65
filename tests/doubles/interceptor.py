"""What every double passes first."""

from collections import defaultdict, deque
from collections.abc import Callable
from datetime import datetime

from shared.errors import StorageOut
from tests.doubles.clock import FakeClock


class Interceptor:
    """Note each call, let a test step in before it, and refuse it while storage is out.

    Args:
        name: Goes before the call's name in the journal.
        journal: Calls in their order; doubles of one world share it.

    Attributes:
        out: While set, every call raises ``StorageOut``.
    """

    def __init__(self, name: str, journal: list[str] | None = None) -> None:
        self._name = name
        self.journal: list[str] = [] if journal is None else journal
        self._acts: defaultdict[str, deque[Callable[[], object]]] = defaultdict(deque)
        self.out = False

    def before(self, call: str, *acts: Callable[[], object]) -> None:
        """Run an act before the next call of that name; the second act before the one after it, and so on."""
        self._acts[call].extend(acts)

    def enter(self, call: str) -> None:
        """Begin a call."""
        self.journal.append(f"{self._name}.{call}")
        if self._acts[call]:
            self._acts[call].popleft()()
        if self.out:
            raise StorageOut("out")


class TimedInterceptor(Interceptor):
    """An interceptor of calls whose replies tell the service's time.

    Args:
        name: As of every interceptor.
        clock: The service's time.
        journal: As of every interceptor.
    """

    def __init__(self, name: str, clock: FakeClock, journal: list[str] | None = None) -> None:
        super().__init__(name, journal)
        self._clock = clock

    def answer(self, call: str) -> datetime:
        """Begin a call, and return the ``Date`` of the reply to it."""
        self.enter(call)
        return self._clock.reply()
