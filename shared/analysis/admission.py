"""How much may be decoded at once in one process, by estimated memory."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

#: How often a waiter asks whether it is still wanted.
LOOK_SECONDS = 0.25


class Stopped(Exception):
    """The waiter is not wanted any more."""


class Admission:
    """A semaphore with weights, first come, first served: so a heavy image is not overtaken for ever by light ones.

    Args:
        capacity_bytes: What may be in use together; one that is heavier alone is let in by itself.
    """

    def __init__(self, capacity_bytes: int) -> None:
        self._capacity = capacity_bytes
        self._used = 0
        self._waiting: deque[object] = deque()
        self._changed = threading.Condition()

    @contextmanager
    def admitted(self, weight_bytes: int | None, *, stop: Callable[[], bool]) -> Iterator[None]:
        """Be inside.

        Args:
            weight_bytes: What one will take; None for all there is: then nobody else is inside.
            stop: Says that one need not wait any longer.

        Raises:
            Stopped: It said so.
        """
        weight = self._capacity if weight_bytes is None else min(weight_bytes, self._capacity)
        self._enter(weight, stop)
        try:
            yield
        finally:
            with self._changed:
                self._used -= weight
                self._changed.notify_all()

    def _enter(self, weight: int, stop: Callable[[], bool]) -> None:
        ticket = object()
        with self._changed:
            self._waiting.append(ticket)
            try:
                while self._waiting[0] is not ticket or self._used + weight > self._capacity:
                    if stop():
                        raise Stopped
                    self._changed.wait(LOOK_SECONDS)
                self._used += weight
            finally:
                self._waiting.remove(ticket)
                self._changed.notify_all()
