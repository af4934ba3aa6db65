"""How long to go on with a write that is not decided, and how long a single request may take."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from shared import clock, runtime
from shared.errors import StorageOut, Undecided

#: Returns the SDK's options of the next request of a call; none where the call has no time-out of its own.
Limits = Callable[[], Mapping[str, float]]


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
    pause: Callable[[float], object] = runtime.pause

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

    def limits(self, timeout: timedelta | None) -> Limits:
        """Return what divides the time of a call among its requests.

        Args:
            timeout: Of all of them together.

        Returns:
            What tells each request how long it may take; it raises ``Undecided`` when the time is over.
        """
        if timeout is None:
            return dict
        stop_at = self.monotonic() + timeout.total_seconds()

        def left() -> Mapping[str, float]:
            seconds = stop_at - self.monotonic()
            if seconds <= 0:
                raise Undecided("no answer in time")
            return _shares(seconds)

        return left


def read_limits(timeout: timedelta | None) -> dict[str, Any]:
    """Return the SDK's options of a read that may take so long and is not repeated; none without a time-out.

    Raises:
        StorageOut: There is no time left.
    """
    if timeout is None:
        return {}
    if timeout <= timedelta(0):
        raise StorageOut("no time left")
    return {"retry_total": 0, **_shares(timeout.total_seconds())}


def _shares(seconds: float) -> dict[str, float]:
    """Divide the time of a request: to connect and to wait for the reply may both hang, one after the other."""
    return {"connection_timeout": seconds / 4, "read_timeout": seconds * 3 / 4}
