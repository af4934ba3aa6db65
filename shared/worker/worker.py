"""One worker: a consumer of the job queue, and the chores beside it."""

from dataclasses import dataclass, replace

from shared.telemetry import LogEvent, emit
from shared.wiring.steps import Darkroom
from shared.worker.awake import AwakeQueue
from shared.worker.chores import Chores
from shared.worker.consumer import LONGEST, Consumer
from shared.worker.timers import Timers

#: Without work for so many seconds a worker is idle: it does chores less often.
IDLE_SECONDS = 600.0
#: A queue that was last read longer ago than this is not consumed.
STALE_SECONDS = 3 * LONGEST


@dataclass(frozen=True)
class Health:
    """How a worker is.

    Attributes:
        is_well: Whether it has read the queue lately, or has its hands full.
        polled_seconds: Since it has read the queue; None before the first time.
        swept_seconds: Since its last sweep; None before the first.
        in_hand: Messages.
        messages: Messages that it has had in hand.
    """

    is_well: bool
    polled_seconds: float | None
    swept_seconds: float | None
    in_hand: int
    messages: int


class Worker:
    """Consume the job queue, sweep, reconcile and purge, until ``stop``.

    Args:
        darkroom: Everything, wired.
        slots: Messages that are worked on at once.
        has_chores: Whether to sweep, reconcile and purge; one of several processes does.
    """

    def __init__(self, darkroom: Darkroom, *, slots: int, has_chores: bool = True) -> None:
        self._runtime = darkroom.runtime
        self._wake = self._runtime.event()
        queue = AwakeQueue(darkroom.storage.queue, self._wake.set)
        self.darkroom = replace(darkroom, storage=replace(darkroom.storage, queue=queue))
        self._owner = f"worker/{self._runtime.draw()[:12]}"
        self._stopping = self._runtime.event()
        self._is_stopping = False
        self._consumer = self._build_consumer(slots)
        self._chores = self._build_chores(has_chores=has_chores)

    def run(self) -> None:
        """Work until ``stop``; then end what is under way.

        It returns when all messages in hand are settled and no chore is under way: what a sweep has claimed would wait
        for its lease, and cost an attempt.
        """
        emit(LogEvent.WORKER_STARTED, owner=self._owner, slots=self._consumer.slots)
        with self._chores.beside():
            try:
                self._consumer.run()
            finally:
                self.stop()  # or a sweep under way would keep a worker whose consumer has failed
        emit(LogEvent.WORKER_STOPPED, owner=self._owner, messages=self._consumer.message_count)

    def stop(self) -> None:
        """Begin nothing any more."""
        self._is_stopping = True
        self._stopping.set()
        self._consumer.stop()

    def is_idle(self) -> bool:
        """Say whether there has been no work for long."""
        return self._consumer.quiet_seconds >= IDLE_SECONDS

    def health(self) -> Health:
        """Say how it is. Costs: nothing."""
        now, consumer = self._runtime.monotonic(), self._consumer
        polled = None if consumer.polled_at is None else now - consumer.polled_at
        swept_at = self._chores.done_at.get("sweep")
        return Health(
            is_well=not consumer.has_room or (polled is not None and polled < STALE_SECONDS),
            polled_seconds=polled,
            swept_seconds=None if swept_at is None else now - swept_at,
            in_hand=consumer.in_hand,
            messages=consumer.message_count,
        )

    def _build_consumer(self, slots: int) -> Consumer:
        darkroom = self.darkroom
        return Consumer(
            queue=darkroom.storage.queue,
            receive=lambda body: darkroom.receive.receive(body, owner=self._owner),
            bury=darkroom.bury.bury,
            heartbeat=darkroom.heartbeat,
            settings=darkroom.settings,
            runtime=self._runtime,
            wake=self._wake,
            slots=slots,
        )

    def _build_chores(self, *, has_chores: bool) -> Chores:
        timers = Timers(self.darkroom, owner=self._owner, is_idle=self.is_idle, stop=lambda: self._is_stopping)
        return Chores(
            chores=timers.chores() if has_chores else (),
            runtime=self._runtime,
            is_idle=self.is_idle,
            note_work=self._consumer.note_work,
            stopping=self._stopping,
        )
