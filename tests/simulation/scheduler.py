"""Who goes on next: every thread of every process of a world is a greenlet, and all of them run in one thread of ours.

A task runs until it waits. The scheduler then takes the next event in the order of virtual time: a task that goes on,
or a call, such as the arrival of a request. Nothing else moves the time. Events of the same moment come in an order
that is drawn, from a stream of the task's own.
"""

import heapq
import itertools
from collections.abc import Callable
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

from tests.simulation.service.clock import ServiceClock

#: What wakes a task that nobody else wakes.
NEVER = float("inf")


class Died(BaseException):
    """The process of this task is no more; nothing catches it but the end of the task."""


class Stuck(AssertionError):
    """Somebody waits for what nobody will do."""


class Home:
    """What tasks belong to: a process of the simulated world, or the world itself.

    Attributes:
        name: In traces.
        dead: Whether its tasks are to be thrown away.
        stopped_until: Virtual second until which its tasks stand still; the past when they don't.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.stopped_until = 0.0


class Task:
    """One thread of a process.

    Attributes:
        name: Its own, the same in each run of the same seed.
        home: The process.
        ended: Whether it has run to its end.
        value: What its call has returned.
        error: What its call has raised, ``Died`` included.
        order: The stream that decides how long its requests take, and who goes first at the same moment.
        luck: The stream that decides what goes wrong with its requests.
        request_count: Requests so far.
        last_fault: The fault that its last request has met.
        begun_at: Virtual second of its beginning.
        lethal: Times so far that its analysis was to end its process.
    """

    def __init__(self, scheduler: "Scheduler", name: str, call: Callable[[], Any], home: Home) -> None:
        self.name = name
        self.home = home
        self.ended = False
        self.value: Any = None
        self.error: BaseException | None = None
        self.epoch = 0
        self.was_woken = False
        self.joiners: list[Task] = []
        self.afterwards: list[Callable[[], object]] = []
        self.order = scheduler.stream(f"order/{name}")
        self.luck = scheduler.stream(f"luck/{name}")
        self.request_count = self.lethal = 0
        self.last_fault: Any = None
        self.begun_at = scheduler.now
        self._call = call
        self.greenlet = greenlet(self._run, parent=scheduler.hub)

    def is_alive(self) -> bool:
        """Say whether it still runs, as threads do."""
        return not self.ended

    def _run(self) -> None:
        try:
            self.value = self._call()
        except BaseException as error:  # noqa: BLE001 - the edge of a thread: who joins it asks
            self.error = error


class Scheduler:
    """One virtual time and everything that waits for a moment of it.

    Args:
        clock: The services' time, which is moved.
        stream: Makes a random stream by name.

    Attributes:
        tasks: That have not ended, in the order of their beginning.
        ended: Called with each task at its end.
        current: The task that runs; None where none does: before a world begins, and when it is judged.
    """

    def __init__(self, clock: ServiceClock, stream: Callable[[str], Random]) -> None:
        self.clock = clock
        self.stream = stream
        self.hub = getcurrent()
        self.tasks: list[Task] = []
        self.ended: Callable[[Task], object] = lambda _: None
        self.current: Task | None = None
        self._deaths = False
        self._names: dict[str, int] = {}
        self._events: list[tuple[float, float, int, Task | Callable[[], object], int]] = []
        self._numbers = itertools.count()

    @property
    def now(self) -> float:
        """Virtual seconds."""
        return self.clock.seconds

    def unique(self, name: str) -> str:
        """Return a name that no other task has, by counting those of the same name."""
        number = self._names[name] = self._names.get(name, 0) + 1
        return f"{name}.{number}"

    def spawn(self, name: str, call: Callable[[], Any], home: Home) -> Task:
        """Begin a task."""
        task = Task(self, self.unique(name), call, home)
        self.tasks.append(task)
        self._push(self.now, task)
        return task

    def at(self, moment: float, call: Callable[[], object], order: float = 0.5) -> None:
        """Have a call made at a moment, by no task."""
        heapq.heappush(self._events, (max(moment, self.now), order, next(self._numbers), call, 0))

    def sleep(self, seconds: float) -> None:
        """Let the running task wait for a time."""
        self.park(self.now + max(0.0, seconds))

    def park(self, until: float = NEVER) -> bool:
        """Let the running task wait until it is woken; say whether it was, or else the time was over.

        Raises:
            Died: Its process has died meanwhile.
        """
        task = self.current
        if task is None:
            raise Stuck("nobody can wait here")
        if task.home.dead:
            raise Died
        task.was_woken = False
        if until != NEVER:
            self._push(until, task)
        self.hub.switch()
        if task.home.dead:
            raise Died
        return task.was_woken

    def wake(self, task: Task) -> None:
        """Let a task that is parked go on."""
        if not task.ended:
            task.was_woken = True
            self._push(self.now, task)

    def join(self, task: Task) -> None:
        """Let the running task wait for another's end."""
        while not task.ended:
            if self.current is not None:
                task.joiners.append(self.current)
            self.park()

    def watch(self, task: Task, call: Callable[[], object]) -> None:
        """Have a call made when a task has ended, or its process died."""
        task.afterwards.append(call)

    def kill(self, home: Home) -> None:
        """End a process: none of its tasks does anything more."""
        home.dead = self._deaths = True

    def close(self) -> None:
        """End all processes."""
        for task in self.tasks:
            self.kill(task.home)
        self._bury()

    def run(self, until: float, *, enough: Callable[[], bool] = lambda: False) -> bool:
        """Go on until a moment; say whether everything was over, or enough, before it.

        Raises:
            Stuck: Tasks are left, and nothing will ever wake one of them.
        """
        while not enough():
            self._bury()
            if not self._events:
                if self.tasks:
                    raise Stuck(", ".join(task.name for task in self.tasks))
                return True
            moment, order, number, what, epoch = heapq.heappop(self._events)
            if moment > until:
                heapq.heappush(self._events, (moment, order, number, what, epoch))
                self.clock.seconds = max(self.now, until)
                return False
            if isinstance(what, Task):
                self._go_on(what, epoch, moment)
            else:
                self.clock.seconds = moment
                what()
        return True

    def _go_on(self, task: Task, epoch: int, moment: float) -> None:
        if task.ended or epoch != task.epoch:
            return
        self.clock.seconds = max(self.now, moment)
        if task.home.stopped_until > self.now:
            was_woken = task.was_woken
            self._push(task.home.stopped_until, task)
            task.was_woken = was_woken
            return
        self._switch(task)

    def _switch(self, task: Task, error: BaseException | None = None) -> None:
        task.epoch += 1
        self.current = task
        if error is None:
            task.greenlet.switch()
        elif task.greenlet:
            task.greenlet.throw(error)
        self.current = None
        if task.greenlet.dead or error is not None:
            task.ended = True
            self.tasks.remove(task)
            for joiner in task.joiners:
                self.wake(joiner)
            task.joiners.clear()
            for call in task.afterwards:
                call()
            self.ended(task)

    def _bury(self) -> None:
        """End the tasks of processes that have died."""
        while self._deaths:
            self._deaths = False
            for task in [task for task in self.tasks if task.home.dead]:
                task.error = Died()
                self._switch(task, Died())

    def _push(self, moment: float, task: Task) -> None:
        task.epoch += 1
        heapq.heappush(self._events, (moment, task.order.random(), next(self._numbers), task, task.epoch))
