"""What a sweep owes to what lies in the poison queues: it deletes a message when that is taken in, and not before.

Whoever deletes it first loses what it says when the rest fails.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from tests.simulation import entry_points
from tests.simulation.answers import job_of
from tests.simulation.instance import Instance
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

_SWEEP = "/sweep"


@dataclass
class Drains:
    """All sweeps.

    Attributes:
        wrong: Called with what is wrong.
    """

    wrong: Callable[[str], object]
    _texts: dict[str, str] = field(default_factory=dict)
    _idle: set[str] = field(default_factory=set)
    _deletions: dict[str, str] = field(default_factory=dict)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in messages that are given to somebody."""
        request = passage.request
        if request.service == "queue" and request.method == "GET" and reply.ok and reply.body and _is_poison(passage):
            for found in ET.fromstring(reply.body).iter("QueueMessage"):  # noqa: S314 - our own double's
                self._texts[found.findtext("MessageId") or ""] = found.findtext("MessageText") or ""

    def on_request(self, passage: Passage) -> None:
        """Judge that a sweep deletes a message: something was asked of storage for it since the last of the queue."""
        name, request = passage.sender.name, passage.request
        if not isinstance(passage.sender.home, Instance) or _SWEEP not in name:
            return
        if not _is_poison(passage):
            self._idle.discard(name)
            return
        message, text = request.segments[-1], self._texts.get(request.segments[-1], "")
        said = job_of(text) or request.segments[0] == entry_points.EVENT_POISON
        again = self._deletions.get(name) == message
        if request.method == "DELETE" and name in self._idle and said and not again:
            self.wrong(f"{name}: deletes {text[:80]}, and has not taken it in")
        if request.method == "DELETE":
            self._deletions[name] = message
        self._idle.add(name)


def _is_poison(passage: Passage) -> bool:
    request = passage.request
    return request.service == "queue" and request.segments[:1] in ((entry_points.POISON,), (entry_points.EVENT_POISON,))
