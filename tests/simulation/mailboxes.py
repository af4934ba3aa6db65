"""What lies in the queues, as nobody but the world can see it: hidden messages among the rest."""

from collections.abc import Mapping
from dataclasses import dataclass

from tests.simulation import entry_points
from tests.simulation.service.account import Account
from tests.simulation.service.clock import EPOCH
from tests.simulation.service.queue_messages import Queue
from tests.simulation.service.queues import QueueService


@dataclass(frozen=True)
class Mailboxes:
    """All queues.

    Attributes:
        account: That has them.
        dequeues: How often a host lets a message be received.
    """

    account: Account
    dequeues: int

    @property
    def _queues(self) -> Mapping[str, Queue]:
        service = self.account.services["queue"]
        assert isinstance(service, QueueService)
        return service.queues

    @property
    def counts(self) -> Mapping[str, int]:
        """How many messages each queue has, hidden ones among them."""
        names = (entry_points.QUEUE, entry_points.POISON, entry_points.EVENT_POISON)
        return {name: len(self._queues.get(name, ())) for name in names}

    def visible(self, queue: str) -> bool:
        """Say whether a queue has a message to give."""
        return queue in self._queues and bool(self._queues[queue].peek(1))

    def comes_back_at(self) -> float | None:
        """Return when the next message is visible that hosts show to nobody any more, and only a sweep takes in."""
        moments = [
            (message.visible - EPOCH).total_seconds()
            for queue in (entry_points.POISON, entry_points.EVENT_POISON)
            for message in self._queues.get(queue, ())
            if message.dequeues >= self.dequeues
        ]
        return min(moments, default=None)
