"""The service's time, also for who asks for it first in a process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from shared.clock import ServerClock
from shared.errors import ClockUnset


@dataclass(kw_only=True)
class Now:
    """Tell the service's time; where no reply has been seen yet, ask for one.

    Attributes:
        clock: The service's time.
        ask: Sends a read, whatever it reads.
    """

    clock: ServerClock
    ask: Callable[[], object]

    def __call__(self) -> datetime:
        """Return the service's time, aware UTC.

        Raises:
            StorageOut: Storage is out, and was not heard of before.

        Costs: nothing; 1 read, the first time in a process that has not talked to storage.
        """
        try:
            return self.clock.now()
        except ClockUnset:
            self.ask()
            return self.clock.now()
