"""What the job queue and the poison queues are asked alike."""

from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError

from shared.ports.queue import QueueMessage
from shared.storage import sdk_errors
from shared.storage.queue_client import Queue

#: The service shows and gives at most this many messages a request.
MOST = 32


def receive(queue: Queue, *, most: int, hidden: timedelta) -> list[QueueMessage]:
    """Take messages into one's hand; none where the queue is missing. Costs: 1 request.

    Args:
        queue: Its client.
        most: At most so many, 1 to ``MOST``.
        hidden: How long nobody else receives them.
    """
    with sdk_errors.as_outages():
        try:
            return queue.take(most, int(hidden.total_seconds()))
        except ResourceNotFoundError:
            return []


def backlog(queue: Queue) -> int:
    """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""
    with sdk_errors.as_outages():
        try:
            return queue.get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            return 0
