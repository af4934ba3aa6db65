"""A group of worker processes under their parent, all of production, on the services in process and in virtual time.

What is not production here: pipes and signals. What a process says is there at once, and an order too.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from shared.worker.run import Ending, run
from shared.worker.supervisor import Supervisor
from shared.worker.worker import Worker
from tests.simulation.clocks import Watch
from tests.simulation.instance import Instance
from tests.simulation.scheduler import Home
from tests.simulation.threads import Event
from tests.simulation.worker.worker_ground import Ground

DRAIN = 25.0


class Orders:
    """What the parent wants of a process, as ``shared.worker.child.Orders``.

    Args:
        event: Of the process.
        on_wake: Called when the parent has woken it.
    """

    def __init__(self, event: Any, on_wake: Callable[[], object]) -> None:  # noqa: ANN401 - of the runtime
        self.count = 0
        self.wakes = 0
        self._event = event
        self._on_wake = on_wake

    def wait(self, seconds: float) -> None:
        """Wait for an order."""
        self._event.wait(seconds)
        self._event.clear()
        if self.wakes:
            self.wakes = 0
            self._on_wake()

    def wake(self) -> None:
        """Let who waits go on."""
        self._event.set()


class Member:
    """A process of the group, as its parent has it in hand: see ``Child``.

    Args:
        process: Where it runs.
        leads: Whether it does the chores.
        slots: Messages at once.
        on_word: Called when it has said something, or has ended.

    Attributes:
        wakes: How often it was woken.
    """

    def __init__(self, process: Instance, *, leads: bool, slots: int, on_word: Callable[[], object]) -> None:
        self.process = process
        self.worker = Worker(process.darkroom, slots=slots, leads=leads)
        self.wakes = 0
        self.pid = id(self)
        self._on_word = on_word
        self._words: dict[str, Any] | None = None
        self._orders = Orders(process.darkroom.runtime.event(), self.worker.wake)
        self._task = process.begin("main", self._run)
        process.scheduler.watch(self._task, on_word)

    def _run(self) -> Ending:
        return run(self.worker, drain=DRAIN, wishes=self._orders, tick=self._say, runtime=self.process.darkroom.runtime)

    def _say(self) -> None:
        self._words = asdict(self.worker.health())
        self._on_word()

    def fileno(self) -> int:
        """See ``Child``."""
        return self.pid

    def health(self) -> dict[str, Any] | None:
        """See ``Child``."""
        words, self._words = self._words, None
        return words

    def status(self) -> int | None:
        """See ``Child``."""
        if not self._task.ended:
            return None
        return -9 if self._task.error else int(self._task.value)

    def wake(self) -> None:
        """See ``Child``."""
        self.wakes += 1
        self._orders.wakes += 1
        self._orders.wake()

    def stop(self) -> None:
        """See ``Child``."""
        self._orders.count = 1
        self._orders.wake()

    def kill(self) -> None:
        """See ``Child``."""
        self.process.scheduler.kill(self.process)

    def close(self) -> None:
        """See ``Child``."""


class Group:
    """A parent and its processes; it begins at once.

    Args:
        ground: Where they run.
        processes: How many.
        slots: Messages at once in each.

    Attributes:
        count: How often an end was wished for.
        members: The newest process of each place.
    """

    def __init__(self, ground: Ground, *, processes: int = 3, slots: int = 4) -> None:
        self.ground = ground
        self.count = 0
        self.members: dict[int, Member] = {}
        self.starts = 0
        self._slots = slots
        self._event = Event(ground.scheduler, Watch(ground.account.clock))
        supervisor = Supervisor(
            self._launch, processes=processes, drain=DRAIN, wishes=self, monotonic=lambda: ground.now
        )
        self.task = ground.scheduler.spawn("parent/supervisor", supervisor.run, Home("parent"))

    def wait(self, seconds: float, *_: int) -> None:
        """Wait for what processes say, as ``Signals``."""
        self._event.wait(seconds)
        self._event.clear()

    def wish(self) -> None:
        """Wish for an end, as SIGTERM does."""
        self.count += 1
        self._event.set()

    def _launch(self, number: int) -> Member:
        self.starts += 1
        process = self.ground.begin(f"member-{number}-{self.starts}")
        self.members[number] = Member(process, leads=number == 0, slots=self._slots, on_word=self._event.set)
        return self.members[number]
