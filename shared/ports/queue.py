"""The queue that starts analyses. Costs and errors are told as in ``shared.ports``."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol


@dataclass(frozen=True)
class QueueMessage:
    """A message in hand.

    Attributes:
        body: As it came.
        id: The queue's.
        receipt: Good for one deletion, as long as nobody else has received it.
        dequeue_count: How often it has been received.
    """

    body: bytes
    id: str
    receipt: str
    dequeue_count: int


class WorkQueue(Protocol):
    """The queue that starts analyses."""

    def send(self, text: str, *, delay: timedelta = timedelta(0)) -> None:
        """Put in one message, perhaps more than once, visible after ``delay`` (7 days at most). Costs: 1 message."""

    def receive(self, *, most: int, hidden: timedelta) -> list[QueueMessage]:
        """Take messages into one's hand; none where the queue is missing. Costs: 1 request.

        Args:
            most: At most so many, 1 to 32.
            hidden: How long nobody else receives them, whole seconds up to 7 days.
        """

    def hide(self, message: QueueMessage, time: timedelta, *, timeout: timedelta | None = None) -> QueueMessage:
        """Keep a message in hand hidden from now on, zero to show it at once; return it with its newest receipt.

        Args:
            message: As it was received, or hidden last.
            time: Whole seconds up to 7 days.
            timeout: Once, and no longer than this; as reads are without it.

        Raises:
            Lost: It is gone, or in other hands.

        Costs: 1 request.
        """

    def delete(self, message: QueueMessage) -> None:
        """Delete a message; one that is gone, or in other hands by now, is left to them. Costs: 1 delete."""

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""
