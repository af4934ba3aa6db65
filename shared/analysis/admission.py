"""How many images are analysed at once in one process: as many as memory bears, each at its own limit."""

import itertools
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How often a waiter asks whether it is still wanted.
LOOK_SECONDS = 0.25


class Stopped(Exception):
    """The waiter is not wanted any more."""


class Admission:
    """A number of places, given to flows in turn, and within one to whoever came first.

    Next is the flow with the fewest inside; of several the one that came first, where one whose turn is over comes
    again. So one flow's images keep no other's waiting for more than the place that is free next. Whoever is next keeps
    all others back, and so who wants to be alone is not overtaken for ever.

    Args:
        places: How many may be inside together, 1 or more.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self._used = 0
        self._inside: Counter[str] = Counter()
        self._waiting: dict[str, deque[object]] = {}
        self._turns: dict[str, int] = {}
        self._numbers = itertools.count()
        self._changed = threading.Condition()

    @contextmanager
    def admit(self, *, alone: bool, stop: Callable[[], bool], flow: str = "") -> Iterator[None]:
        """Be inside.

        Args:
            alone: Take all places: nobody else is inside meanwhile.
            stop: Says that one need not wait any longer.
            flow: Whose work it is.

        Raises:
            Stopped: It said so.
        """
        taken = self.places if alone else 1
        self._enter(taken, stop, flow)
        try:
            yield
        finally:
            with self._changed:
                self._used -= taken
                self._inside[flow] -= 1
                self._turns[flow] = next(self._numbers)
                self._forget(flow)
                self._changed.notify_all()

    def _enter(self, taken: int, stop: Callable[[], bool], flow: str) -> None:
        ticket = object()
        with self._changed:
            self._waiting.setdefault(flow, deque()).append(ticket)
            self._turns.setdefault(flow, next(self._numbers))
            try:
                while self._next() is not ticket or self._used + taken > self.places:
                    if stop():
                        raise Stopped
                    self._changed.wait(LOOK_SECONDS)
                self._used += taken
                self._inside[flow] += 1
            finally:
                self._waiting[flow].remove(ticket)
                self._forget(flow)
                self._changed.notify_all()

    def _next(self) -> object:
        flow = min(
            (flow for flow, tickets in self._waiting.items() if tickets),
            key=lambda flow: (self._inside[flow], self._turns[flow]),
        )
        return self._waiting[flow][0]

    def _forget(self, flow: str) -> None:
        """Keep nothing of a flow that has nobody here."""
        if not self._waiting.get(flow):
            self._waiting.pop(flow, None)
            if not self._inside[flow]:
                del self._inside[flow]
                self._turns.pop(flow, None)
