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

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""
