"""What the host has given up on. Costs and errors are told as in ``shared.ports``."""

from typing import Protocol

from shared.ports.queue import QueueMessage


class PoisonQueue(Protocol):
    """A queue into which the host moves what it has given up on."""

    def is_stuck(self, maximum: int) -> bool:
        """Whether one of the messages in front was received so often that the host shows it to nobody any more.

        A queue that is missing has none. Costs: 1 read.
        """

    def receive(self) -> list[QueueMessage]:
        """Take what is in front into one's hand, hidden from others meanwhile. Costs: 1 request."""

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""

    def delete(self, message: QueueMessage) -> None:
        """Delete a message; one that is gone, or in other hands by now, is left to them. Costs: 1 delete."""
