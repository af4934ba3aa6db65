"""What timers do under Functions: each chore again and again, less often while there is no work.

Other workers have the same chores. Who comes to one that another has done a moment ago leaves it out, at the cost of
one read: so the chores of many containers cost little more than those of one.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta

from shared.errors import Outage
from shared.runtime import Event, Runtime
from shared.telemetry import LogEvent, emit

#: A chore of another worker counts for this share of the time until the next one. With less of it more would be done
#: twice; with all of it none might be done where two come in turns, and one that dies would be missed for longer.
REST = 0.75


@dataclass(frozen=True, kw_only=True)
class Chore:
    """What is done again and again.

    Attributes:
        name: As the log has it: ``sweep``, ``reconcile``, ``purge``.
        act: Does it once, unless another worker has done it within the time that it is given; says whether there was
            work.
        busy: From the beginning of one to that of the next, while there is work; at once where one takes longer.
        idle: The same, without work.
        first: Before the first one, at most: processes that start together part ways.
    """

    name: str
    act: Callable[[timedelta], bool]
    busy: timedelta
    idle: timedelta
    first: timedelta


@dataclass(kw_only=True)
class Chores:
    """Do chores side by side, each in a thread of its own.

    Attributes:
        chores: Which.
        runtime: Time, chance and threads.
        is_idle: Whether there has been no work for long.
        note_work: Called when a chore has found some.
        stopping: Set when they are to end.
        is_settled: Whether none that was under way at the end has met an outage: it may have left claims and locks.
    """

    chores: tuple[Chore, ...]
    runtime: Runtime
    is_idle: Callable[[], bool]
    note_work: Callable[[], object]
    stopping: Event

    def __post_init__(self) -> None:
        """Note that none has met an outage."""
        self.is_settled = True

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Do them beside what is in the ``with`` block; at its end begin none any more, and end those under way."""
        with ExitStack() as pools:
            for chore in self.chores:
                pools.enter_context(self.runtime.pool(1, chore.name)).submit(self._repeat, chore)
                pools.callback(self.stopping.set)
            yield

    def _repeat(self, chore: Chore) -> None:
        wait = chore.first.total_seconds() * self.runtime.chance()
        while not self.stopping.wait(wait):
            begun_at = self.runtime.monotonic()
            self._do(chore)
            pause = self._pause(chore)
            wait = max(0.0, begun_at + pause.total_seconds() - self.runtime.monotonic())

    def _pause(self, chore: Chore) -> timedelta:
        return chore.idle if self.is_idle() else chore.busy

    def _do(self, chore: Chore) -> None:
        """Do one once; what it raises is logged, and the next goes on."""
        try:
            if chore.act(REST * self._pause(chore)):
                self.note_work()
        except Exception as error:  # noqa: BLE001 - the edge of a thread: the next one may work
            self.is_settled = self.is_settled and not (isinstance(error, Outage) and self.stopping.wait(0))
            emit(LogEvent.CHORE_FAILED, chore=chore.name, error=type(error).__name__)
