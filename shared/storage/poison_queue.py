"""``PoisonQueue`` on Azure Queue Storage."""

from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.ports.queue import QueueMessage
from shared.storage import cas, sdk_errors

#: The service shows and gives at most this many messages a request.
_MOST = 32
#: How long what was received is hidden from others; as the host does.
_HIDDEN = timedelta(minutes=10)


class StoragePoisonQueue:
    """A queue into which the host moves what it has given up on.

    Args:
        queue: Its client, without an encoding of its own.
    """

    def __init__(self, queue: QueueClient) -> None:
        self._queue = queue

    def is_stuck(self, maximum: int) -> bool:
        """See ``PoisonQueue.is_stuck``."""
        with sdk_errors.as_outages():
            try:
                shown = self._queue.peek_messages(max_messages=_MOST)
            except ResourceNotFoundError:
                return False
        return any((message.dequeue_count or 0) >= maximum for message in shown)

    def backlog(self) -> int:
        """See ``PoisonQueue.backlog``."""
        with sdk_errors.as_outages():
            try:
                return self._queue.get_queue_properties().approximate_message_count or 0
            except ResourceNotFoundError:
                return 0

    def receive(self) -> list[QueueMessage]:
        """See ``PoisonQueue.receive``."""
        seconds = int(_HIDDEN.total_seconds())
        with sdk_errors.as_outages():
            try:
                pages = self._queue.receive_messages(messages_per_page=_MOST, visibility_timeout=seconds).by_page()
                found = list(next(pages, ()))
            except ResourceNotFoundError:
                return []
        return [
            QueueMessage(str(one.content).encode(), str(one.id), str(one.pop_receipt), one.dequeue_count or 0)
            for one in found
        ]

    def delete(self, message: QueueMessage) -> None:
        """See ``PoisonQueue.delete``."""
        cas.delete_message(self._queue, message.id, message.receipt)
