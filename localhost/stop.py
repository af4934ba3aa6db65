"""The wish to end, as it comes by signal."""

import contextlib
import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Self

SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")  # SIGHUP: the terminal was closed; Windows has none
    if hasattr(signal, name)
)
STEP_SECONDS = 0.1
#: A process that ends because of signal n has the exit status 128 + n, as in a shell.
BY_SIGNAL = 128


class Stopped(Exception):
    """A signal asks for the end."""


class Stop:
    """Note signals while entered, and raise at points where the work can be put down.

    The handler only counts: an exception from anywhere could leave a process started and not yet known, and an
    Event's lock may be held by the very thread that the handler interrupts.

    Args:
        again: Called at the second signal and at each later one: somebody is impatient.

    Attributes:
        number: Of the first signal; 0 before the first.
        times: How many signals have come.
    """

    def __init__(self, again: Callable[[], object] = lambda: None) -> None:
        self._again = again
        self.number = 0
        self.times = 0
        self._never = threading.Event()
        self._before: dict[int, object] = {}

    def check(self) -> None:
        """Go on unless a signal has come.

        Raises:
            Stopped: One has.
        """
        if self.times:
            raise Stopped

    def wait(self, seconds: float = STEP_SECONDS) -> None:
        """Let some time pass, in steps.

        Raises:
            Stopped: A signal has come.
        """
        while seconds > 0:
            self.check()
            self._never.wait(min(seconds, STEP_SECONDS))
            seconds -= STEP_SECONDS
        self.check()

    def wait_for_signal(self) -> None:
        """Return when a signal has come."""
        with contextlib.suppress(Stopped):
            while True:
                self.wait()

    @property
    def status(self) -> int:
        """The exit status that names the signal."""
        return BY_SIGNAL + self.number

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self.number = self.number or number
        self.times += 1
        if self.times > 1:
            self._again()

    def __enter__(self) -> Self:
        """Take over the signals."""
        self._before = {number: signal.signal(number, self._note) for number in SIGNALS}
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give them back."""
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type] # as signal has returned it
