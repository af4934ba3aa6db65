"""``WorkQueue`` on Azure Queue Storage."""

from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.storage import cas, retries, sdk_errors
from shared.storage.retries import RetryPolicy

#: The service hides a message for 7 days at most; what must wait longer is held by its due row.
LONGEST_DELAY = timedelta(days=7)


class StorageWorkQueue:
    """The queue that starts analyses.

    Args:
        queue: Its client, without an encoding of its own: messages are plain text.
        retry: How long to send a write again that is not decided.
    """

    def __init__(self, queue: QueueClient, *, retry: RetryPolicy) -> None:
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
        with sdk_errors.as_outages():
            try:
                return self._queue.get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0
