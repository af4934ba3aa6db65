"""Receive messages of the job queue, do what each asks for, and delete it; hide it meanwhile, by its newest receipt.

What the Functions host does for its queue trigger. A message counts for nothing here either: the job's row decides.
"""

import math
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import timedelta

from shared.clock import DATE_STEP
from shared.errors import Lost, Outage
from shared.heartbeat import Heartbeat, HeldLease, Left
from shared.ports.queue import QueueMessage, WorkQueue
from shared.runtime import Event, Runtime
from shared.settings.settings import Settings
from shared.telemetry import LogEvent, emit

#: Seconds between two looks at a queue that had no more to give: right after work, and when there was none for long.
SHORTEST, LONGEST = 0.05, 30.0
#: The wait between two looks, as a share of the time without work: so a message waits for its first look at most a
#: tenth as long as the queue was quiet before it.
SHARE = 0.1
#: Seconds between two looks of one that rests: another process looks for it, and wakes it.
RESTING = 600.0
#: Without work for so many seconds it is idle.
IDLE_SECONDS = 600.0
#: A look that is overdue by so many seconds has met an outage, or does not come.
OVERDUE_SECONDS = 60.0
#: The service gives at most this many messages a request.
MOST = 32
#: A message that failed comes back after this, as with the ``visibilityTimeout`` of host.json.
RETRY_AFTER = timedelta(seconds=10)
#: Messages are taken in hand beforehand for about so many seconds of work, at the pace of the last ones. More would
#: save few requests, and keep messages from other workers that have nothing to do. In a simulation two processes of one
#: core each did 32 messages of 25 ms in 1.07 times the ideal time, 150 of 8 ms in 1.04, and 1,000 of 2 ms in 1.03, for
#: 0.37, 0.09 and 0.04 looks a message. With 1.0 s the first took 1.75, since one process had 28 of the 32; with 0.25 s
#: the first two took 1.15 and 1.13; with 0.1 s messages of 8 ms cost 0.11 looks, and no batch was much faster.
AHEAD_SECONDS = 0.15
#: Messages that the pace is made of.
RECENT = 32

Body = Callable[[bytes], object]


def hide_time(settings: Settings) -> timedelta:
    """Return how long a message is hidden at a time.

    When its worker dies it must come back behind the end of its job's lease, or it finds the job busy and is spent. The
    last renewal of the lease may be a third of this time later than the message's own.
    """
    lapse = settings.lease + settings.margin + DATE_STEP
    return timedelta(seconds=math.ceil(1.5 * lapse.total_seconds()) + 1)


