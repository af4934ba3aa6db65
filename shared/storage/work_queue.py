"""``WorkQueue`` on Azure Queue Storage."""

from dataclasses import replace
from datetime import timedelta

from shared.ports.queue import QueueMessage
from shared.storage import cas, queue_requests, retries
from shared.storage.queue_client import Queue
from shared.storage.retries import RetryPolicy

#: The service hides a message for 7 days at most; what must wait longer is held by its due row.
LONGEST_DELAY = timedelta(days=7)


class StorageWorkQueue:
    """The queue that starts analyses.

    Args:
        queue: Its client, without an encoding of its own: messages are plain text.
        retry: How long to send a write again that is not decided.
    """

    def __init__(self, queue: Queue, *, retry: RetryPolicy) -> None:
        self._queue = queue
        self._retry = retry

    def create(self) -> None:
        """Create the queue where it is missing: the host waits for it. Costs: 1 request."""
        retries.create(lambda: self._queue.create_queue(retry_total=0), exists="QueueAlreadyExists", retry=self._retry)

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """See ``WorkQueue.send``."""
        delay = min(delay, LONGEST_DELAY)
        cas.send(self._queue, text, delay=delay, retry=self._retry, create=self.create)

    def backlog(self) -> int:
        """See ``WorkQueue.backlog``."""
        return queue_requests.backlog(self._queue)

    def receive(self, *, most: int, hidden: timedelta) -> list[QueueMessage]:
        """See ``WorkQueue.receive``."""
        return queue_requests.receive(self._queue, most=most, hidden=hidden)

    def hide(self, message: QueueMessage, time: timedelta, *, timeout: timedelta | None = None) -> QueueMessage:
        """See ``WorkQueue.hide``."""
        receipt = cas.hide_message(self._queue, message.id, message.receipt, time, timeout=timeout)
        return replace(message, receipt=receipt)

    def delete(self, message: QueueMessage) -> None:
        """See ``WorkQueue.delete``."""
        cas.delete_message(self._queue, message.id, message.receipt)
