"""A host with a queue, and places in a sandbox, in a time of their own: nothing waits, and chance has a seed.

All images are recorded as their messages are sent, so the job table knows who waits.
"""

import heapq
import itertools
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import cast

from shared.ports.jobs import JobStore
from shared.rules.due import Due
from shared.runtime import Runtime
from shared.settings.settings import Settings
from shared.steps.work.attempt import End
from shared.steps.work.fair_share import FairShare, Slot
from shared.steps.work.rivals import Rivals
from tests.doubles.clock import FakeClock

#: As host.json has them.
BATCH, THRESHOLD = 4, 2
#: Seconds from one look into the queue to the next: after a message, and at most.
POLL, LONGEST_POLL = 0.03, 2.0


@dataclass(frozen=True)
class Message:
    """A message about an image.

    Attributes:
        flow: Of the image.
        name: Of the image.
        seconds: Of work.
        is_deferred: Whether it has been sent to the tail.
    """

    flow: str
    name: str
    seconds: float
    is_deferred: bool = False


class SimulatedHost:
    """One instance.

    Args:
        seed: Of chance: each piece of work takes a fifth more or less.
        fair: Whether messages are deferred, and places given to flows in turn.
        places: Images that are analysed at once.

    Attributes:
        now: Seconds.
        ended: When each image was done.
        hop_count: How many messages were sent to the tail.
    """

    def __init__(self, seed: int, *, fair: bool = True, places: int = 2) -> None:
        self.now = 0.0
        self.ended: dict[str, float] = {}
        self.hop_count = 0
        self._flows: dict[str, str] = {}
        self._fair = fair
        self._free = places
        self._share = FairShare(slots=places, monotonic=lambda: self.now)
        self._rivals = Rivals(
            jobs=cast("JobStore", self),
            kinds=("t",),
            settings=Settings.read({"JOB_BUCKETS": "1"}),
            clock=FakeClock().server,
            runtime=Runtime(monotonic=lambda: self.now),
        )
        self._chance = random.Random(seed)
        self._numbers = itertools.count()
        self._acts: list[tuple[float, int, Callable[[], object]]] = []
        self._queue: list[tuple[float, int, Message]] = []
        self._in_hand = 0
        self._waiting: list[tuple[int, Message, Slot]] = []
        self._inside: Counter[str] = Counter()
        self._after(0, partial(self._poll, POLL))

    def send(self, message: Message, *, delay: float = 0.0) -> None:
        """Put a message in; the queue knows whole seconds."""
        self._flows[message.name] = message.flow
        heapq.heappush(self._queue, (self.now + math.ceil(delay), next(self._numbers), message))

    def due(self, *_: object, limit: int, after: Due | None, **__: object) -> list[Due]:
        """Do as ``JobStore.due`` does, of one bucket."""
        live = sorted(name for name in self._flows.keys() - self.ended.keys() if after is None or name > after.at)
        return [Due(name, self._flows[name], name) for name in live[:limit]]

    def later(self, seconds: float, message: Message) -> None:
        """Let a message be sent in a while."""
        self._after(seconds, partial(self.send, message))

    def run(self, done: Callable[[], bool]) -> None:
        """Let time pass until then."""
        while not done():
            self.now, _, act = heapq.heappop(self._acts)
            act()

    def _after(self, seconds: float, act: Callable[[], object]) -> None:
        heapq.heappush(self._acts, (self.now + seconds, next(self._numbers), act))

    def _poll(self, pause: float) -> None:
        took = 0
        if self._in_hand <= THRESHOLD:
            while took < BATCH and self._queue and self._queue[0][0] <= self.now:
                message = heapq.heappop(self._queue)[2]
                self._in_hand, took = self._in_hand + 1, took + 1
                self._after(0.01, partial(self._receive, message))
        pause = POLL if took or self._in_hand > THRESHOLD else min(1.5 * pause, LONGEST_POLL)
        self._after(pause, partial(self._poll, pause))

    def _receive(self, message: Message) -> None:
        """Do as ``Receive`` does."""
        plain = message.is_deferred or not self._fair
        share, wait = self._share, self._rivals.may_wait
        slot = share.take(message.flow) if plain else share.take_or_defer(message.flow, others_wait=wait)
        if isinstance(slot, timedelta):
            self._in_hand, self.hop_count = self._in_hand - 1, self.hop_count + 1
            self.send(
                Message(message.flow, message.name, message.seconds, is_deferred=True), delay=slot.total_seconds()
            )
            return
        self._waiting.append((next(self._numbers), message, slot))
        self._admit()

    def _admit(self) -> None:
        """Give places as ``Admission`` does."""
        while self._free and self._waiting:
            one = min(self._waiting, key=lambda one: (self._inside[one[1].flow] * self._fair, one[0]))
            self._waiting.remove(one)
            self._free -= 1
            self._inside[one[1].flow] += 1
            seconds = one[1].seconds * self._chance.uniform(0.8, 1.2)
            self._after(seconds, partial(self._end, *one[1:]))

    def _end(self, message: Message, slot: Slot) -> None:
        self._free, self._in_hand = self._free + 1, self._in_hand - 1
        self._inside[message.flow] -= 1
        self.ended[message.name] = self.now
        with slot:
            slot.end = End.COMPLETED
        self._admit()
