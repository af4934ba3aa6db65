"""What the ticks of an idle process leave out: no sweep where it had work lately, where a job waits, or for too long.

A tick that does not sweep answers nothing. Sweeps of others don't count: each process knows its own alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tests.simulation import entry_points
from tests.simulation.instance import Instance
from tests.simulation.operations import Place, writes
from tests.simulation.service.clock import EPOCH
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

#: As the guarantees say: after ten minutes without work four sweeps an hour, in own seconds.
_IDLE, _SWEEP = 600.0, 900.0
#: Seconds by which a process may be behind the services' time.
_SLACK = 3.0


@dataclass
class Lulls:
    """The sweep timers of all processes.

    Attributes:
        grace: Seconds for which a sweep leaves a job to its message.
        drift: Seconds by which the services' clocks are off at most.
        always: Whether each tick must sweep: where no message starts an analysis.
        now: Returns the virtual second.
        wrong: Called with what is wrong.
    """

    grace: float
    drift: float
    always: bool
    now: Callable[[], float]
    wrong: Callable[[str], object]
    _due: dict[Place, tuple[float, float]] = field(default_factory=dict)
    _worked_at: dict[str, float] = field(default_factory=dict)
    _swept_at: dict[str, float] = field(default_factory=dict)
    _ticking: set[str] = field(default_factory=set)
    _sweeps: set[str] = field(default_factory=set)

    def on_request(self, passage: Passage) -> None:
        """Take in that a sweep begins: it asks for its lock."""
        if passage.request.service == "table" and "locks" in passage.request.segments[0] and _sweeps(passage):
            self._sweeps.add(passage.sender.home.name)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in what the services have obeyed: due rows that come and go, and what a sweep has done."""
        sender = passage.sender
        for each in writes(passage.request, reply):
            if each.row.startswith("due:") and each.verb == "delete":
                self._due.pop(each.place, None)
            elif each.row.startswith("due:"):
                due = int(each.row.split(":")[1]) / 1000 - EPOCH.timestamp()
                self._due[each.place] = due, self.now()
            if each.row.startswith("job:") and _sweeps(passage) and isinstance(sender.home, Instance):
                self._worked_at[sender.home.name] = sender.home.watch()

    def tick(self, process: Instance, call: Callable[[], object]) -> object:
        """Let the timer of a process tick, unless it does already, and judge that it leaves nothing to be done."""
        if process.name in self._ticking:
            return None
        self._ticking.add(process.name)
        try:
            return self._tick(process, call)
        finally:
            self._ticking.discard(process.name)
            self._sweeps.discard(process.name)

    def _tick(self, process: Instance, call: Callable[[], object]) -> object:
        began_at, own = self.now(), process.watch()
        try:
            answer = call()
        except Exception:
            if process.name in self._sweeps:  # the next tick sweeps, too; one that could not look has begun none
                self._swept_at.pop(process.name, None)
            raise
        if answer is not None:
            self._swept_at[process.name] = own
            return answer
        for wrong in self._judge(process, began_at, own):
            self.wrong(f"{process.name}: its timer does not sweep, and {wrong}")
        return answer

    def _judge(self, process: Instance, began_at: float, own: float) -> Iterator[str]:
        name = process.name
        if self.always:
            yield "no message starts an analysis"
        if own - self._swept_at.get(name, float("-inf")) >= _SWEEP:
            yield "has not for a quarter of an hour, or its last sweep has failed"
        if own - self._worked_at.get(name, float("-inf")) < _IDLE:
            yield f"had work {own - self._worked_at[name]:.0f} s ago"
        if process.watch.rate < 1.0:
            return  # it is behind the services' time by an unknown part of its grace
        for place, (due, written_at) in self._due.items():
            late = began_at - max(due, written_at + self.grace) - self.drift - _SLACK
            if late > 0 and f":{entry_points.IMAGE_TYPE}-" in place[2]:
                yield f"{place[2]} was due {late:.0f} s before, at least"


def _sweeps(passage: Passage) -> bool:
    return "/sweep" in passage.sender.name
