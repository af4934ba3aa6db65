"""Empty the poison queues of what the host shows to nobody any more.

The host skips a message of a poison queue that has been received as often as it allows, until its time to live is
over: the queue has no poison queue of its own.
"""

from collections import Counter
from collections.abc import Callable, Sequence

from shared.leftovers import PoisonQueue
from shared.steps.outcomes import Outcome


class Drain:
    """Do for stuck poison messages what the triggers do for others.

    Args:
        inlets: Each queue, and the step that takes in its messages.
        maximum: How often the host lets a message be received.
    """

    def __init__(self, inlets: Sequence[tuple[PoisonQueue, Callable[[bytes], list[Outcome]]]], *, maximum: int) -> None:
        self._inlets = inlets
        self._maximum = maximum

    def __call__(self) -> Counter[Outcome]:
        """Take in up to 32 messages of each queue in which one is stuck, and delete each that was taken in.

        A message is deleted last: after a crash it comes back, and each step bears that.

        Raises:
            StorageOut: Storage is out; what is not deleted comes back.
            Undecided: The same.

        Costs: 1 read a queue; where one is stuck, 1 request, and for each message a delete and those of its step.
        """
        outcomes = Counter[Outcome]()
        for queue, take_in in self._inlets:
            for message in queue.receive() if queue.stuck(self._maximum) else ():
                outcomes.update(take_in(message.body))
                queue.delete(message)
        return outcomes
