"""The only place that reads the time.

Two clocks, for two questions. "How long since?" is asked of the monotonic clock of this process. "What time is it?"
is asked of the storage service, by the ``Date`` of its replies: no clock of ours is ever compared with a clock of
another machine.
"""

import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from shared.errors import ClockUnset

#: A reply's Date has steps of one second; an offset that falls back further than this is a correction, not a step.
DATE_STEP = timedelta(seconds=1.5)


def monotonic() -> float:
    """Return seconds from an arbitrary start that never go back; the default of every injected clock."""
    return time.monotonic()


class ServerClock:
    """Tell the storage service's time, from the replies that pass by.

    Each reply's ``Date`` is a lower bound of the service's time at the moment when it arrived. The best bound of
    them is kept, so that ``now()`` is never ahead of the service by more than the clocks' drift between two replies.

    Args:
        monotonic: Seconds that never go back.
    """

    def __init__(self, monotonic: Callable[[], float] = monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._epoch: datetime | None = None

    def observe(self, date: datetime) -> None:
        """Take in the ``Date`` of a reply that has just arrived.

        Args:
            date: Aware UTC, whole seconds.
        """
        epoch = date - timedelta(seconds=self._monotonic())
        with self._lock:
            if self._epoch is None or epoch > self._epoch or self._epoch - epoch > DATE_STEP:
                self._epoch = epoch

    def now(self) -> datetime:
        """Return the service's time, aware UTC; at most about one second behind it.

        Raises:
            ClockUnset: No reply has been seen yet; talk to storage first.
        """
        with self._lock:
            if self._epoch is None:
                raise ClockUnset
            return self._epoch + timedelta(seconds=self._monotonic())
