"""``PoisonQueue`` on Azure Queue Storage."""

from datetime import timedelta

from shared.ports.queue import QueueMessage
from shared.storage import cas, queue_requests
from shared.storage.queue_client import Queue

#: How long what was received is hidden from others; as the host does.
_HIDDEN = timedelta(minutes=10)


class StoragePoisonQueue:
    """A queue into which the host moves what it has given up on.

    Args:
        queue: Its client, without an encoding of its own.
    """

    def __init__(self, queue: Queue) -> None:
        self._queue = queue

    def backlog(self) -> int:
        """See ``PoisonQueue.backlog``."""
        return queue_requests.backlog(self._queue)

    def receive(self) -> list[QueueMessage]:
        """See ``PoisonQueue.receive``."""
        return queue_requests.receive(self._queue, most=queue_requests.MOST, hidden=_HIDDEN)

    def delete(self, message: QueueMessage) -> None:
        """See ``PoisonQueue.delete``."""
        cas.delete_message(self._queue, message.id, message.receipt)
