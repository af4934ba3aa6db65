"""The job queue of a worker, which looks at it as soon as it has put in a message itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from shared.ports.queue import QueueMessage, WorkQueue


@dataclass(frozen=True)
class AwakeQueue:
    """A work queue that tells of each message that is sent and may be received at once.

    Attributes:
        queue: Where everything goes.
        on_send: Called behind each such message.
    """

    queue: WorkQueue
    on_send: Callable[[], object]

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """See ``WorkQueue.send``."""
        self.queue.send(text, delay=delay)
        if not delay:
            self.on_send()

    def receive(self, *, most: int, hidden: timedelta) -> list[QueueMessage]:
        """See ``WorkQueue.receive``."""
        return self.queue.receive(most=most, hidden=hidden)

    def hide(self, message: QueueMessage, time: timedelta, *, timeout: timedelta | None = None) -> QueueMessage:
        """See ``WorkQueue.hide``."""
        return self.queue.hide(message, time, timeout=timeout)

    def delete(self, message: QueueMessage) -> None:
        """See ``WorkQueue.delete``."""
        self.queue.delete(message)

    def backlog(self) -> int:
        """See ``WorkQueue.backlog``."""
        return self.queue.backlog()
