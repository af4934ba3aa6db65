"""Who is not answered asks: a write of which nobody knows whether it was applied is looked for, or sent again.

That is what ``cas`` promises, as it shows on the wire. Whoever takes silence for an answer asks nobody, and his next
request is another one.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from tests.simulation import entry_points
from tests.simulation.faults import Fault
from tests.simulation.instance import Instance
from tests.simulation.operations import Operation, row_of, status_of
from tests.simulation.scheduler import Died, Task
from tests.simulation.service.exchange import Request
from tests.simulation.wire import Passage

#: Production goes on for half a minute; in its last third nobody can say from outside whether it had the time.
_PATIENCE_SECONDS = 20.0
_UNDECIDED = frozenset({"ServiceRequestError", "ServiceResponseError", "408", "429"})
_MISSING = re.compile(rb"TableNotFound|QueueNotFound")
_TEXT = re.compile(rb"<MessageText>(.*)</MessageText>", re.DOTALL)
_OK, _REFUSAL, _NOT_FOUND, _SERVER_ERROR = 200, 400, 404, "5"


@dataclass
class Doubt:
    """A write that was not answered.

    Attributes:
        write: What it writes.
        since: The sender's own second at which it was sent first.
        clock: The sender's.
        is_doubled: Whether it was sent before, and not answered.
        is_unanswered: Whether it was not answered now.
        has_looked: Whether the row is being asked.
        again: Whether the row has said that nothing was written: then it must be sent again.
        is_refused: Whether it was a repetition, and refused: the row says what that is worth.
        lacks_target: Whether its table or queue was missing: that is created, and the write sent again.
    """

    write: object
    since: float
    clock: Callable[[], float]
    is_doubled: bool = False
    is_unanswered: bool = False
    has_looked: bool = False
    again: bool = False
    is_refused: bool = False
    lacks_target: bool = False


@dataclass
class Doubts:
    """All writes of which nobody knows.

    Attributes:
        tell: Takes what is wrong.
    """

    tell: Callable[[Iterable[str]], object]
    _open: dict[str, Doubt] = field(default_factory=dict)
    _writes: dict[str, Doubt] = field(default_factory=dict)

    def on_request(self, passage: Passage) -> None:
        """Judge the next request of a thread that has a doubt, and take in a write."""
        name, wanted = passage.sender.name, _write_of(passage)
        doubt = self._open.get(name)
        if doubt is not None and doubt.lacks_target and _creates_table(passage.request):
            return
        self._open.pop(name, None)
        if doubt is not None:
            self.tell(self._judge(passage, doubt, wanted))
        if wanted is None:
            if doubt is not None and _asks(passage.request, doubt):
                doubt.has_looked = True
                self._open[name] = doubt
            return
        before = self._writes.get(name)
        same = before is not None and before.write == wanted
        again = before is not None and same and (before.is_unanswered or before.is_refused or before.lacks_target)
        # rows have a nonce: who sends the same ones has gone on all the time, whatever the last answer was
        since = before.since if before and (again or (same and isinstance(wanted, tuple))) else passage.sent_at
        absent = doubt is not None and doubt.again  # a refusal tells of another's, then
        self._writes[name] = Doubt(wanted, since, passage.clock, is_doubled=again and not absent)

    def ended(self, passage: Passage, end: str) -> None:
        """Take in how a request has ended for its sender."""
        name = passage.sender.name
        if end == "died" or passage.sender.home.dead:
            self._open.pop(name, None)
            return
        unanswered = end in _UNDECIDED or end.startswith(_SERVER_ERROR) or passage.fault is Fault.REPLY_CUT
        doubt = self._open.get(name)
        if doubt is not None and doubt.has_looked:
            self._on_look(name, doubt, passage, unanswered=unanswered)
            return
        mine = self._writes.get(name)
        if mine is None or mine.write != _write_of(passage):
            return
        refused = passage.reply is not None and status_of(passage.reply) >= _REFUSAL
        mine.is_refused = not unanswered and refused and mine.is_doubled and isinstance(mine.write, tuple)
        mine.is_unanswered = unanswered
        mine.lacks_target = not unanswered and passage.reply is not None and bool(_MISSING.search(passage.reply.body))
        if unanswered or mine.is_refused:
            self._open[name] = mine

    def task_ended(self, task: Task) -> None:
        """Judge that a thread ends: it may not leave a doubt, unless its process has died."""
        doubt = self._open.pop(task.name, None)
        self._writes.pop(task.name, None)
        if doubt is None or isinstance(task.error, Died) or task.home.dead or not isinstance(task.home, Instance):
            return
        late = doubt.clock() - doubt.since > _PATIENCE_SECONDS
        asked = isinstance(doubt.write, tuple) and not (doubt.again or doubt.has_looked or doubt.lacks_target)
        if "/renewal" not in task.name and (asked or not late):
            self.tell([f"{task.name}: ends, and does not know of {_words(doubt.write)}"])

    def _on_look(self, name: str, doubt: Doubt, passage: Passage, *, unanswered: bool) -> None:
        doubt.has_looked = False
        stands = None if unanswered or doubt.is_refused or passage.reply is None else _stands(passage, doubt)
        if stands is False:
            doubt.again = True
        else:
            self._open.pop(name)

    def _judge(self, passage: Passage, doubt: Doubt, wanted: object) -> Iterator[str]:
        name, went_on = (
            passage.sender.name,
            doubt.clock() - doubt.since,
        )  # who works in a row goes from process to process
        late = went_on > _PATIENCE_SECONDS
        if wanted == doubt.write or "/renewal" in name:
            return
        if isinstance(doubt.write, str):
            if not late:
                yield f"{name}: gives up a message after {went_on:.1f} s"
        elif doubt.again or doubt.lacks_target:
            if not late:
                yield f"{name}: nothing was written, and it is not sent again: {_words(doubt.write)}"
        elif not _asks(passage.request, doubt):
            yield f"{name}: not answered, and does not ask: {_words(doubt.write)}, then {passage.label}"


def _write_of(passage: Passage) -> object:
    """Return what a write of a process is: rows, or the text of a message; None for anything else."""
    if not isinstance(passage.sender.home, Instance):
        return None
    request = passage.request
    if request.service == "queue" and request.method == "POST" and request.segments[0] == entry_points.QUEUE:
        found = _TEXT.search(request.body)
        return found[1].decode() if found else None
    return tuple(passage.writes) or None


def _creates_table(request: Request) -> bool:
    return request.service == "table" and request.method == "POST" and request.segments[0] == "Tables"


def _asks(request: Request, doubt: Doubt) -> bool:
    """Say whether a request reads one of the rows of which nobody knows."""
    place = row_of(request)
    return isinstance(doubt.write, tuple) and place in {each.place for each in doubt.write}


def _stands(passage: Passage, doubt: Doubt) -> bool | None:
    """Say whether a row shows that a write was applied; False when it shows that nothing was, None for neither."""
    place, reply = row_of(passage.request), passage.reply
    one = next(each for each in doubt.write if each.place == place)  # type: ignore[attr-defined] # rows
    if reply is None or reply.status not in (_OK, _NOT_FOUND):
        return None
    if reply.status == _NOT_FOUND:
        return False if one.verb == "insert" else None
    row = json.loads(reply.body)
    etag = next((value for name, value in row.items() if name.endswith("etag")), "")
    return False if one.match and etag == one.match else None


def _words(wanted: object) -> str:
    rows: tuple[Operation, ...] = wanted if isinstance(wanted, tuple) else ()
    return ", ".join(f"{each.verb} {each.row}" for each in rows) or str(wanted)[:80]
