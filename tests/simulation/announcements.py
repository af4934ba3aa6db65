"""Which messages of jobs were sent, and after what: a message is sent once for one move, and moves a due row on.

Messages may come twice, be lost, or lie in the queue for long; none of that is wrong. But a process that sends a job's
message has moved the job itself, just before, and sends no second one for the same move. So of all sweeps that find one
due row, the one that has moved it on sends its message, and no backlog is sent again by each sweep.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import unescape

from tests.simulation.faults import Fault
from tests.simulation.operations import Operation, writes
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

_TEXT = re.compile(r"<MessageText>(.*)</MessageText>", re.DOTALL)
#: Who passes on what another has sent: a list of jobs, each of which gets a message of its own, or a rejected text.
_PASSES_ON = ("message", "readmit")


@dataclass
class Announcements:
    """All messages of jobs.

    Attributes:
        queue: That they are sent to.
        wrong: Called with what is wrong.
        grace: Whether a message has time before a sweep looks: without it, a due row is moved to the same second.
    """

    queue: str
    wrong: Callable[[str], object]
    grace: bool = True
    _rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _moves: dict[tuple[str, str], str] = field(default_factory=dict)
    _announcements: set[str] = field(default_factory=set)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in what the services have obeyed: who has made a job wait, or has moved its due row on."""
        for each in writes(passage.request, reply):
            if each.row.startswith("job:"):
                self._on_move(passage.sender.name, each)

    def ended(self, passage: Passage, end: str) -> None:
        """Judge a message that its sender knows to have been taken in."""
        request, sender = passage.request, passage.sender.name
        if (request.service, request.method, *request.segments) != ("queue", "POST", self.queue, "messages"):
            return
        job_id, _, act = _job_of(request.body), *sender.partition("/")[1:]
        if not job_id or not act or not end.startswith("2") or passage.fault is Fault.REPLY_CUT:
            return
        move, passes_on = self._moves.get((sender, job_id)), act.startswith(_PASSES_ON)
        if passes_on and (move is None or move in self._announcements):
            return
        if move is None:
            self.wrong(f"{job_id}: {sender} has sent its message, and has not moved it")
        elif move in self._announcements:
            self.wrong(f"{job_id}: {sender} has sent its message twice for one move")
        else:
            self._announcements.add(move)

    def _on_move(self, sender: str, written: Operation) -> None:
        job_id, before, after = written.row[4:], self._rows.pop(written.row[4:], {}), written.columns
        if written.verb == "delete":
            return
        self._rows[job_id] = after
        rescheduled = after["state"] == "RUNNING" and not after.get("lease_seconds")
        if after["state"] == "PENDING" or rescheduled:
            self._moves[sender, job_id] = f"{job_id} {after['nonce']}"  # jobs that are added together share one
        again = after["state"] == before.get("state") == "PENDING" or rescheduled
        if again and self.grace and after["due"] == before["due"]:
            self.wrong(f"{job_id}: {sender} has left its due row where it was")


def _job_of(body: bytes) -> str:
    """Return the job that a message of Darkroom's own names; "" where it names none, or has been received before."""
    text = _TEXT.search(body.decode("utf-8", "replace"))
    try:
        said = json.loads(unescape(text[1], {"&quot;": '"'})) if text else None
    except ValueError:
        return ""
    return str(said.get("job_id", "")) if isinstance(said, dict) and not said.get("hop") else ""
