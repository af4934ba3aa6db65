"""The services' own time, which stands still until it is moved."""

from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)


class ServiceClock:
    """One time for tables, queues and blobs.

    Attributes:
        seconds: Since the beginning.
    """

    def __init__(self) -> None:
        self.seconds = 0.0
        self._last_write = EPOCH
        self._correction = timedelta(0)

    def now(self) -> datetime:
        """Return the time, aware UTC."""
        return EPOCH + self._correction + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        """Return seconds that never go back: the clock of a worker that runs as the services do."""
        return self.seconds

    def go(self, seconds: float) -> None:
        """Let time pass, for everybody."""
        self.seconds += seconds

    def correct(self, seconds: float) -> None:
        """Set the clock forward, or back, while no time passes."""
        self._correction += timedelta(seconds=seconds)

    def stamp(self) -> datetime:
        """Return the time of a write: later than that of every write before it, so that no two share an ETag."""
        self._last_write = max(self.now(), self._last_write + _TICK)
        return self._last_write
