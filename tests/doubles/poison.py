"""``PoisonQueue`` in memory."""

from dataclasses import replace

from shared.ports.queue import QueueMessage
from tests.doubles.interceptor import Interceptor

#: As the service: so many messages a request.
MOST = 32


class MemoryPoison(Interceptor):
    """A poison queue in memory.

    Attributes:
        lying: The messages that anybody may receive.
        in_hand: Those in somebody's hand.
    """

    def __init__(self, name: str, *, journal: list[str] | None = None) -> None:
        super().__init__(name, journal)
        self.lying: list[QueueMessage] = []
        self.in_hand: dict[str, QueueMessage] = {}

    def put(self, body: bytes, *, dequeue_count: int = 0) -> None:
        """Put in a message as the host does, and let it be received so often."""
        self.lying.append(QueueMessage(body, str(len(self.lying)), "", dequeue_count))

    def backlog(self) -> int:
        """Say how many messages there are, those in somebody's hand among them."""
        self.enter("backlog")
        return len(self.lying) + len(self.in_hand)

    def receive(self) -> list[QueueMessage]:
        """See ``PoisonQueue.receive``."""
        self.enter("receive")
        taken, self.lying = self.lying[:MOST], self.lying[MOST:]
        held = [
            replace(one, receipt=f"{one.id}/{one.dequeue_count}", dequeue_count=one.dequeue_count + 1) for one in taken
        ]
        self.in_hand |= {one.id: one for one in held}
        return held

    def delete(self, message: QueueMessage) -> None:
        """See ``PoisonQueue.delete``."""
        self.enter("delete")
        if self.in_hand.get(message.id) == message:
            del self.in_hand[message.id]

    def come_back(self) -> None:
        """Let what is held be received by anybody again."""
        self.lying, self.in_hand = [*self.in_hand.values(), *self.lying], {}
