"""How long to go on with a write that is not decided."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from shared import clock


@dataclass(frozen=True)
class Patience:
    """How long to go on with a write that is not decided.

    Attributes:
        within: From the first send on.
        first_pause: Before the second send; doubled each time, up to a second.
        monotonic: Seconds that never go back.
        pause: Waits for a number of seconds.
    """

    within: timedelta = timedelta(seconds=30)
    first_pause: timedelta = timedelta(seconds=0.05)
    monotonic: Callable[[], float] = clock.monotonic
    pause: Callable[[float], object] = threading.Event().wait

    def attempts(self, within: timedelta | None = None) -> Iterator[int]:
        """Count sends from 1, pausing between them, until the time is over."""
        stop = self.monotonic() + (within or self.within).total_seconds()
        wait = self.first_pause.total_seconds()
        number = 1
        while True:
            yield number
            if self.monotonic() + wait >= stop:
                return
            self.pause(wait)
            wait = min(2 * wait, 1.0)
            number += 1
