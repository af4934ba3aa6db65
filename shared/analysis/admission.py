"""How many images are analysed at once in one process: as many as memory bears, each at its own limit."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How often a waiter asks whether it is still wanted.
LOOK_SECONDS = 0.25


class Stopped(Exception):
    """The waiter is not wanted any more."""


class Admission:
    """A number of places, first come, first served: so who wants to be alone is not overtaken for ever.

    Args:
        places: How many may be inside together, 1 or more.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self._used = 0
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def admit(self, *, alone: bool, stop: Callable[[], bool]) -> Iterator[None]:
        """Be inside.

        Args:
            alone: Take all places: nobody else is inside meanwhile.
            stop: Says that one need not wait any longer.

        Raises:
            Stopped: It said so.
        """
        taken = self.places if alone else 1
        self._enter(taken, stop)
        try:
            yield
        finally:
            with self._changed:
                self._used -= taken
                self._changed.notify_all()

    def _enter(self, taken: int, stop: Callable[[], bool]) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or self._used + taken > self.places:
                    if stop():
                        raise Stopped
                    self._changed.wait(LOOK_SECONDS)
                self._used += taken
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
