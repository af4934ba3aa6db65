"""What the Functions host does around a process: it receives, calls, renews, deletes, and poisons what fails too often.

Its requests go through the same wire as those of the process, and meet the same faults.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from xml.etree import ElementTree as ET
from xml.sax.saxutils import escape

from azure.core.exceptions import AzureError

from tests.simulation import entry_points
from tests.simulation.faults import Fault
from tests.simulation.instance import Instance
from tests.simulation.service.exchange import Reply, Request

#: As in host.json.
RETRY_SECONDS = 10
_NOT_FOUND = 404


@dataclass
class Message:
    """A message in the host's hand.

    Attributes:
        queue: Where it was received.
        id: Its id.
        receipt: The newest.
        count: How often it was received.
        text: Its text.
    """

    queue: str
    id: str
    receipt: str
    count: int
    text: str


@dataclass(frozen=True)
class Trigger:
    """A function that a queue starts.

    Attributes:
        queue: That it listens to.
        call: Takes the process, the body, and the owner.
        poison: Where what fails too often goes; None for nowhere.
    """

    queue: str
    call: Callable[[entry_points.Darkroom, bytes, str], object]
    poison: str | None


TRIGGERS = (
    Trigger(entry_points.QUEUE, entry_points.receive, entry_points.POISON),
    Trigger(entry_points.POISON, entry_points.bury, None),
    Trigger(entry_points.EVENT_POISON, entry_points.admit, None),
)


class Host:
    """The host of one process.

    Args:
        process: The process.
        most: How often a message may be received.
        batch: How many it receives at once.
        hide_seconds: Seconds for which it is hidden then; the host has 600, and some leases here are short.
        poll: Returns the seconds until the next look at the queues.
        visible: Says whether a queue has a message to give: one that has none is not asked, which would only cost time.
        failed: Called with what a trigger raises, and when it was called.
        answered: Called with what a trigger returns, and when it was called.
        left: Called with an owner whose call has ended, and whether it has raised.
        ask: Makes a call, given what it is and what it is about, and judges what it says.
    """

    def __init__(
        self,
        process: Instance,
        *,
        most: int,
        batch: int,
        hide_seconds: float,
        poll: Callable[[], float],
        visible: Callable[[str], bool],
        failed: Callable[[BaseException, float], object],
        answered: Callable[[object, float], object],
        left: Callable[[str, bool], object],
        ask: Callable[[str, str, Callable[[], object]], object],
    ) -> None:
        self.process = process
        self._most = most
        self._batch = batch
        self._hide_seconds = int(hide_seconds)
        self._poll = poll
        self._visible = visible
        self._failed = failed
        self._on_answer = answered
        self._on_end = left
        self._ask_for = ask
        self._in_flight = 0

    def listen(self) -> None:
        """Look at all queues again and again, until the process dies."""
        while True:
            self.process.scheduler.sleep(self._poll())
            for trigger in TRIGGERS:
                if self._in_flight <= self._batch // 2 and self._visible(trigger.queue):
                    self._receive(trigger)

    def call(self, call: Callable[[], object], kind: str, subject: str = "", owner: str = "") -> bool:
        """Make a call of a trigger; say whether it succeeded.

        Args:
            call: The call.
            kind: What it is.
            subject: What it is about: the text of a message, or the path of a blob.
            owner: Of the claims that it makes.
        """
        try:
            self.judge(call, kind, subject, owner)
        except Exception:  # noqa: BLE001 - the edge of a trigger: the host goes on
            return False
        return True

    def judge(self, call: Callable[[], object], kind: str, subject: str, owner: str) -> object:
        """Make a call as ``call`` does, judge how it ends, and let it end so."""
        self.process.calls += 1
        began_at = self.process.scheduler.now
        try:
            answer = self._ask_for(kind, subject, call)
        except Exception as error:
            self._failed(error, began_at)
            self._on_end(owner, True)
            raise
        finally:
            self.process.calls -= 1
        self._on_answer(answer, began_at)
        self._on_end(owner, False)
        return answer

    def _receive(self, trigger: Trigger) -> None:
        query = {"numofmessages": str(self._batch), "visibilitytimeout": str(self._hide_seconds)}
        reply = self._ask("GET", (trigger.queue, "messages"), query)
        if reply is None or not reply.ok:
            return
        for found in ET.fromstring(reply.body).iter("QueueMessage"):  # noqa: S314 - our own double's
            facts = {part.tag: part.text or "" for part in found}
            message = Message(
                trigger.queue,
                facts["MessageId"],
                facts["PopReceipt"],
                int(facts["DequeueCount"]),
                facts["MessageText"],
            )
            self._in_flight += 1
            self.process.begin(f"message {trigger.queue}", partial(self._carry, trigger, message))

    def _carry(self, trigger: Trigger, message: Message) -> None:
        """Bring one message to its end."""
        try:
            if message.count > self._most:
                succeeded = False
            else:
                renewal = self.process.begin("visibility", lambda: self._renew(message))
                name = f"queue/{renewal.name}"
                body = message.text.encode("utf-8", "surrogatepass")
                call = partial(trigger.call, self.process.darkroom, body, name)
                succeeded = self.call(call, trigger.queue, message.text, name)
            self._settle(trigger, message, succeeded=succeeded)
        finally:
            message.queue = ""
            self._in_flight -= 1

    def _settle(self, trigger: Trigger, message: Message, *, succeeded: bool) -> None:
        if succeeded:
            self._delete(message)
        elif message.count >= self._most and trigger.poison is not None:
            if self.put(trigger.poison, message.text):  # copy, then delete: a crash between them leaves both
                self._delete(message)
        elif trigger.poison is not None:
            self._update(message, RETRY_SECONDS)

    def _renew(self, message: Message) -> None:
        """Hide the message for longer when half of its time is gone, as long as it is worked on."""
        while True:
            self.process.scheduler.sleep(self._hide_seconds / 2)
            if not message.queue:
                return
            self._update(message, self._hide_seconds)

    def put(self, queue: str, text: str) -> bool:
        """Send a message as the host does; say whether it was taken."""
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>".encode()
        reply = self._ask("POST", (queue, "messages"), {}, body)
        if reply is not None and reply.status == _NOT_FOUND:
            self._ask("PUT", (queue,), {})
            reply = self._ask("POST", (queue, "messages"), {}, body)
        return reply is not None and reply.ok

    def _delete(self, message: Message) -> None:
        self._ask("DELETE", (message.queue, "messages", message.id), {"popreceipt": message.receipt})

    def _update(self, message: Message, seconds: int) -> None:
        query = {"popreceipt": message.receipt, "visibilitytimeout": str(seconds)}
        reply = self._ask("PUT", (message.queue, "messages", message.id), query)
        if reply is not None and reply.ok:
            message.receipt = reply.headers["x-ms-popreceipt"]

    def _ask(self, method: str, segments: tuple[str, ...], query: dict[str, str], body: bytes = b"") -> Reply | None:
        """Send a request of the host; None where no reply has come: it looks again later."""
        try:
            request = Request(method, "queue", segments, query, {}, body)
            passage = self.process.wire.send(request, monotonic=self.process.watch)
        except AzureError:
            return None
        return None if passage.fault is Fault.REPLY_CUT else passage.reply
