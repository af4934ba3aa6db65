"""How much is under way, so that a drain knows when all is done."""

import threading
from types import TracebackType


class Activity:
    """Count what runs; a ``with`` block is one piece of work."""

    def __init__(self) -> None:
        self._change = threading.Condition()
        self._running = 0

    def begin(self) -> None:
        """Count one more."""
        with self._change:
            self._running += 1

    def end(self) -> None:
        """Count one less."""
        with self._change:
            self._running -= 1
            self._change.notify_all()

    @property
    def running(self) -> int:
        """How many pieces of work are under way."""
        with self._change:
            return self._running

    def wait_idle(self, seconds: float) -> bool:
        """Wait until nothing runs; False when the time is up first."""
        with self._change:
            return self._change.wait_for(lambda: self._running == 0, seconds)

    def __enter__(self) -> None:
        """Count one more."""
        self.begin()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Count one less."""
        self.end()
