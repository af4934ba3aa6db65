"""Empty the poison queues: the sweep takes in what the host has given up on.

No trigger need listen to them. Where one does, it and the sweep share the messages: each takes what it gets.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from shared.ports.poison import PoisonQueue
from shared.ports.queue import QueueMessage

Intake = Callable[[bytes], list[StrEnum]]


@dataclass(kw_only=True)
class Drain:
    """Do for the messages of the poison queues what their triggers would do.

    Attributes:
        inlets: Each queue, and the step that takes in its messages.
    """

    inlets: Sequence[tuple[PoisonQueue, Intake]]

    def drain(self, *, stop: Callable[[], bool] = lambda: False) -> Counter[StrEnum]:
        """Take in all messages, and delete each that was taken in.

        Each message stands alone, and so does each queue: what one raises is raised when all others have had their
        turn. A message is deleted last: after a crash or an error it comes back, ten minutes after it was received,
        and each step allows for that.

        Args:
            stop: Whether to begin no further message; the first of a queue is begun whatever it says, so that sweeps
                which have used up their time still get on here.

        Raises:
            StorageOut: Storage is out; what is not deleted comes back.
            Undecided: The same.

        Costs: 1 request a queue; 1 more for each 32 messages, and for each message a delete and those of its step.
        """
        outcomes, errors = Counter[StrEnum](), list[Exception]()
        for queue, take_in in self.inlets:
            messages = _messages(queue, stop)
            while True:
                try:
                    message = next(messages, None)
                    if message is None:
                        break
                    outcomes.update(_one(queue, message, take_in))
                except Exception as error:  # noqa: BLE001 - the messages behind it have their turn; raised below
                    errors.append(error)
        if errors:
            raise errors[0]
        return outcomes


def _messages(queue: PoisonQueue, stop: Callable[[], bool]) -> Iterator[QueueMessage]:
    """Receive messages until none is left, or it is time to stop; the end, too, of a queue that is out."""
    number = 0
    while messages := queue.receive():
        for message in messages:
            if number and stop():
                return
            number += 1
            yield message


def _one(queue: PoisonQueue, message: QueueMessage, take_in: Intake) -> list[StrEnum]:
    outcomes = take_in(message.body)
    queue.delete(message)
    return outcomes
