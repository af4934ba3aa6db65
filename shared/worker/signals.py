"""The wish to end, as it comes by signal; POSIX alone."""

import os
import select
import signal
from collections.abc import Sequence
from types import FrameType, TracebackType
from typing import Protocol, Self

ENDS = (signal.SIGTERM, signal.SIGINT)


class Wishes(Protocol):
    """What those want who started a process."""

    @property
    def count(self) -> int:
        """How often an end was wished for: 2 or more means at once."""

    def wait(self, seconds: float) -> object:
        """Wait for so many seconds, or until a wish comes, or somebody calls ``wake``."""

    def wake(self) -> None:
        """Let who waits go on; any thread may call it."""


class Signals:
    """Count signals while entered, and wake who waits.

    The handler only counts and writes a byte: what it would do to locks and events could wait for the very thread that
    it interrupts.

    Args:
        numbers: Of the signals.

    Attributes:
        count: How many have come.
    """

    def __init__(self, numbers: Sequence[signal.Signals] = ENDS) -> None:
        self.count = 0
        self._numbers = numbers
        self._before: dict[int, object] = {}
        self._ours, self._theirs = os.pipe()
        os.set_blocking(self._ours, False)
        os.set_blocking(self._theirs, False)

    def wait(self, seconds: float, *descriptors: int) -> list[int]:
        """Wait until a signal comes, or one of some descriptors can be read; return these."""
        ready = select.select([self._ours, *descriptors], [], [], max(0.0, seconds))[0]
        if self._ours in ready:
            os.read(self._ours, 4096)
        return [each for each in ready if each != self._ours]

    def wake(self) -> None:
        """Let who waits go on."""
        try:
            os.write(self._theirs, b"\0")
        except OSError:
            return  # full, so that nobody waits; or closed, since nobody will any more

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.count += 1
        self.wake()

    def __enter__(self) -> Self:
        """Take over the signals."""
        self._before = {number: signal.signal(number, self._note) for number in self._numbers}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # as signal has returned it
        for descriptor in (self._ours, self._theirs):
            os.close(descriptor)
