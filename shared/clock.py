"""The only place that reads the time.

Two clocks, for two questions. "How long since?" is asked of the monotonic clock of this process. "What time is it?"
is asked of the storage service, by the ``Date`` of its replies: no clock of ours is ever compared with a clock of
another machine. The command alone asks this machine for it: ``darkroom doctor`` to say how far it is off, others to
read an age that somebody has written.
"""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from shared.errors import ClockUnset

#: A reply's Date has steps of one second: the service's time lies less than this behind what it says.
DATE_STEP = timedelta(seconds=1)


def monotonic() -> float:
    """Return seconds from an arbitrary start that never go back; the default of every injected clock."""
    return time.monotonic()


def wall() -> datetime:
    """Return what this machine takes for the time, aware UTC: to be checked against storage, or to read an age by."""
    return datetime.now(UTC)


class ServerClock:
    """Tell the storage service's time, from the replies that pass by.

    Each reply's ``Date`` is a lower bound of the service's time at the moment when it arrived. The best bound of
    them is kept, so that ``now()`` is never ahead of the service by more than the clocks' drift between two replies.

    Args:
        monotonic: Seconds that never go back.

    Attributes:
        monotonic: The same.
    """

    def __init__(self, monotonic: Callable[[], float] = monotonic) -> None:
        self.monotonic = monotonic
        self._lock = threading.Lock()
        self._epoch: datetime | None = None

    def observe(self, date: datetime, *, sent_at: float | None = None) -> None:
        """Take in the ``Date`` of a reply that has just arrived.

        Args:
            date: Aware UTC, whole seconds.
            sent_at: Monotonic second at which its request was sent: a reply that was long on its way tells an old
                time, and is no correction. Just now by default.
        """
        now = self.monotonic()
        epoch = date - timedelta(seconds=now)
        latest = date + DATE_STEP - timedelta(seconds=now if sent_at is None else sent_at)
        with self._lock:
            if self._epoch is None or epoch > self._epoch or self._epoch > latest:
                self._epoch = epoch

    def now(self) -> datetime:
        """Return the service's time, aware UTC; at most about one second behind it.

        Raises:
            ClockUnset: No reply has been seen yet; talk to storage first.
        """
        with self._lock:
            if self._epoch is None:
                raise ClockUnset
            return self._epoch + timedelta(seconds=self.monotonic())
