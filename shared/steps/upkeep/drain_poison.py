"""Empty the poison queues of what the host shows to nobody any more.

The host skips a message of a poison queue that has been received as often as it allows, until its time to live is
over: the queue has no poison queue of its own. So one message that fails must never keep those behind it waiting.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.ports.poison import PoisonQueue
from shared.ports.queue import QueueMessage

Intake = Callable[[bytes], list[StrEnum]]


@dataclass(kw_only=True)
class Drain:
    """Do for stuck poison messages what the triggers do for others.

    Attributes:
        inlets: Each queue, and the step that takes in its messages.
        maximum: How often the host lets a message be received.
    """

    inlets: Sequence[tuple[PoisonQueue, Intake]]
    maximum: int

    def drain(self, *, stop: Callable[[], bool] = lambda: False) -> Counter[StrEnum]:
        """Take in up to 32 messages of each queue in which one is stuck, and delete each that was taken in.

        Each message stands alone, and so does each queue: what one raises is raised when all others have had their
        turn. A message is deleted last: after a crash or an error it comes back, and each step allows for that.

        Args:
            stop: Whether to begin no further message; the first of a queue is begun whatever it says, so that sweeps
                which have used up their time still get on here.

        Raises:
            StorageOut: Storage is out; what is not deleted comes back.
            Undecided: The same.

        Costs: 1 read a queue; where one is stuck, 1 request, and for each message a delete and those of its step.
        """
        outcomes, errors = Counter[StrEnum](), list[Exception]()
        for queue, take_in in self.inlets:
            try:
                messages = queue.receive() if queue.is_stuck(self.maximum) else []
            except Exception as error:  # noqa: BLE001 - the other queue has its turn; raised below
                errors.append(error)
                continue
            for number, message in enumerate(messages):
                if number and stop():
                    break
                try:
                    outcomes.update(_one(queue, message, take_in))
                except Exception as error:  # noqa: BLE001 - the messages behind it have theirs; raised below
                    errors.append(error)
        if errors:
            raise errors[0]
        return outcomes


def _one(queue: PoisonQueue, message: QueueMessage, take_in: Intake) -> list[StrEnum]:
    outcomes = take_in(message.body)
    queue.delete(message)
    return outcomes