@dataclass(kw_only=True)
class Consumer:
    """Consume the job queue.

    Attributes:
        queue: The job queue.
        receive: Does what a message asks for.
        bury: Takes in a message that has failed too often.
        heartbeat: Keeps messages in hand hidden.
        settings: How often a message may be received, and how long it is hidden at a time.
        runtime: Time, threads and locks.
        wake: Set by whoever sends a message: the queue is looked at then.
        slots: Messages that are worked on at once.
        rests: Whether it hardly looks while it is idle: another process looks, and has it woken.
        in_hand: Messages in hand.
        message_count: Messages that are out of hand again.
        polled_at: When the queue was read last, by ``monotonic``; None before the first time.
        worked_at: When there was work last; at first the beginning.
        is_settled: Whether no message or claim was left behind since ``stop``, because storage was out.
    """

    queue: WorkQueue
    receive: Body
    bury: Body
    heartbeat: Heartbeat
    settings: Settings
    runtime: Runtime
    wake: Event
    slots: int
    rests: bool = False
    in_hand: int = field(default=0, init=False)
    message_count: int = field(default=0, init=False)
    polled_at: float | None = field(default=None, init=False)
    worked_at: float = field(default=0.0, init=False)
    is_settled: bool = field(default=True, init=False)
    _paces: deque[float] = field(default_factory=lambda: deque(maxlen=RECENT), init=False)
    _paced_at: float = field(default=0.0, init=False)
    _due_at: float = field(default=0.0, init=False)
    _is_stopping: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        """Begin without work."""
        self._guard = self.runtime.lock()
        self._hide_time = hide_time(self.settings)
        self.worked_at = self.runtime.monotonic()

    @property
    def has_room(self) -> bool:
        """Whether a message that comes now would be worked on at once."""
        return self.in_hand < self.slots

    @property
    def is_idle(self) -> bool:
        """Whether there has been no work for long."""
        return not self.in_hand and self.runtime.monotonic() - self.worked_at >= IDLE_SECONDS

    @property
    def is_well(self) -> bool:
        """Whether it has its hands full, or has read the queue and its next look is not overdue."""
        has_looked = self.polled_at is not None and self.runtime.monotonic() < self._due_at + OVERDUE_SECONDS
        return not self.has_room or has_looked

    def run(self) -> None:
        """Consume until ``stop``, and end what is under way; an outage slows it down and never ends it.

        Costs: 1 request a look, for up to 32 messages; for each, those of its work and 1 delete; a renewal each third
        of a lease for which it is in hand.
        """
        with self.runtime.pool(self.slots, "message") as pool:
            while not self._is_stopping:
                pause = LONGEST  # without room there is nothing to look for, and the end of a message wakes
                if self.has_room:
                    most = self._appetite()
                    if self._poll(pool, most) == most:
                        continue  # there may be more
                    pause = self._pause()
                self.wake.wait(pause)
                self.wake.clear()  # before the next look: what is sent or ends from here on wakes again

    def stop(self) -> None:
        """Begin no message any more; those in hand that nobody works on yet are given back."""
        self._is_stopping = True
        self.wake.set()

    def note_work(self) -> None:
        """Note that the queue or a chore had work just now: the queue is read more often for a while."""
        self.worked_at = self.runtime.monotonic()

    def _pause(self) -> float:
        """Return the seconds until the next look: a share of the time since a message has come or ended."""
        quiet = self.runtime.monotonic() - self.worked_at
        return RESTING if self.rests and self.is_idle else min(LONGEST, max(SHORTEST, SHARE * quiet))

    def _appetite(self) -> int:
        """Return how many messages to ask for: what is free, and more where messages are done quickly."""
        with self._guard:
            seconds = sum(self._paces)
            ahead = int(AHEAD_SECONDS * len(self._paces) / seconds) if seconds else 0
        return min(MOST, max(self.slots - self.in_hand, ahead))

    def _poll(self, pool: Executor, most: int) -> int:
        """Take messages in hand; return how many. Costs: 1 request."""
        sent_at = self.runtime.monotonic()
        try:
            messages = self.queue.receive(most=most, hidden=self._hide_time)
        except Outage as outage:
            emit(LogEvent.NOT_POLLED, error=str(outage))
            return 0
        self.polled_at = self.runtime.monotonic()
        if messages:
            self.note_work()
        self._due_at = self.polled_at + self._pause()
        for message in messages:
            self._begin()
            held = self.heartbeat.hold(message, self._hide, lease=self._hide_time, sent_at=sent_at)
            pool.submit(self._carry, held)
        return len(messages)

    def _hide(self, message: QueueMessage, left: Left) -> QueueMessage:
        return self.queue.hide(message, self._hide_time, timeout=left())

    def _carry(self, held: HeldLease[QueueMessage]) -> None:
        """Bring one message to its end."""
        try:
            if self._is_stopping:
                self._give_back(held, timedelta(0))
            elif not held.lost:
                self._follow(held)
        finally:
            held.retire()
            self._end()

    def _begin(self) -> None:
        """Put a message in hand; time without any says nothing of the pace."""
        with self._guard:
            if not self.in_hand:
                self._paced_at = self.runtime.monotonic()
            self.in_hand += 1

    def _end(self) -> None:
        """Put a message out of hand; its end wakes who waits for room, and nobody who waits for messages."""
        with self._guard:
            now = self.runtime.monotonic()
            self._paces.append(now - self._paced_at)
            self._paced_at = now
            was_full = not self.has_room
            self.in_hand -= 1
            self.message_count += 1
            self.note_work()
        if was_full and self.has_room:
            self._due_at = self.runtime.monotonic()
            self.wake.set()

    def _follow(self, held: HeldLease[QueueMessage]) -> None:
        message = held.row
        try:
            act = self.bury if message.dequeue_count > self.settings.max_dequeue_count else self.receive
            act(message.body)
            self.queue.delete(held.retire())
        except Exception as error:  # noqa: BLE001 - the edge of a message: it comes back, and the next has its turn
            emit(LogEvent.MESSAGE_FAILED, error=type(error).__name__)
            self._note_outage(error)
            self._give_back(held, RETRY_AFTER)

    def _give_back(self, held: HeldLease[QueueMessage], after: timedelta) -> None:
        try:
            self.queue.hide(held.retire(), after)
        except (Lost, Outage) as error:  # it comes back when it is hidden no longer
            self._note_outage(error)

    def _note_outage(self, error: Exception) -> None:
        """Note that something may be left behind at the end."""
        if self._is_stopping and isinstance(error, Outage):
            self.is_settled = False
