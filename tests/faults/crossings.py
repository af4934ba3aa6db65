"""Two processes side by side, in every order that their requests can take, over production's own code.

A request is a step: what a process does between two of them is seen by nobody. Where two neighbours can't know of each
other, two reads or requests to two services, one of their orders stands for both. So each schedule that differs is
played, and none is drawn. The simulator's judges look at each request, and all must be well when all is quiet.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any, NamedTuple

from greenlet import GreenletExit, getcurrent, greenlet

from tests.faults.enumeration import SETTINGS
from tests.faults.enumeration_case import Case
from tests.faults.enumeration_wire import Line
from tests.faults.enumeration_workers import Worker, start
from tests.simulation import entry_points, reader
from tests.simulation.announcements import Announcements
from tests.simulation.faults import Fault
from tests.simulation.ledger import Ledger
from tests.simulation.lockouts import Lockouts
from tests.simulation.promises import Promises
from tests.simulation.scheduler import Home, Scheduler, Task
from tests.simulation.service.exchange import Reply, Request, decode
from tests.simulation.service.transport import InProcess, answer, content_of
from tests.simulation.tenures import Tenures
from tests.simulation.wire import Passage


class Place(NamedTuple):
    """What a request touches."""

    service: str
    reads: bool

    def apart(self, other: "Place") -> bool:
        """Say whether neither can know of the other."""
        always = "" in (self.service, other.service)
        return not always and (self.service != other.service or (self.reads and other.reads))


#: Requests that a pair takes at most.
MOST_STEPS = 100
#: Whole, as Dates are: so that what comes later is seen to.
STEP_SECONDS = 1.0
#: A step of which all may know: time passes.
ALWAYS = Place("", reads=False)


class Judges:
    """The simulator's, over one account.

    Args:
        case: Whose account it is.
        purges: Whether retention is over at once.
    """

    def __init__(self, case: Case, *, purges: bool) -> None:
        self._clock = case.account.clock
        margin, never = SETTINGS.margin.total_seconds(), float("inf")
        tenures = Tenures(self._clock, margin, 0.0, lambda _: True, lambda _: never)
        self.ledger = Ledger(Promises(self._clock, timedelta(0), purges), tenures, SETTINGS.locks_table)
        wrong = self.ledger.wrong.append
        self._announcements = Announcements(SETTINGS.job_queue, wrong, self._clock, slack=timedelta(seconds=3))
        self.lockouts = Lockouts(SETTINGS.locks_table, lambda: self._clock.seconds, wrong)

    def passage(self, sender: Task, request: Request) -> Passage:
        """Judge that a request is sent; who sends it may stand still before it comes."""
        passage = Passage(sender, request, "", Fault.NONE, 0.0, self._clock.monotonic, self._clock.monotonic())
        self.ledger.on_request(passage)
        return passage

    def on_reply(self, passage: Passage, reply: Reply) -> Reply:
        """Judge what has come of it."""
        for judge in (self.ledger, self._announcements, self.lockouts):
            judge.on_reply(passage, reply)
        self._announcements.ended(passage, str(reply.status))
        return reply


class JudgingTransport(InProcess):
    """The account as one task reaches it, before its judges; and each of its requests waits for its turn."""

    def __init__(self, case: "Crossing", sender: Task) -> None:
        super().__init__(case.account)
        self._case = case
        self.sender = sender

    def send(self, request: Any, **_: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Wait, and send."""
        asked = decode(request.method, request.url, request.headers, content_of(request))
        passage = self._case.judges.passage(self.sender, asked)
        self._case.turn(Place(asked.service, asked.method in ("GET", "HEAD")))
        return answer(request, self._case.judges.on_reply(passage, self.account.serve(asked)))


Act = Callable[["Crossing", Worker], object]


