"""What the job queue and the poison queues are asked alike."""

from datetime import timedelta

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.queue import QueueClient

from shared.ports.queue import QueueMessage
from shared.storage import sdk_errors

#: The service shows and gives at most this many messages a request.
MOST = 32


def receive(queue: QueueClient, *, most: int, hidden: timedelta) -> list[QueueMessage]:
    """Take messages into one's hand; none where the queue is missing. Costs: 1 request.

    Args:
        queue: Its client.
        most: At most so many, 1 to ``MOST``.
        hidden: How long nobody else receives them.
    """
    seconds = int(hidden.total_seconds())
    with sdk_errors.as_outages():
        try:
            # One page is one request; all of them would go on until the queue is empty.
            pages = queue.receive_messages(messages_per_page=most, visibility_timeout=seconds).by_page()
            page = list(next(pages, ()))
        except ResourceNotFoundError:
            return []
    return [
        QueueMessage(str(one.content).encode(), str(one.id), str(one.pop_receipt), one.dequeue_count or 0)
        for one in page
    ]


def backlog(queue: QueueClient) -> int:
    """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""
    with sdk_errors.as_outages():
        try:
            return queue.get_queue_properties().approximate_message_count or 0
        except ResourceNotFoundError:
            return 0
