"""A process that is a worker in place of a host: it begins, is told to stop now and then, and ends or is ended."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from random import Random

from tests.simulation.duties import Duties
from tests.simulation.hands import Hands
from tests.simulation.host import Host
from tests.simulation.instance import Instance
from tests.simulation.settings import Plan
from tests.simulation.worker_wiring import build_worker

#: Share of the workers that are told to stop, if they live so long; and of these, of those that look at the queue then.
_STOPS, _LOOKS = 0.6, 0.7
#: Seconds between two looks at whether one works.
_LOOKS_SECONDS = 0.5
#: Leases for which whoever has told a worker to stop waits for its end.
_PATIENCE = (0.3, 2.0, 6.0)


def is_worker(share: float, drawn: float, others: Iterable[bool]) -> bool:
    """Say whether a process is a worker; a world that has some has a host too, as long as nothing ends it.

    Args:
        share: Of the processes that are workers.
        drawn: From 0 to 1.
        others: Whether each other process that lives is one.
    """
    lives = set(others)
    if 0 < share < 1 and len(lives) == 1:
        return False in lives
    return drawn < share


@dataclass(kw_only=True)
class WorkerRun:
    """One worker, from its start to its end.

    Attributes:
        process: Where it runs.
        host: Judges its calls as it does those of triggers.
        plan: Of the world.
        luck: Decides how many messages it works on at once, when it is told to stop, and how long it may take.
        hands: Judges what it does with messages.
        duties: Judges what it leaves when it ends.
        chores: When the last chore of each name began that was done.
        is_visible: Says whether the job queue has a message to give.
        is_calm: Whether nothing goes wrong any more.
        stops: Says whether it is told to stop, by the name of that.
        kills: Ends a process that takes too long to end itself, unless all is calm.
        tell: Takes what is wrong.
    """

    process: Instance
    host: Host
    plan: Plan
    luck: Random
    hands: Hands
    duties: Duties
    chores: dict[str, float]
    is_visible: Callable[[], bool]
    is_calm: Callable[[], bool]
    stops: Callable[[str], bool]
    kills: Callable[[Instance], object]
    tell: Callable[[Iterable[str]], object]
    _stops_at_look: bool = field(default=False, init=False)

    def begin(self) -> None:
        """Start it."""
        plan, scheduler = self.plan, self.process.scheduler
        purges = {"purge": plan.span} if plan.purges else {}
        self._worker = build_worker(
            self.process.darkroom,
            slots=self.luck.choice((1, 2, 4)),
            paces={"sweep": plan.ticks, "reconcile": plan.span, **purges},
            judge=self._judge,
            is_visible=self._is_shown,
            is_calm=self.is_calm,
        )
        self.hands.workers[self.process.name] = True
        self.process.begin("consumer", self._run)
        moment, looks = self.luck.random() * plan.span, self.luck.random() < _LOOKS
        if self.luck.random() < _STOPS:
            scheduler.at(scheduler.now + moment, self._expect_look if looks else self._stop)
            if not looks:
                self._expect_sweep()

    def _run(self) -> None:
        self._worker.run()
        self.tell(self.hands.remains(self.process))
        self.tell(self.duties.remains(self.process))
        self.process.scheduler.kill(self.process)

    def _expect_look(self) -> None:
        """Have it told to stop as soon as it looks at the queue for a message, which it is given then."""
        self._stops_at_look = True

    def _expect_sweep(self) -> None:
        """Have it told to stop as soon as its sweep works on a job, if it was not before."""
        scheduler = self.process.scheduler
        if any("/sweep." in each.task and not each.ended for each in self.duties.of(self.process)):
            self._stop()
        elif not self.process.dead:
            scheduler.at(scheduler.now + _LOOKS_SECONDS, self._expect_sweep)

    def _is_shown(self) -> bool:
        is_visible = self.is_visible()
        if is_visible and self._stops_at_look:
            self._stops_at_look = False
            self.process.scheduler.at(self.process.scheduler.now, self._stop)
        return is_visible

    def _stop(self) -> None:
        """Tell it to stop, as a system does that ends it when it takes too long."""
        process, patience = self.process, self.luck.choice(_PATIENCE) * self.plan.lease
        if not process.dead and self.hands.workers[process.name] and self.stops(f"{process.name} stops"):
            self.hands.workers[process.name] = False
            self._worker.stop()
            process.scheduler.at(process.scheduler.now + patience, lambda: self.kills(process))

    def _judge(self, call: Callable[[], object], kind: str, subject: str, owner: str) -> object:
        """Make a call of the worker, and judge it as one of a trigger."""
        task, began_at = self.process.scheduler.current, self.process.scheduler.now
        self.hands.begin(task, self.process, kind, subject)
        try:
            answer = self.host.judge(call, kind, subject, owner)
        except Exception:
            self.hands.end(task, succeeded=False)
            raise
        self.hands.end(task, succeeded=True)
        if not getattr(answer, "locked_out", False):
            self.chores[kind] = began_at
        return answer
