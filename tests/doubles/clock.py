"""Time that stands still until a test advances it."""

from datetime import UTC, datetime, timedelta

from shared.clock import ServerClock


class FakeClock:
    """Monotonic seconds, the service's time that goes with them, and a ``ServerClock`` that has seen one reply.

    Args:
        start: Monotonic second at the beginning; the service's time is then 2026-01-01T00:00:00Z.

    Attributes:
        server: What the code under test believes the service's time to be.
    """

    def __init__(self, start: float = 1000.0) -> None:
        self._seconds = start
        self._epoch = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=start)
        self.server = ServerClock(self)
        self.reply()

    def __call__(self) -> float:
        """Return monotonic seconds."""
        return self._seconds

    @property
    def now(self) -> datetime:
        """The service's true time: what it writes into ``Timestamp``."""
        return self._epoch + timedelta(seconds=self._seconds)

    def advance(self, seconds: float) -> None:
        """Let time pass, here and at the service."""
        self._seconds += seconds

    def reply(self) -> datetime:
        """Return the ``Date`` of a reply that arrives now: whole seconds, rounded down."""
        date = self.now.replace(microsecond=0)
        self.server.observe(date)
        return date
