"""Processes on the services in process, in virtual time: for a worker, or for its parts."""

import itertools
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from shared.worker.awake import AwakeQueue
from shared.worker.consumer import Consumer
from tests.simulation.chance import Chance
from tests.simulation.clocks import Watch
from tests.simulation.faults import Outage, Weather
from tests.simulation.instance import Instance
from tests.simulation.labels import label
from tests.simulation.scheduler import Scheduler, Task
from tests.simulation.service.account import storage_account
from tests.simulation.service.queue_messages import Queue
from tests.simulation.service.queues import QueueService
from tests.simulation.wire import Passage, Wire

T = TypeVar("T")
QUEUE = "image-jobs"
#: What a look at the queue is called.
LOOK = f"GET {QUEUE} messages"


@dataclass(frozen=True)
class Sending:
    """A request that was sent.

    Attributes:
        at: Virtual second.
        label: What it is.
        by: The task that has sent it.
    """

    at: float
    label: str
    by: str


class Ground:
    """A process and its storage; more processes may begin.

    Args:
        longest: Seconds that the analysis of an image takes at most.
        environ: App settings; defaults for the rest.

    Attributes:
        process: The one that has begun last.
        sendings: Each request that a process has sent, in order.
    """

    def __init__(self, *, longest: float = 0.05, **environ: str) -> None:
        self.account = account = storage_account()
        self._chance = Chance(1)
        self._longest, self._environ = longest, environ
        self.scheduler = Scheduler(account.clock, self._chance.stream)
        self.weather = Weather(slowness=0.004)
        self._wire = Wire(
            account, self.scheduler, self.weather, takes=lambda _: True, label=lambda request: label(request, {})
        )
        self._wire.sends = self._note
        self.sendings: list[Sending] = []
        self.begin("process")
        self.call(self.darkroom.storage.create)
        self.sendings.clear()

    def begin(self, name: str) -> Instance:
        """Begin a process."""
        self.process = Instance(
            name,
            scheduler=self.scheduler,
            wire=self._wire,
            watch=Watch(self.account.clock),
            chance=self._chance,
            environ=self._environ,
            longest=self._longest,
            crashes=lambda: 0.0,
            goes_on=lambda *_: None,
        )
        self.darkroom = self.process.darkroom
        self.runtime = self.darkroom.runtime
        return self.process

    def replace_process(self) -> None:
        """End the process as ``kill -9`` does, and begin another."""
        self.scheduler.kill(self.process)
        self.begin("successor")

    @property
    def now(self) -> float:
        """Virtual seconds."""
        return self.scheduler.now

    @property
    def queue(self) -> Queue:
        """The job queue, as the service has it."""
        service = self.account.services["queue"]
        assert isinstance(service, QueueService)
        return service.queues[QUEUE]

    def call(self, call: Callable[[], T]) -> T:
        """Make a call in a thread of the process, and return what it returns, at its end."""
        task = self.process.begin("call", call)
        self.scheduler.run(self.now + 3_600.0, enough=lambda: task.ended)
        assert task.error is None, task.error
        value: T = task.value
        return value

    def send(self, *texts: str) -> None:
        """Put messages in from outside."""
        for text in texts:
            self.queue.put(text, delay=timedelta(0), life=None)

    def go(self, seconds: float) -> None:
        """Let time pass."""
        end = self.now + seconds
        self.scheduler.at(end, lambda: None)  # nobody is stuck who waits for us
        self.scheduler.run(end, enough=lambda: self.now >= end)

    def outage(self, begin: float, seconds: float) -> None:
        """Have the queue service answer nobody for a while, from so many seconds from now on."""
        self.weather.outages.append(Outage("queue", self.now + begin, self.now + begin + seconds))

    def storage_outage(self, seconds: float) -> None:
        """Have no service answer anybody for a while."""
        for service in ("queue", "table", "blob"):
            self.weather.outages.append(Outage(service, self.now, self.now + seconds))

    def looks(self) -> list[float]:
        """Return when the queue was looked at."""
        return [sent.at for sent in self.sendings if sent.label == LOOK]

    def counts(self) -> Counter[str]:
        """Count the requests by what they are."""
        return Counter(sent.label for sent in self.sendings)

    def _note(self, passage: Passage) -> None:
        self.sendings.append(Sending(self.now, passage.label, passage.sender.name))


class Hands:
    """A consumer on such a ground, whose messages take as many seconds as they say.

    Args:
        slots: Messages at once.
        ground: Where it stands, as its last process; on one of its own by default.
        cores: Messages that get on at once; all of them by default.
        environ: App settings of a ground of its own; defaults for the rest.

    Attributes:
        ends: When each message was done.
        starts: Body and second of each message that was begun.
        burials: Bodies of the messages that were buried.
        errors: Raised at the end of each message of that body.
        at_once: The most messages that were worked on at once.
    """

    def __init__(self, *, slots: int = 4, ground: Ground | None = None, cores: int = 0, **environ: str) -> None:
        self.ground = ground = ground or Ground(longest=0.05, **environ)
        self.process, self._runtime = ground.process, ground.runtime
        ways: list[AbstractContextManager[object]] = [ground.runtime.lock() for _ in range(cores)]
        ways += [] if cores else [nullcontext()]
        self._cores = itertools.cycle(ways)
        self.ends: list[float] = []
        self.starts: list[tuple[str, float]] = []
        self.burials: list[str] = []
        self.errors: dict[str, Exception] = {}
        self.at_once = self._under_way = 0
        wake = ground.runtime.event()
        self.queue = AwakeQueue(ground.darkroom.storage.queue, wake.set)
        self.consumer = Consumer(
            queue=self.queue,
            receive=self._work,
            bury=lambda body: self.burials.append(body.decode()),
            heartbeat=ground.darkroom.heartbeat,
            settings=ground.darkroom.settings,
            runtime=ground.runtime,
            wake=wake,
            slots=slots,
        )

    def start(self) -> Task:
        """Begin to consume."""
        return self.process.begin("worker", self.consumer.run)

    def _work(self, body: bytes) -> None:
        text = body.decode()
        self.starts.append((text, self.ground.now))
        self._under_way += 1
        self.at_once = max(self.at_once, self._under_way)
        try:
            with next(self._cores):
                self._runtime.pause(float(text))
            self.ends.append(self.ground.now)
        finally:
            self._under_way -= 1
        if text in self.errors:
            raise self.errors[text]
