"""``WorkQueue`` in memory."""

from datetime import datetime, timedelta

from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import TimedInterceptor

LONGEST_DELAY = timedelta(days=7)


class MemoryQueue(TimedInterceptor):
    """The queue in memory.

    Attributes:
        messages: Text and delay of every message that was sent, in order.
    """

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("queue", clock, journal)
        self._visible_at: list[tuple[datetime, str]] = []
        self.messages: list[tuple[str, timedelta]] = []

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """See ``WorkQueue.send``."""
        self.answer("send")
        self.messages.append((text, delay))
        self._visible_at.append((self._clock.now + min(delay, LONGEST_DELAY), text))

    def backlog(self) -> int:
        """See ``WorkQueue.backlog``."""
        self.answer("backlog")
        return len(self._visible_at)

    def take_texts(self) -> list[str]:
        """Take out the texts that are visible now."""
        now = self._clock.now
        texts = [text for at, text in self._visible_at if at <= now]
        self._visible_at = [(at, text) for at, text in self._visible_at if at > now]
        return texts
