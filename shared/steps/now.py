"""The service's time, also for who asks for it first in a process."""

from collections.abc import Callable
from datetime import datetime

from shared.clock import ServerClock
from shared.errors import ClockUnset


class Now:
    """Tell the service's time; where no reply has been seen yet, ask for one.

    Args:
        clock: The service's time.
        ask: Sends a read, whatever it reads.
    """

    def __init__(self, clock: ServerClock, ask: Callable[[], object]) -> None:
        self._clock = clock
        self._ask = ask

    def __call__(self) -> datetime:
        """Return the service's time, aware UTC.

        Raises:
            StorageOut: Storage is out, and was not heard of before.

        Costs: nothing; 1 read, the first time in a process that has not talked to storage.
        """
        try:
            return self._clock.now()
        except ClockUnset:
            self._ask()
            return self._clock.now()
