"""Act on the jobs of a plan, in batches, a few of them at once, and note in a ledger what has become of each."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any

from shared.cli.acts import Act
from shared.cli.operations import DONE, REFUSED, Ledger, Result, reason
from shared.cli.service import Service, ServiceDown
from shared.errors import DarkroomError
from shared.invocation import start

#: Jobs of a batch at most, as the API takes them; batches at once.
BATCH, AT_ONCE = 100, 3
#: How often a batch is sent while nothing comes of it; the first pause, of which each later one is twice the last.
TRIES, FIRST_PAUSE = 4, 1.0
#: Seconds until the thread that waits for replies looks whether it is to stop.
_GLANCE = 0.25
#: Characters of a filter that the service's log keeps.
_MOST_OF_FILTER = 100


class Interrupted(DarkroomError):
    """The operator has stopped it; what was sent has its results."""


@dataclass(frozen=True)
class _Ended:
    """A batch is over.

    Attributes:
        error: Why it has no more results; None if it has all of them.
    """

    error: BaseException | None


@dataclass
class Bulk:
    """Act on all that has no result yet.

    Attributes:
        service: Takes the batches.
        ledger: Has the plan, and takes the results.
        kind: What to do.
        more: Other fields of each call.
        watch: Called with results as they come.
        should_stop: Whether to send nothing more; asked again and again.
        pause: Waits for so many seconds.
        at_once: Batches at once.
    """

    service: Service
    ledger: Ledger
    kind: Act
    more: Mapping[str, Any]
    watch: Callable[[Sequence[Result]], object]
    should_stop: Callable[[], bool]
    pause: Callable[[float], object]
    at_once: int = field(default_factory=lambda: AT_ONCE)
    _events: SimpleQueue[list[Result] | _Ended] = field(default_factory=SimpleQueue)
    _earlier: frozenset[int] = frozenset()

    def act(self) -> None:
        """Send batch after batch; return when all of the plan has results.

        Raises:
            Interrupted: It was to stop. What was sent before has its results.
            ServiceDown: The service is out, or does not decide on some jobs. Those are for another time.
            ServiceRefused: The service refuses the whole batch, as it would refuse every other.
            LedgerUnusable: The ledger can't be written any more.
            OSError: ``watch`` can't tell anybody of results any more; they are noted all the same.
        """
        self._earlier = frozenset(self.ledger.progress.tries)
        batches = iter(list(_batches(self.ledger.progress.remainder())))
        running, failure = 0, None
        while True:
            while running < self.at_once and failure is None and not self.should_stop():
                places = next(batches, None)
                if places is None:
                    break
                self._send(places)
                running += 1
            if not running:
                break
            event = self._next_event()
            if isinstance(event, _Ended):
                running, failure = running - 1, failure or event.error
            else:
                self.ledger.settle(event)
                try:
                    self.watch(event)
                except OSError as error:  # its output: what is on its way comes to its end, and is noted
                    failure = failure or error
        if failure is not None:
            raise failure
        if self.ledger.progress.remainder():
            raise Interrupted

    def _next_event(self) -> list[Result] | _Ended:
        """Wait in short steps: some systems interrupt no wait that is without an end."""
        while True:
            try:
                return self._events.get(timeout=_GLANCE)
            except Empty:
                self.should_stop()

    def _send(self, places: list[int]) -> None:
        self.ledger.send(places)
        start(partial(self._run, places), name="batch")

    def _run(self, places: list[int]) -> None:
        """Send one batch, and what is unknown of it again; in a thread of its own, which does not touch the ledger."""
        error: BaseException | None = AssertionError("a batch has died")  # its thread prints of what
        try:
            self._settle(places)
            error = None
        except DarkroomError as failure:
            error = failure
        finally:
            self._events.put(_Ended(error))

    def _settle(self, places: list[int]) -> None:
        """Send a batch, and what has no result of it once more: with ``as_of`` a repeated one does nothing twice."""
        again = self._earlier.intersection(places)
        left, tries, pause = places, 0, FIRST_PAUSE
        while left and not (tries and self.should_stop()):
            if tries:
                self.pause(pause)
                pause *= 2
            try:
                results, unknown = self._call(left, again)
            except ServiceDown:
                if tries >= TRIES - 1:
                    raise
                results, unknown = [], left
            if results:
                self._events.put(results)
            tries = 1 if results else tries + 1
            if unknown and tries == TRIES:
                raise ServiceDown("The service can't tell what has become of some jobs. Try again later.")
            again, left = again.union(unknown), unknown

    def _call(self, places: Sequence[int], again: frozenset[int]) -> tuple[list[Result], list[int]]:
        """Send a batch; return its results, and the places of which nothing is known."""
        progress = self.ledger.progress
        if progress.operation is None:
            raise AssertionError("an operation that has not begun")
        body = {
            "action": self.kind.action,
            "ids": [progress.plan[place] for place in places],
            "operation": progress.operation.id,
            "filter": {name: _short(value) for name, value in progress.operation.filters.items()},
            **self.more,
        }
        reply = self.service.call("POST", self.kind.path, body=body)
        try:
            outcomes = [(one["id"], one["outcome"], one["code"], one["detail"]) for one in reply.json()["results"]]
        except (KeyError, TypeError, ValueError):
            outcomes = []
        if [identity for identity, *_ in outcomes] != body["ids"]:
            raise ServiceDown("The service has answered in a form that this command does not know.")
        results: list[Result] = []
        for place, (_, outcome, code, detail) in zip(places, outcomes, strict=True):
            if outcome == DONE:
                results.append((place, DONE, None, None))
            elif outcome == REFUSED:
                results.append((place, REFUSED, reason(code, again=place in again), detail))
        settled = {place for place, *_ in results}
        return results, [place for place in places if place not in settled]


def _batches(places: list[int]) -> Iterator[list[int]]:
    return (places[at : at + BATCH] for at in range(0, len(places), BATCH))


def _short(value: object) -> object:
    text = value if isinstance(value, str) else json.dumps(value)
    return value if len(text) <= _MOST_OF_FILTER else f"{text[:_MOST_OF_FILTER]}…"
