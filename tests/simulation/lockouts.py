"""Who is told that a lock is held: only where somebody has held it since the question, oneself perhaps.

A lock that is free, or has lapsed, goes to whoever asks alone; and an outage is no holder. Who is told nothing of the
kind has taken it.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.simulation.operations import writes
from tests.simulation.scheduler import Task
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

_ROW = re.compile(r"RowKey='([^']*)'")


@dataclass
class Lockouts:
    """All locks, and who was kept out.

    Attributes:
        table: Of locks.
        now: Returns the virtual second.
        wrong: Called with what is wrong.
    """

    table: str
    now: Callable[[], float]
    wrong: Callable[[str], object]
    _holders: set[str] = field(default_factory=set)
    _held_at: dict[str, float] = field(default_factory=dict)
    _taken_at: dict[str, float] = field(default_factory=dict)
    _usual: dict[str, str] = field(default_factory=dict)
    _questions: dict[str, str] = field(default_factory=dict)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in what the services have obeyed: who looks at a lock, takes it, or lets it go."""
        path = passage.request.segments[0] if passage.request.segments else ""
        looked = _ROW.search(path) if path.startswith(self.table) else None
        if looked:
            self._questions[passage.sender.name] = looked[1]
        for each in writes(passage.request, reply):
            if each.table != self.table:
                continue
            self._questions[passage.sender.name] = each.row
            free = each.verb == "delete" or each.columns.get("owner") is None
            (self._holders.discard if free else self._holders.add)(each.row)
            if not free:
                self._taken_at[passage.sender.name] = self.now()
            self._held_at[each.row] = self.now()

    def on_answer(self, task: Task | None, answer: object, began_at: float) -> None:
        """Judge what a call has returned that began at a moment: only who is locked out says so, or works without."""
        if task is None or not hasattr(answer, "locked_out"):
            return
        lock = self._questions.get(task.name, "")
        usual = self._usual.setdefault(type(answer).__name__, lock)
        if not answer.locked_out and (lock != usual or self._taken_at.get(task.name, -1.0) < began_at):
            self.wrong(f"{task.name}: has done what needs a lock, and has not taken {usual or 'one'}")
        if answer.locked_out and lock not in self._holders and self._held_at.get(lock, -1.0) < began_at:
            self.wrong(f"{task.name}: locked out of {lock or 'a lock'}, which nobody has held since it began")
