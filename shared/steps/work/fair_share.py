"""Keep images of one prefix from taking an instance for themselves while others wait behind them in the queue.

A message is a hint, so it may wait. While one flow (see ``flows.flow_of``) fills more than half of what an instance
analyses at once, and each of its messages takes long, the next of them goes to the tail of the queue, once: what is
behind it has its turn. It comes back when the flow's own turn has come by then, as fast as the flow gets on here.

That costs a message three requests and many looks at a queue that is empty meanwhile; and time where several instances
share the queue, since each knows only its own pace. So it is done while another flow may wait, and not where a flow is
alone: see ``Rivals``.

Best effort, and within one instance: nothing is written, and no order is promised.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from typing import Self

from shared.steps.work.attempt import End

#: A flow whose messages take less on the average keeps nobody waiting.
SLOW = timedelta(seconds=1)
#: The longest that a message is away. What comes later comes together, and is worked on as it comes.
LONGEST = timedelta(minutes=1)
#: Deferred messages come back this much slower than their flow gets on: at its very pace they would fill all slots
#: again, one by one. In a simulation of fifty images of 1.2 s others waited for less than 2 s, in place of up to 10 at
#: 1.0, and all together took 3 % longer.
EASE = 1.5
#: A flow of which a message has come within so much time may have more in the queue.
NEAR = timedelta(minutes=1)
#: Messages of a flow that its averages are made of.
RECENT = 16
#: Flows that are remembered.
FLOWS = 1_000
#: Ends of messages that tell how long work takes; the others found no work.
_WORKED = frozenset({End.COMPLETED, End.FAILED, End.RETRIED, End.CANCELED})


@dataclass
class _Flow:
    """What is known of one flow.

    Attributes:
        running: Its messages at work.
        took: Seconds that each of its last messages took, waiting for a place included.
        paces: The same, divided by how many of them were at work: seconds from the end of one to the end of the next.
        back_at: Monotonic second at which the last that was sent away comes back.
        came_at: Monotonic second at which its last message came.
    """

    running: int = 0
    took: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    paces: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT))
    back_at: float = 0.0
    came_at: float = 0.0


class FairShare:
    """What an instance knows of the flows of its messages.

    Args:
        slots: How many images are analysed at once.
        monotonic: Seconds that never go back.
    """

    def __init__(self, *, slots: int, monotonic: Callable[[], float]) -> None:
        self._slots = slots
        self._monotonic = monotonic
        self._flows: OrderedDict[str | None, _Flow] = OrderedDict()
        self._mutex = threading.Lock()

    def take(self, flow: str | None) -> "Slot":
        """Begin with a message.

        Args:
            flow: Of its image; None where it is not known, and for other work.

        Returns:
            What holds the message's place, a context.
        """
        with self._mutex:
            return self._begin(self._flow(flow))

    def take_or_defer(self, flow: str | None, *, others_wait: Callable[[str], bool]) -> "Slot | timedelta":
        """Begin with a message that has not been away, or say for how long it is to go to the tail of the queue.

        Args:
            flow: As above.
            others_wait: Says whether messages of other flows than this may be in the queue; asked where the flow has
                more than its share, and none of another has come lately.

        Returns:
            What holds the message's place, a context; or how long the message is to be away.
        """
        with self._mutex:
            known = self._flow(flow)
            if flow is None or 2 * known.running <= self._slots or _mean(known.took) <= SLOW.total_seconds():
                return self._begin(known)
            is_alone = not self._is_another_near(flow)
        if is_alone and not others_wait(flow):  # a request, perhaps: others begin and end meanwhile
            return self.take(flow)
        with self._mutex:
            now = self._monotonic()
            known.back_at = max(now, known.back_at) + EASE * _mean(known.paces)
            return min(LONGEST, timedelta(seconds=known.back_at - now))

    def _is_another_near(self, flow: str) -> bool:
        """Say whether a message of another flow has come lately."""
        other = next((known for name, known in reversed(self._flows.items()) if name != flow), None)
        return other is not None and self._monotonic() - other.came_at < NEAR.total_seconds()

    def _begin(self, known: _Flow) -> "Slot":
        known.running += 1
        return Slot(self, known, self._monotonic())

    def give_back(self, known: _Flow, began_at: float, end: End | None) -> None:
        """End a message's work; ``Slot`` calls this."""
        with self._mutex:
            if end in _WORKED:
                took = self._monotonic() - began_at
                known.took.append(took)
                known.paces.append(took / max(1, known.running))
            known.running -= 1

    def _flow(self, flow: str | None) -> _Flow:
        """Return what is known of a flow; where there are too many, the idle one is forgotten that came first."""
        known = self._flows.setdefault(flow, _Flow())
        known.came_at = self._monotonic()
        self._flows.move_to_end(flow)
        if len(self._flows) > FLOWS:
            idle = next((name for name, each in self._flows.items() if not each.running and name != flow), None)
            if idle is not None:
                del self._flows[idle]
        return known


class Slot:
    """A message at work; a context that ends it.

    Attributes:
        end: How it ended, once it has; None while that is not known, and after an error.
    """

    def __init__(self, share: FairShare, known: _Flow, began_at: float) -> None:
        self._share = share
        self._flow = known
        self._began_at = began_at
        self.end: End | None = None

    def __enter__(self) -> Self:
        """Return itself, taken already."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Give the place back."""
        self._share.give_back(self._flow, self._began_at, self.end)


def _mean(values: deque[float]) -> float:
    return sum(values) / len(values) if values else 0.0
