"""``WorkQueue`` in memory."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from shared.errors import Lost
from shared.ports.queue import QueueMessage
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import TimedInterceptor

LONGEST_DELAY = timedelta(days=7)


@dataclass
class _Entry:
    """A message, and from when on it may be received."""

    message: QueueMessage
    visible_at: datetime


class MemoryQueue(TimedInterceptor):
    """The queue in memory.

    Attributes:
        messages: Text and delay of every message that was sent, in order.
    """

    def __init__(self, clock: FakeClock, *, journal: list[str] | None = None) -> None:
        super().__init__("queue", clock, journal)
        self._entries: list[_Entry] = []
        self._receipts = 0
        self.messages: list[tuple[str, timedelta]] = []

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """See ``WorkQueue.send``."""
        self.answer("send")
        self.messages.append((text, delay))
        message = QueueMessage(text.encode(), str(len(self.messages)), "", 0)
        self._entries.append(_Entry(message, self._clock.now + min(delay, LONGEST_DELAY)))

    def backlog(self) -> int:
        """See ``WorkQueue.backlog``."""
        self.answer("backlog")
        return len(self._entries)

    def receive(self, *, most: int, hidden: timedelta) -> list[QueueMessage]:
        """See ``WorkQueue.receive``."""
        now = self.answer("receive")
        taken = [entry for entry in self._entries if entry.visible_at <= self._clock.now][:most]
        for entry in taken:
            count = entry.message.dequeue_count + 1
            entry.message, entry.visible_at = replace(self._touch(entry), dequeue_count=count), now + hidden
        return [entry.message for entry in taken]

    def hide(self, message: QueueMessage, time: timedelta, *, timeout: timedelta | None = None) -> QueueMessage:
        """See ``WorkQueue.hide``."""
        del timeout  # a double answers at once
        now = self.answer("hide")
        entry = self._in_hand(message)
        if entry is None:
            raise Lost(message.id)
        entry.message, entry.visible_at = self._touch(entry), now + time
        return entry.message

    def delete(self, message: QueueMessage) -> None:
        """See ``WorkQueue.delete``."""
        self.answer("delete")
        entry = self._in_hand(message)
        if entry is not None:
            self._entries.remove(entry)

    def take_texts(self) -> list[str]:
        """Take out the texts that are visible now."""
        now = self._clock.now
        texts = [entry.message.body.decode() for entry in self._entries if entry.visible_at <= now]
        self._entries = [entry for entry in self._entries if entry.visible_at > now]
        return texts

    def _in_hand(self, message: QueueMessage) -> _Entry | None:
        return next((entry for entry in self._entries if entry.message == message), None)

    def _touch(self, entry: _Entry) -> QueueMessage:
        self._receipts += 1
        return replace(entry.message, receipt=str(self._receipts))
