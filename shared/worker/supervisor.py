"""Keep the processes of a group running: start again what dies, have all drain, and know how each is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from shared import clock
from shared.telemetry import LogEvent, emit
from shared.worker.children import Child
from shared.worker.health import state_of
from shared.worker.run import TICK, Ending

#: Seconds from a process's death to the next start in its place: twice as long each time, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
#: One that has run for so many seconds begins with the first pause again.
STEADY = 60.0
#: One that says nothing for so many seconds is not well; it does so each second.
SILENT = 10.0
#: Seconds beyond its time to drain after which a process is killed.
AFTER_DRAIN = 5.0
_UNKNOWN = {"is_well": False, "is_idle": False, "polled_seconds": None, "upkeep": None}


class GroupWishes(Protocol):
    """When to end, and what the processes say meanwhile: ``Signals``."""

    @property
    def count(self) -> int:
        """How often an end was wished for."""

    def wait(self, seconds: float, *descriptors: int) -> object:
        """Wait for a wish, or until one of the descriptors can be read."""


@dataclass
class Place:
    """One of the group, whichever process has it.

    Attributes:
        number: From 0; the first leads.
        child: The process; None between a death and the next start.
        started_at: Monotonic second of its start.
        start_at: Of the next one.
        pause: Seconds before that.
        health: As it has said last.
        heard_at: Monotonic second of that.
    """

    number: int
    child: Child | None = None
    started_at: float = 0.0
    start_at: float = float("-inf")
    pause: float = FIRST_PAUSE / 2
    health: Mapping[str, Any] | None = None
    heard_at: float = 0.0

    def state(self, now: float) -> dict[str, Any]:
        """Return how it is, for ``/health``."""
        child, health = self.child, self.health
        if child is None or health is None:
            return {**_UNKNOWN, "pid": None if child is None else child.pid}
        polled = _older(health["polled_seconds"], now - self.heard_at)
        is_well = health["is_well"] and now - self.heard_at < SILENT
        return {**health, "polled_seconds": polled, "pid": child.pid, "is_well": is_well}


class Supervisor:
    """Run so many processes until an end is wished for.

    Args:
        launch: Starts the process of a place, by its number.
        processes: How many.
        drain: Seconds that each may take to end what is under way.
        wishes: When to end.
        monotonic: Seconds that never go back.
    """

    def __init__(
        self,
        launch: Callable[[int], Child],
        *,
        processes: int,
        drain: float,
        wishes: GroupWishes,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._launch = launch
        self._drain = drain
        self._wishes = wishes
        self._monotonic = monotonic
        self._places = [Place(number) for number in range(processes)]
        self._kill_at: float | None = None
        self._ending = Ending.SETTLED

    def run(self) -> Ending:
        """Keep them running; after a wish, return how they have ended when all have."""
        while True:
            self._start_due()
            running = [(place, child) for place in self._places if (child := place.child) is not None]
            if self._kill_at is not None and not running:
                return self._ending
            self._wishes.wait(self._seconds(), *(child.fileno() for _, child in running))
            for place, child in running:
                self._listen(place, child)
            self._obey()

    def report(self) -> dict[str, Any]:
        """Say how all of them are; any thread may ask."""
        now = self._monotonic()
        return state_of([place.state(now) for place in self._places])

    def _seconds(self) -> float:
        """Return how long to wait for what they say."""
        due = [place.start_at for place in self._places if place.child is None]
        return max(0.0, min([TICK, *(at - self._monotonic() for at in due)]))

    def _start_due(self) -> None:
        now = self._monotonic()
        for place in self._places:
            if place.child is None and self._kill_at is None and place.start_at <= now:
                place.child, place.started_at, place.heard_at = self._launch(place.number), now, now

    def _listen(self, place: Place, child: Child) -> None:
        """Take in what a process says, or that it has ended; wake the others when it has work."""
        health = child.health()
        if health is not None:
            place.health, place.heard_at = health, self._monotonic()
            if not health["is_idle"]:
                self._wake_idle()
        status = child.status()
        if status is not None:
            child.close()
            place.child = place.health = None
            self._mourn(place, status)

    def _wake_idle(self) -> None:
        for place in self._places:
            if place.child is not None and place.health is not None and place.health["is_idle"]:
                place.child.wake()

    def _mourn(self, place: Place, status: int) -> None:
        """Have a process that has ended started again, unless all are to end, or none can start."""
        if self._kill_at is not None:
            ending = Ending(status) if status in (Ending.SETTLED, Ending.STORAGE_OUT) else Ending.CUT_SHORT
            self._ending = self._ending or ending
        elif status == Ending.SETTINGS:
            self._ending = Ending.SETTINGS
            self._stop()
        else:
            now = self._monotonic()
            is_steady = now - place.started_at >= STEADY
            place.pause = FIRST_PAUSE if is_steady else min(LONGEST_PAUSE, 2 * place.pause)
            place.start_at = now + place.pause
            emit(LogEvent.PROCESS_ENDED, process=place.number, status=status, pause=place.pause)

    def _obey(self) -> None:
        """Have all drain at the first wish; end them at the second, or when they take too long."""
        if self._wishes.count and self._kill_at is None:
            self._stop()
        if self._wishes.count > 1 or (self._kill_at is not None and self._monotonic() >= self._kill_at):
            for place in self._places:
                if place.child is not None:
                    place.child.kill()

    def _stop(self) -> None:
        self._kill_at = self._monotonic() + self._drain + AFTER_DRAIN
        for place in self._places:
            if place.child is not None:
                place.child.stop()


def _older(seconds: float | None, age: float) -> float | None:
    return None if seconds is None else seconds + age