@dataclass(frozen=True)
class Pair:
    """Two who meet.

    Attributes:
        arrange: Makes what stands there before.
        acts: What each of them does; the judges know it by its name.
        settings: App settings beside the usual ones.
        ends: Of jobs that may stand in place of a result.
    """

    arrange: Callable[["Crossing"], object]
    acts: tuple[tuple[str, Act], tuple[str, Act]]
    settings: tuple[tuple[str, str], ...] = ()
    ends: tuple[str, ...] = ("canceled",)


class Crossing(Case):
    """One schedule of a pair."""

    def __init__(self, pair: Pair) -> None:
        self._pair = pair
        self._started = 0
        self._wait = True
        super().__init__(**dict(pair.settings))

    def _begin(self) -> None:
        self.judges = Judges(self, purges="RETENTION_COMPLETED_DAYS" in self._environ)
        self._scheduler = Scheduler(self.account.clock, Random)
        super()._begin()

    def worker(self, act: str = "sweep") -> Worker:
        """Start a process that is watched."""
        self._started += 1
        home = Home(f"process.{self._started}")
        self._door = JudgingTransport(self, Task(self._scheduler, f"{home.name}/{act}", int, home))
        return start(self._build, self._environ, Line(self._door, self.clock, self.ledger), self.clock)

    def play(self, chosen: Sequence[int]) -> tuple[list[int], list[list[int]], bool]:
        """Play a schedule: whose request comes next, for as many as are chosen, and then the first who may.

        Returns:
            Whose request came, and whose might have come, each time; and whether it went to its end: where nobody may,
            another schedule stands for this one.
        """
        self._pair.arrange(self)
        tasks = [self._task(name, act) for name, act in self._pair.acts]
        try:
            taken, options = self._play(tasks, chosen)
            whole = all(task.dead for task in tasks)
        finally:
            self._wait = False  # who is thrown away may have something to let go of
            for task in tasks:
                task.throw(GreenletExit)
        if whole:
            self._judge()
        return taken, options, whole

    def _play(self, tasks: Sequence[greenlet], chosen: Sequence[int]) -> tuple[list[int], list[list[int]]]:
        pending, taken, options = [task.switch() for task in tasks], list[int](), list[list[int]]()
        last: Place | None = None
        while alive := [number for number, task in enumerate(tasks) if not task.dead]:
            may = [n for n in alive if not taken or n >= taken[-1] or last is None or not last.apart(pending[n])]
            if not may:
                break
            taken.append(chosen[len(taken)] if len(taken) < len(chosen) else may[0])
            options.append(may)
            assert len(taken) < MOST_STEPS, "they go in circles"
            last = pending[taken[-1]]
            self.clock.go(STEP_SECONDS)
            pending[taken[-1]] = tasks[taken[-1]].switch()
        return taken, options

    def turn(self, place: Place) -> None:
        """Let the other one's requests come first, as many as it is to be."""
        hub = getcurrent().parent
        if self._wait and hub is not None:
            hub.switch(place)

    def _task(self, name: str, act: Act) -> greenlet:
        worker, sender = self.worker(name), self._door.sender

        def run() -> None:
            with suppress(*entry_points.REFUSALS):
                self.judges.lockouts.on_answer(sender, act(self, worker), sender.begun_at)

        return greenlet(run)

    def _judge(self) -> None:
        """See that nothing was wrong, and that all is well when all is quiet."""
        self.recover()
        self.prove()
        ledger = self.judges.ledger
        stored = reader.judge(self.account, ledger, jobs=SETTINGS.jobs_table, images=SETTINGS.images_container)
        sound = tuple(f"no result; its jobs: {end}" for end in self._pair.ends)
        wrong = [*ledger.wrong, *(each for each in stored if not each.endswith(sound))]
        assert wrong == []


def crossings(pair: Pair) -> Iterator[list[int]]:
    """Play every schedule of a pair; yield whose requests came, for each that was played to its end."""
    waiting: list[list[int]] = [[]]
    while waiting:
        chosen = waiting.pop()
        taken, options, whole = Crossing(pair).play(chosen)
        if whole:
            yield taken
        for depth in range(len(chosen), len(taken)):
            waiting += [[*taken[:depth], other] for other in options[depth] if other != taken[depth]]
