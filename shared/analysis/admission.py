"""Admission control: how many images one process analyses at once, and whose image is next."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from shared.errors import AnalysisDied

RESULT_UNWANTED = "The analysis was stopped because its result is no longer needed."
#: How often a caller that waits is asked whether its result is still wanted.
POLL_SECONDS = 0.25


class Admission:
    """A number of places that flows take in turn; within a flow, first come, first served.

    Next is the flow that has the fewest places; of several, the one that left or arrived longest ago. So the images of
    one flow never keep another flow waiting for more than one place. Nobody overtakes whoever is next, so an image that
    needs all places gets them.

    Args:
        places: How many images may be analysed at once, 1 or more.
    """

    def __init__(self, places: int) -> None:
        self.places = places
        self._inside: Counter[str] = Counter()
        self._waiting: list[tuple[str, int]] = []  # flow and arrival
        self._turns: dict[str, int] = {}
        self._numbers = itertools.count()
        self._change = threading.Condition()

    @contextmanager
    def admit(self, *, alone: bool, stop: Callable[[], bool], flow: str = "") -> Iterator[None]:
        """Wait for a place, and keep it while the caller's block runs.

        Args:
            alone: Take all places, so that nothing else is analysed meanwhile.
            stop: Whether the result is no longer wanted; asked a few times a second.
            flow: Whose image it is.

        Raises:
            AnalysisDied: ``analysis_stopped``, because ``stop`` said so.
        """
        places = self.places if alone else 1
        with self._change:
            ticket = (flow, next(self._numbers))
            self._turns.setdefault(*ticket)
            self._waiting.append(ticket)
            try:
                while self._next() != ticket or self._inside.total() + places > self.places:
                    if stop():
                        raise AnalysisDied("analysis_stopped", RESULT_UNWANTED)
                    self._change.wait(POLL_SECONDS)
                self._inside[flow] += places
            finally:
                self._waiting.remove(ticket)
                self._settle()
        try:
            yield
        finally:
            with self._change:
                self._inside[flow] -= places
                self._turns[flow] = next(self._numbers)
                self._settle()

    def _next(self) -> tuple[str, int]:
        return min(self._waiting, key=lambda ticket: (self._inside[ticket[0]], self._turns[ticket[0]], ticket[1]))

    def _settle(self) -> None:
        """Forget flows that have left, and let those that wait look again."""
        self._inside = +self._inside
        here = {*self._inside, *(flow for flow, _ in self._waiting)}
        self._turns = {flow: turn for flow, turn in self._turns.items() if flow in here}
        self._change.notify_all()
