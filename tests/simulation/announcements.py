"""Which messages of jobs were sent, and after what: a message is sent once for one move, and moves a due row on.

Messages may come twice, be lost, or lie in the queue for long; none of that is wrong. But a process that sends a job's
message has moved the job itself, just before, and sends no second one for the same move. So of all sweeps that find one
due row, the one that has moved it on sends its message, and no backlog is sent again by each sweep.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from xml.sax.saxutils import unescape

from tests.simulation.columns import moment
from tests.simulation.faults import Fault
from tests.simulation.operations import Operation, writes
from tests.simulation.service.clock import ServiceClock
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
        clock: The services'.
        slack: By which a process may be wrong about the time.
        grace: Whether a message has time before a sweep looks: without it, a due row is moved to the same second.
    """

    queue: str
    wrong: Callable[[str], object]
    clock: ServiceClock
    slack: timedelta
    grace: bool = True
    _rows: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _moves: dict[tuple[str, str], str] = field(default_factory=dict)
    _announcements: set[str] = field(default_factory=set)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in what the services have obeyed: who has made a job wait, or has moved its due row on."""
        for each in writes(passage.request, reply):
            if each.row.startswith("job:") and each.verb != "merge":  # a repair moves nothing
                self._on_move(passage.sender.name, each)
        if reply.ok and self._is_message(passage):
            self._judge_moment(passage)

    def ended(self, passage: Passage, end: str) -> None:
        """Judge a message that its sender knows to have been taken in."""
        request, sender = passage.request, passage.sender.name
        if not self._is_message(passage):
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

    def _is_message(self, passage: Passage) -> bool:
        request = passage.request
        return (request.service, request.method, *request.segments) == ("queue", "POST", self.queue, "messages")

    def _judge_moment(self, passage: Passage) -> None:
        """A message of a job comes when that may be claimed: one that is early is spent. None is ever too old."""
        job_id, request = _job_of(passage.request.body), passage.request
        row, act = self._rows.get(job_id, {}), passage.sender.name.partition("/")[2]
        if not act or act.startswith(_PASSES_ON):
            return
        if request.query.get("messagettl") != "-1":
            self.wrong(f"{job_id}: {passage.sender.name} has sent a message that grows too old: {request.query}")
        comes_at = self.clock.now() + timedelta(seconds=float(request.query.get("visibilitytimeout", 0)))
        if row.get("state") == "PENDING" and moment(row, "not_before") > comes_at + self.slack:
            self.wrong(f"{job_id}: its message comes at {comes_at}, and it may be claimed at {row['not_before']}")

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
