"""What production code takes for threads, pools, locks and events, made of the scheduler's tasks."""

from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

from tests.simulation.clocks import Watch
from tests.simulation.scheduler import NEVER, Died, Home, Scheduler, Task

#: Less than this does not move a clock that has run for hours: who waits for it would wait for ever.
_INSTANT = 0.001


class Lock:
    """A lock that may be held over requests; where no task runs it is free."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._holder: Task | None = None
        self._waiting: deque[Task] = deque()

    def __enter__(self) -> bool:
        """Wait until it is free, and take it."""
        task = self._scheduler.current
        while self._holder is not None and task is not None:
            self._waiting.append(task)
            self._scheduler.park()
        self._holder = task
        return True

    def __exit__(self, *_: object) -> None:
        """Let go, and let the next go on."""
        self._holder = None
        if self._waiting:
            self._scheduler.wake(self._waiting.popleft())


class Event:
    """What tasks wait for, by the clock of their process."""

    def __init__(self, scheduler: Scheduler, watch: Watch) -> None:
        self._scheduler = scheduler
        self._watch = watch
        self._set = False
        self._waiting: list[Task] = []

    def set(self) -> None:
        """Let them go on."""
        self._set = True
        for task in self._waiting:
            self._scheduler.wake(task)
        self._waiting.clear()

    def clear(self) -> None:
        """Let them wait from now on."""
        self._set = False

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or for a time; say whether it is set."""
        until = NEVER if timeout is None else self._scheduler.now + max(_INSTANT, self._watch.span(timeout))
        while not self._set and self._scheduler.now < until and self._scheduler.current is not None:
            self._waiting.append(self._scheduler.current)
            self._scheduler.park(until)
        return self._set


class Promise(Future[Any]):
    """A call of a pool: who asks for its end waits as tasks do."""

    def __init__(self, scheduler: Scheduler) -> None:
        super().__init__()
        self._scheduler = scheduler
        self._event = Event(scheduler, Watch(scheduler.clock))
        self.add_done_callback(lambda _: self._event.set())

    def result(self, timeout: float | None = None) -> Any:  # noqa: ANN401 - whatever the call returns
        """Return what the call has returned."""
        self._event.wait(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """Return what the call has raised."""
        self._event.wait(timeout)
        return super().exception(0)


class Pool(Executor):
    """So many tasks of a process that make one call after the other.

    Args:
        scheduler: Runs them.
        home: Their process.
        most: At once.
        name: Of the tasks.
    """

    def __init__(self, scheduler: Scheduler, home: Home, most: int, name: str) -> None:
        self._scheduler = scheduler
        self._home = home
        self._most = most
        self._name = name
        self._waiting: deque[tuple[Promise, Callable[[], Any]]] = deque()
        self._tasks: list[Task] = []

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Promise:  # noqa: ANN401 - an executor
        """Have a task make the call."""
        promise = Promise(self._scheduler)
        self._waiting.append((promise, lambda: fn(*args, **kwargs)))
        self._tasks = [task for task in self._tasks if not task.ended]
        if len(self._tasks) < self._most:
            self._tasks.append(self._scheduler.spawn(f"{self._home.name}/{self._name}", self._work, self._home))
        return promise

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        """Wait for all calls."""
        for task in self._tasks:
            self._scheduler.join(task)

    def _work(self) -> None:
        while self._waiting:
            promise, call = self._waiting.popleft()
            if not promise.set_running_or_notify_cancel():
                continue
            try:
                value = call()
            except Died:
                raise
            except BaseException as error:  # noqa: BLE001 - as an executor does: who asks gets it
                promise.set_exception(error)
            else:
                promise.set_result(value)
