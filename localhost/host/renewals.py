"""The threads that keep leases: of messages that are being worked on, of singletons that are held."""

import heapq
import itertools
import threading
from collections.abc import Callable

from localhost.host.clock import Clock
from localhost.host.log import Log

#: A stuck renewal must not starve the other leases.
_THREADS = 4


class Renewal:
    """One lease to keep; ``cancel`` it when the work is done."""

    def __init__(self, renew: Callable[[], float | None]) -> None:
        self.renew = renew
        self.canceled = False

    def cancel(self) -> None:
        """Renew no more; a renewal under way may still end."""
        self.canceled = True


class Renewals:
    """Call each renewal when it is due; it returns the seconds until its next turn, or None for no other turn."""

    def __init__(self, *, clock: Clock, log: Log) -> None:
        self._clock = clock
        self._log = log
        self._change = threading.Condition()
        self._due: list[tuple[float, int, Renewal]] = []
        self._order = itertools.count()
        self._closed = False
        self._threads = [
            threading.Thread(target=self._run, name=f"renewals-{number}", daemon=True) for number in range(_THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def add(self, renew: Callable[[], float | None], seconds: float) -> Renewal:
        """Call ``renew`` in so many seconds, and again as it says."""
        renewal = Renewal(renew)
        self._push(renewal, seconds)
        return renewal

    def close(self) -> None:
        """End the threads."""
        with self._change:
            self._closed = True
            self._change.notify_all()
        for thread in self._threads:
            thread.join()

    def _push(self, renewal: Renewal, seconds: float) -> None:
        with self._change:
            heapq.heappush(self._due, (self._clock.monotonic() + seconds, next(self._order), renewal))
            self._change.notify()

    def _next(self) -> Renewal | None:
        """Wait for the next renewal that is due; None when closed."""
        with self._change:
            while not self._closed:
                if not self._due:
                    self._change.wait()
                    continue
                seconds = self._due[0][0] - self._clock.monotonic()
                if seconds <= 0:
                    return heapq.heappop(self._due)[2]
                self._change.wait(seconds)
        return None

    def _run(self) -> None:
        while (renewal := self._next()) is not None:
            if renewal.canceled:
                continue
            try:
                seconds = renewal.renew()
            except Exception as error:  # noqa: BLE001 - the edge of a thread that all leases live on
                self._log.event("renewal failed", level="error", error=repr(error))
                seconds = None
            if seconds is not None and not renewal.canceled:
                self._push(renewal, seconds)
