"""A poison queue on the bench: through the SDK and in memory."""

from shared.wiring.steps import Darkroom
from tests.doubles.poison import MemoryPoison
from tests.sdk_clients import queue_of


class AzurePoison:
    """The queue through the SDK, which does not exist until something is put in."""

    def __init__(self, darkroom: Darkroom) -> None:
        self.store = darkroom.storage.poison
        self.client = queue_of(self.store)

    def put(self, body: str, *, received: int = 0) -> None:
        """Put in a message as the host does, and let it be received so often."""
        try:
            self.client.create_queue()
        finally:
            sent = self.client.send_message(body, time_to_live=-1)
            for _ in range(received):
                (sent,) = next(self.client.receive_messages(messages_per_page=1, visibility_timeout=60).by_page())
                self.client.update_message(sent, visibility_timeout=0)


class DoubledPoison:
    """The queue in memory."""

    def __init__(self) -> None:
        self.store = MemoryPoison("poison")

    def put(self, body: str, *, received: int = 0) -> None:
        """See ``AzurePoison``."""
        self.store.put(body.encode(), dequeue_count=received)


PoisonBench = AzurePoison | DoubledPoison
