"""What the host has given up on. Costs and errors are told as in ``shared.ports``."""

from typing import Protocol

from shared.ports.queue import QueueMessage


class PoisonQueue(Protocol):
    """A queue into which the host moves what it has given up on."""

    def receive(self) -> list[QueueMessage]:
        """Take what is in front into one's hand, up to 32 messages, hidden from others for ten minutes.

        A queue that is missing has none. Costs: 1 request.
        """

    def backlog(self) -> int:
        """Say about how many messages there are, hidden ones among them; 0 without a queue. Costs: 1 read."""

    def delete(self, message: QueueMessage) -> None:
        """Delete a message; one that is gone, or in other hands by now, is left to them. Costs: 1 delete."""
