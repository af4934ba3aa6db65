"""What a worker owes to the messages in its hand: each is hidden while it waits, worked on, and settled by its end.

A host is simulated, and not judged. A worker is production: it renews by its newest receipt and in time, deletes what
it has done and nothing else, gives back what has failed or what it does not begin any more, and buries only what was
received too often.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

from tests.simulation import entry_points
from tests.simulation.faults import Fault
from tests.simulation.instance import Instance
from tests.simulation.scheduler import Died, Task
from tests.simulation.wire import Passage

#: As the documents say: a third of a lease, and a sixth for each try.
_RENEWALS, _TRY = 3, 6
#: Own seconds that a thread may take to wake and send.
_SLACK = 0.5
_RENEWAL = "/renewal"
#: Requests about one message name it in their path.
_ONE = 3


@dataclass
class Hand:
    """A message in the hand of a worker, as far as the worker knows.

    Attributes:
        home: The worker's process.
        id: Of the message, which may come to the same worker once more.
        text: Of the message.
        count: How often it was received.
        seconds: For which it is hidden at a time.
        receipt: The newest that the worker knows.
        tried_at: Own second from which on the worker may count: a look without an answer is repeated beneath it.
        sent_at: Own second at which the last request was sent that has hidden it.
        known_at: Own second at which the reply to that was there.
        begun_at: Own second at which the last renewal was begun.
        is_settled: Whether the worker has asked for its deletion, or given it back.
        is_refused: Whether a renewal was refused: it is in other hands.
    """

    home: Instance
    id: str
    text: str
    count: int
    seconds: float
    receipt: str
    tried_at: float
    sent_at: float
    known_at: float
    begun_at: float
    is_settled: bool = False
    is_refused: bool = False


@dataclass
class Work:
    """What a thread of a worker does, or has done last, for a message.

    Attributes:
        home: Its process.
        text: Of the message.
        has_succeeded: Whether it has returned; None while it is under way.
        is_told: Whether the queue was told so.
    """

    home: Instance
    text: str
    has_succeeded: bool | None = None
    is_told: bool = False


@dataclass
class Hands:
    """The messages that workers have in hand.

    Attributes:
        lease: Seconds for which a job is held at a time: a message must come back later than its job lapses.
        margin: Seconds that a holder keeps back.
        most: How often a message may be received.
        now: Returns the virtual second.
        tell: Takes what is wrong.
        workers: Processes that are workers, by name; whether each still begins anything.
    """

    lease: float
    margin: float
    most: int
    now: Callable[[], float]
    tell: Callable[[Iterable[str]], object]
    workers: dict[str, bool] = field(default_factory=dict)
    _hands: list[Hand] = field(default_factory=list)
    _works: dict[str, Work] = field(default_factory=dict)
    _tries: dict[str, float] = field(default_factory=dict)

    def begin(self, task: Task | None, home: Instance, kind: str, text: str) -> None:
        """Judge that a thread of a worker begins a call: of a chore, or for a message."""
        if task is None:
            return
        if not self.workers[home.name]:
            self.tell([f"{task.name}: begins {kind}, and its worker is to stop"])
        if kind not in (entry_points.QUEUE, entry_points.POISON):
            return
        self.tell(self._untold(task.name))
        self._works[task.name] = Work(home, text)
        counts = [
            hand.count
            for hand in self._of(home)
            if hand.text == text and not self._is_lost(hand, hand.sent_at + _SLACK)
        ]
        if not counts:
            self.tell([f"{task.name}: works on {text[:80]}, and does not have it in hand"])
        elif not any((count > self.most) is (kind == entry_points.POISON) for count in counts):
            self.tell([f"{task.name}: received {counts[0]} times, at most {self.most}, and is sent to {kind}"])

    def end(self, task: Task | None, *, succeeded: bool) -> None:
        """Take in how the call has ended."""
        if task is not None and task.name in self._works:
            self._works[task.name].has_succeeded = succeeded

    def task_ended(self, task: Task) -> None:
        """Judge that a thread of a worker ends."""
        if not (task.home.dead or isinstance(task.error, Died)):
            self.tell(self._untold(task.name))

    def on_request(self, passage: Passage) -> None:
        """Judge a request of a worker before it goes."""
        home = passage.sender.home
        if not isinstance(home, Instance) or home.name not in self.workers:
            return
        for hand in self._of(home):
            self.tell(self._late(hand))
        if _is_look(passage):
            self._tries.setdefault(passage.sender.name, passage.sent_at)
        if _of_queue(passage) and len(passage.request.segments) == _ONE:
            about, words = self._find(passage), f"{passage.sender.name}: {passage.label}"
            self.tell([f"{words} by an old receipt"] if about is None else self._judge(about, passage))

    def ended(self, passage: Passage, end: str) -> None:
        """Take in how a request has ended for its sender."""
        home, request = passage.sender.home, passage.request
        if not isinstance(home, Instance) or home.name not in self.workers or home.dead:
            return
        if not _of_queue(passage) or passage.reply is None or passage.fault is Fault.REPLY_CUT:
            return
        if _is_look(passage) and end == "200":
            self._take(passage, home)
        hand = self._find(passage)
        if hand is not None and request.method == "PUT":
            hand.is_refused = hand.is_refused or end in ("400", "404")
            if end.startswith("2"):
                hand.receipt = passage.reply.headers["x-ms-popreceipt"]
                hand.tried_at = hand.sent_at = passage.sent_at
                hand.known_at = passage.clock()

    def remains(self, home: Instance) -> Iterator[str]:
        """Judge that a worker ends: what it had in hand is settled."""
        for hand in self._of(home):
            if not self._is_lost(hand, hand.tried_at - _SLACK):
                yield f"{home.name}: ends, and has {hand.text[:80]} in hand"

    def _untold(self, name: str) -> Iterator[str]:
        """The queue is told how each message has ended: by its deletion, or by when it is to come back."""
        work = self._works.pop(name, None)
        if work is not None and not work.is_told:
            yield f"{name}: has worked on {work.text[:80]}, and does not tell the queue"

    def _of(self, home: Instance) -> list[Hand]:
        return [hand for hand in self._hands if hand.home is home and not hand.is_settled]

    def _find(self, passage: Passage) -> Hand | None:
        """Return the message in hand that a request is about, by the receipt that it names."""
        home, names = passage.sender.home, (passage.request.segments[-1], passage.request.query.get("popreceipt"))
        return next((hand for hand in self._hands if hand.home is home and (hand.id, hand.receipt) == names), None)

    def _is_lost(self, hand: Hand, since: float) -> bool:
        """Say whether a worker that counts from a second on must believe a message to be in other hands."""
        return hand.is_refused or hand.home.watch() >= since + hand.seconds - self.margin

    def _take(self, passage: Passage, home: Instance) -> None:
        assert passage.reply is not None
        seconds, tried_at = _seconds(passage), self._tries.pop(passage.sender.name)
        if seconds <= self.lease + self.margin:
            self.tell([f"{passage.sender.name}: hides messages for {seconds:g} s, and their jobs lapse later"])
        for found in ET.fromstring(passage.reply.body).iter("QueueMessage"):  # noqa: S314 - our own double's
            facts = {part.tag: part.text or "" for part in found}
            if "PopReceipt" in facts:
                hand = Hand(
                    home=home,
                    id=facts["MessageId"],
                    text=facts["MessageText"],
                    count=int(facts["DequeueCount"]),
                    seconds=seconds,
                    receipt=facts["PopReceipt"],
                    tried_at=tried_at,
                    sent_at=passage.sent_at,
                    known_at=passage.clock(),
                    begun_at=passage.sent_at,
                )
                self._hands.append(hand)

    def _judge(self, hand: Hand, passage: Passage) -> Iterator[str]:
        """Judge what a worker asks the queue about a message."""
        words = f"{passage.sender.name}: {passage.request.method} of {hand.text[:80]}"
        if _RENEWAL in passage.sender.name:
            hand.begun_at = passage.sent_at
            if hand.is_settled:
                yield f"{words}, which is settled"
            if _seconds(passage) < hand.seconds:
                yield f"{words}, to be hidden for {_seconds(passage):g} s"
        elif not hand.is_settled:  # or it is asked once more: what was asked first is judged
            hand.is_settled = True
            work = self._works.get(passage.sender.name)
            mine = work if work is not None and work.text == hand.text and not work.is_told else None
            yield from (f"{words}, and {wrong}" for wrong in self._judge_end(hand, mine, passage))
            if mine is not None:
                mine.is_told = True

    def _judge_end(self, hand: Hand, mine: Work | None, passage: Passage) -> Iterator[str]:
        """Judge that a thread deletes a message, or gives it back, given what it has done for it."""
        if passage.request.method == "DELETE":
            if mine is None or not mine.has_succeeded:
                yield "its work is not done"
        elif mine is not None and mine.has_succeeded:
            yield "its work is done"
        elif mine is None and self._is_under_way(hand):
            yield "it is worked on"
        elif mine is None and self.workers[hand.home.name]:
            yield "nobody has begun it"

    def _is_under_way(self, hand: Hand) -> bool:
        """Say whether a message is worked on, as far as its text tells it from others."""
        twins = sum(other.text == hand.text for other in self._of(hand.home)) + 1
        works = [work for work in self._works.values() if work.home is hand.home and work.text == hand.text]
        return sum(work.has_succeeded is None for work in works) >= twins

    def _late(self, hand: Hand) -> Iterator[str]:
        """A message is hidden for longer when a third of its time is gone, and after a try that has failed the next."""
        home, now = hand.home, hand.home.watch()
        if self._is_lost(hand, hand.tried_at) or home.stopped_until > self.now() - _SLACK:
            return
        first, rate = hand.sent_at + hand.seconds / _RENEWALS, max(1.0, home.watch.rate)
        due = first if hand.begun_at <= hand.sent_at else max(first, hand.begun_at + rate * hand.seconds / _TRY + 1.0)
        late = now - max(due, hand.known_at) - _SLACK * rate
        if late > 0:
            yield f"{home.name}: {hand.text[:80]} should have been hidden for longer {late:.2f} s ago"


def _of_queue(passage: Passage) -> bool:
    """Say whether a request is one to the job queue."""
    request = passage.request
    return request.service == "queue" and request.segments[:1] == (entry_points.QUEUE,)


def _is_look(passage: Passage) -> bool:
    """Say whether a request asks the job queue for messages."""
    return _of_queue(passage) and passage.request.method == "GET" and len(passage.request.segments) == _ONE - 1


def _seconds(passage: Passage) -> float:
    """Return for how long a request hides a message."""
    return float(passage.request.query.get("visibilitytimeout", "0"))
