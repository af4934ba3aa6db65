"""Ctrl-C while an operation runs: the first ends it when the batches on their way are back, the second at once."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self


class Interrupts:
    """Count Ctrl-C while entered. Called, it says whether one has come.

    Args:
        notify: Called once, behind the first.
    """

    def __init__(self, notify: Callable[[], object]) -> None:
        self._notify: Callable[[], object] | None = notify
        self._count = 0
        self._before: Any = None

    def __call__(self) -> bool:
        """Whether to begin nothing more."""
        if self._count and self._notify is not None:
            notify, self._notify = self._notify, None
            notify()
        return self._count > 0

    def __enter__(self) -> Self:
        """Take the signal over."""
        self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give it back."""
        signal.signal(signal.SIGINT, self._before)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self._count += 1
        if self._count > 1:
            raise KeyboardInterrupt
