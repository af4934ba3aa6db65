"""What a holder of a claim or a lock owes: it renews in time, stops when it is told, and works on what is its own.

Each thread of a process that has claimed a job is watched at the wire, by its process's own clock. ``tenures`` says
until when a holder may believe in its lease; this says what it must do meanwhile, and how a call of it may end.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.simulation import entry_points
from tests.simulation.faults import Fault
from tests.simulation.instance import Instance
from tests.simulation.operations import Operation, Place, row_of, status_of
from tests.simulation.rules import OURS
from tests.simulation.service.exchange import Reply
from tests.simulation.wire import Passage

#: As the documents say: a third of a lease, and a sixth for each try.
_RENEWALS, _TRY = 3, 6
#: Own seconds that a thread may take to wake and send.
_SLACK = 0.5
_OK, _GONE = 300, (404, 412)
_RENEWAL = "/renewal"


@dataclass
class Duty:
    """A claim of one thread, as the thread knows it.

    Attributes:
        home: Its process.
        task: The thread.
        place: Of the job.
        owner: As the row has it.
        claim_id: Of the claim.
        lease: Seconds.
        sent_at: Own second at which the last write was sent that has given it time.
        known_at: Own second at which the reply to that write was there.
        begun_at: Own second at which the last renewal was begun.
        clock: Own.
        refusal: The renewal that was refused, and has not looked yet.
        knows: Whether a renewal has read that the claim is gone.
        ended: Whether the thread has written its end.
        lapsed: Whether its own clock was past its time when a renewal was heard to have given it more: it may have let
            go by then.
    """

    home: Instance
    task: str
    place: Place
    owner: str
    claim_id: str
    lease: float
    sent_at: float
    known_at: float
    begun_at: float
    clock: Callable[[], float]
    refusal: str = ""
    knows: bool = False
    ended: bool = False
    lapsed: bool = False


@dataclass
class Duties:
    """Everybody's.

    Attributes:
        margin: Seconds that a holder keeps back.
        rows: As they stand.
        now: Returns the virtual second.
        tell: Takes what is wrong.
    """

    margin: float
    rows: Mapping[Place, Mapping[str, Any]]
    now: Callable[[], float]
    tell: Callable[[Iterable[str]], object]
    _by_task: dict[str, Duty] = field(default_factory=dict)
    _refs: dict[str, str] = field(default_factory=dict)
    _beats: dict[str, tuple[str, float]] = field(default_factory=dict)
    _first: dict[str, float] = field(default_factory=dict)
    _nonces: dict[str, str] = field(default_factory=dict)
    _locks: dict[str, tuple[str, float]] = field(default_factory=dict)

    def on_reply(self, passage: Passage, reply: Reply) -> None:
        """Take in a claim, or a lock that is taken: its thread may not know of it."""
        if status_of(reply) >= _OK or not isinstance(passage.sender.home, Instance):
            return
        for each in passage.writes:
            if _claims(each, passage):
                self._refs[passage.sender.name] = str(each.columns["ref"])
            waits = passage.waits and _RENEWAL not in passage.sender.name  # one who has given up does not know of it
            if "locks" in each.table and each.columns.get("owner") and waits:
                until = passage.sent_at + float(each.columns["lease_seconds"]) - self.margin
                self._locks[passage.sender.name] = each.row, until

    def on_request(self, passage: Passage) -> None:
        """Judge a request of a holder before it goes."""
        home, name = passage.sender.home, passage.sender.name
        if not isinstance(home, Instance):
            return
        self.tell(self._of_lock(passage))
        request, duty = passage.request, self._by_task.get(name)
        if request.service == "blob" and request.method == "GET" and request.segments[0] == entry_points.IMAGES:
            ref = "/".join(request.segments)
            if len(request.segments) > 1 and self._refs.get(name) != ref:
                self.tell([f"{name}: reads {ref} without a claim"])
        if duty is not None:
            self.tell(self._late(duty))
        for each in passage.writes:
            self._first.setdefault(str(each.columns.get("claim_id", "")), passage.sent_at)
            self._write(each, passage)

    def ended(self, passage: Passage, end: str) -> None:
        """Take in how a request has ended for its sender."""
        home, name = passage.sender.home, passage.sender.name
        if not isinstance(home, Instance) or home.dead:
            return
        whole = end.startswith("2") and passage.fault is not Fault.REPLY_CUT
        status = status_of(passage.reply) if whole and passage.reply is not None else 0
        well = 0 < status < _OK
        for each in passage.writes:
            if well and _claims(each, passage):
                self._begin(each, passage, home)
            elif name in self._beats and each.row.startswith("job:"):
                self._judge_renewal(name, passage, status)
        if name in self._beats and passage.fault is not Fault.REPLY_CUT:
            self._judge_look(name, passage, end)

    def go_on(self, task: str) -> None:
        """Judge that a thread goes on with its analysis."""
        duty = self._by_task.get(task)
        if duty is None:
            return
        if duty.knows:
            self.tell([f"{task}: works on, and was told that its claim at {duty.place[2]} is gone"])
        self.tell(self._late(duty))

    def of(self, home: Instance) -> Iterator[Duty]:
        """Yield the claims of a process that stand, and of which it may believe so."""
        for duty in self._by_task.values():
            claim_id = self.rows.get(duty.place, {}).get("claim_id")
            if duty.home is home and claim_id == duty.claim_id and not (duty.lapsed or self._over(duty)):
                yield duty

    def leftovers(self, home: Instance, owner: str, task: str, *, raised: bool) -> Iterator[str]:
        """Judge that a call of an owner ends while a claim or a lock of it stands.

        Args:
            home: Its process.
            owner: As it has called itself; a worker does in all of its calls.
            task: The thread that has made it; a sweep works in others, of the same name.
            raised: Whether it ends by an outage.
        """
        self._locks.pop(task, None)  # one that came too late, and was not used
        for duty in self.of(home):
            if duty.owner != owner or not (duty.task == task or _both_sweep(duty.task, task)):
                continue
            if not raised:
                yield f"{duty.task}: has returned, and holds {duty.place[2]} still"
            elif not duty.ended:
                yield f"{duty.task}: has met an outage, and does not give {duty.place[2]} back"

    def remains(self, home: Instance) -> Iterator[str]:
        """Judge that a worker has ended all that it was at, and ends."""
        for duty in self.of(home):
            if not duty.ended:
                yield f"{duty.task}: ends with its worker, and holds {duty.place[2]} still"

    def _over(self, duty: Duty) -> bool:
        """Whether a holder may believe that its time is over."""
        return duty.clock() >= duty.sent_at + duty.lease - self.margin - _SLACK

    def _begin(self, claim: Operation, passage: Passage, home: Instance) -> None:
        columns, name = claim.columns, passage.sender.name
        self._by_task[name] = Duty(
            home=home,
            task=name,
            place=claim.place,
            owner=columns["owner"],
            claim_id=columns["claim_id"],
            lease=float(columns["lease_seconds"]),
            sent_at=self._first[columns["claim_id"]],
            known_at=passage.clock(),
            begun_at=self._first[columns["claim_id"]],
            clock=passage.clock,
        )

    def _write(self, each: Operation, passage: Passage) -> None:
        """Take in a renewal that begins, or the end of an attempt."""
        name = passage.sender.name
        if _RENEWAL in name and each.row.startswith("job:") and name not in self._beats:
            for duty in self._by_task.values():
                if duty.home is passage.sender.home and duty.claim_id == each.columns.get("claim_id"):
                    duty.begun_at = passage.sent_at
                    self._beats[name] = duty.task, passage.sent_at
        if name in self._beats and each.row.startswith("job:"):
            self._nonces[name] = str(each.columns.get("nonce"))
        duty_of = self._by_task.get(name)
        if duty_of is not None and each.row.startswith("try:") and "outcome" in each.columns:
            duty_of.ended = duty_of.ended or duty_of.place[2][4:] in each.row

    def _judge_renewal(self, name: str, passage: Passage, status: int) -> None:
        task, begun_at = self._beats[name]
        duty = self._by_task.get(task)
        if duty is None:
            return
        if 0 < status < _OK:
            duty.lapsed = duty.lapsed or self._over(duty)
            duty.sent_at, duty.known_at = begun_at, passage.clock()
        elif status in _GONE:
            duty.refusal = name

    def _judge_look(self, name: str, passage: Passage, end: str) -> None:
        task, begun_at = self._beats[name]
        duty = self._by_task.get(task)
        found = passage.request.method == "GET" and passage.reply is not None and end == "200"
        if duty is not None and found and passage.reply and self._nonces.get(name, "?").encode() in passage.reply.body:
            duty.lapsed = duty.lapsed or self._over(duty)
            duty.sent_at, duty.known_at = begun_at, passage.clock()
        if duty is None or duty.refusal != name or row_of(passage.request) != duty.place:
            return
        # The adapter looks for its own lost write first, by its nonce alone, and says only that the row has moved; the
        # worker looks again. Until then, and where that look fails, the worker does not know.
        if "$select" in passage.request.query:
            return
        gone = self.rows.get(duty.place, {}).get("claim_id") != duty.claim_id
        duty.knows = gone and end in ("200", "404")

    def _late(self, duty: Duty) -> Iterator[str]:
        """A renewal is begun when a third of the lease is gone, and after one that has failed the next."""
        row, now = self.rows.get(duty.place, {}), duty.clock()
        if duty.ended or row.get("claim_id") != duty.claim_id or duty.home.stopped_until > self.now() - _SLACK:
            return
        first, rate = duty.sent_at + duty.lease / _RENEWALS, max(1.0, duty.home.watch.rate)
        due = first if duty.begun_at <= duty.sent_at else max(first, duty.begun_at + rate * duty.lease / _TRY + 1.0)
        late = now - max(due, duty.known_at) - _SLACK * rate
        if late > 0 and now < duty.sent_at + duty.lease - self.margin:
            yield f"{duty.task}: its lease of {duty.place[2]} should have been renewed {late:.2f} s ago"

    def _of_lock(self, passage: Passage) -> Iterator[str]:
        """A lock that has come too late is of no use: nothing is done under it."""
        name, request = passage.sender.name, passage.request
        if request.service == "table" and "locks" in (request.segments or ("",))[0]:
            return
        if any("locks" in each.table for each in passage.writes):
            return
        lock, until = self._locks.pop(name, ("", float("inf")))
        if passage.sent_at > until + _SLACK:
            yield f"{name}: {passage.label} {passage.sent_at - until:.2f} s after its lock {lock} was over"


def _both_sweep(one: str, other: str) -> bool:
    return all("/sweep." in task for task in (one, other))


def _claims(each: Operation, passage: Passage) -> bool:
    """Say whether a write is a claim of this app's own workers."""
    columns = each.columns
    ours = each.row.startswith("job:") and str(columns.get("owner", "")).startswith(OURS)
    begins = any(other.verb == "insert" and other.row.startswith("try:") for other in passage.writes)
    return ours and columns.get("state") == "RUNNING" and bool(columns.get("lease_seconds")) and begins
