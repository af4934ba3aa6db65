"""One worker: a consumer of the job queue, and the chores beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from shared.rules.rhythms import upkeep_json
from shared.telemetry import LogEvent, emit
from shared.wiring.steps import Darkroom
from shared.worker.awake import AwakeQueue
from shared.worker.chores import Chores
from shared.worker.consumer import Consumer
from shared.worker.timers import Timers


@dataclass(frozen=True)
class Health:
    """How a worker is.

    Attributes:
        is_well: Whether it reads the queue, or has its hands full.
        is_idle: Whether there has been no work for long.
        polled_seconds: Since it has read the queue; None before the first time.
        upkeep: The ages of what timers do, as far as it knows; None where it does not do that.
        in_hand: Messages.
        messages: Messages that it has had in hand.
    """

    is_well: bool
    is_idle: bool
    polled_seconds: float | None
    upkeep: Mapping[str, Mapping[str, float | bool | None]] | None
    in_hand: int
    messages: int


class Worker:
    """Consume the job queue, sweep, reconcile and purge, until ``stop``.

    Args:
        darkroom: Everything, wired.
        slots: Messages that are worked on at once.
        leads: Whether to do the chores, and to look at the queue while idle too. Of several processes one does; the
            others are woken when it has found work.
    """

    def __init__(self, darkroom: Darkroom, *, slots: int, leads: bool = True) -> None:
        self._runtime = darkroom.runtime
        self._wake = self._runtime.event()
        queue = AwakeQueue(darkroom.storage.queue, self._wake.set)
        self.darkroom = replace(darkroom, storage=replace(darkroom.storage, queue=queue))
        self._owner = f"worker/{self._runtime.draw()[:12]}"
        self._stopping = self._runtime.event()
        self._is_stopping = False
        self._consumer = self._build_consumer(slots, rests=not leads)
        self._timers = self._build_timers() if leads else None
        self._chores = self._build_chores()

    def run(self) -> bool:
        """Work until ``stop``; then end what is under way.

        It returns when no message is in hand and no chore is under way: what a sweep has claimed would wait for its
        lease, and cost an attempt.

        Returns:
            Whether all is settled. Where storage is out, messages and claims that could not be given back are left to
            the times for which they are hidden and protected.
        """
        emit(LogEvent.WORKER_STARTED, owner=self._owner, slots=self._consumer.slots)
        with self._chores.beside():
            try:
                self._consumer.run()
            finally:
                self.stop()  # or a sweep under way would keep a worker whose consumer has failed
        emit(LogEvent.WORKER_STOPPED, owner=self._owner, messages=self._consumer.message_count)
        return self._consumer.is_settled and self._chores.is_settled

    def stop(self) -> None:
        """Begin nothing any more, and don't wait for storage that is out."""
        self._is_stopping = True
        self.darkroom.patience.end()
        self._stopping.set()
        self._consumer.stop()

    def is_idle(self) -> bool:
        """Say whether there has been no work for long."""
        return self._consumer.is_idle

    def wake(self) -> None:
        """Look at the queue now, and more often from now on: another process has found work."""
        self._consumer.note_work()
        self._wake.set()

    def health(self) -> Health:
        """Say how it is. Costs: nothing."""
        now, consumer = self._runtime.monotonic(), self._consumer
        polled = None if consumer.polled_at is None else now - consumer.polled_at
        return Health(
            is_well=consumer.is_well,
            is_idle=consumer.is_idle,
            polled_seconds=polled,
            upkeep=None if self._timers is None else upkeep_json(self.darkroom.liveness.ages(self._timers.done_at())),
            in_hand=consumer.in_hand,
            messages=consumer.message_count,
        )

    def _build_consumer(self, slots: int, *, rests: bool) -> Consumer:
        darkroom = self.darkroom
        return Consumer(
            queue=darkroom.storage.queue,
            receive=lambda body: darkroom.receive.receive(body, owner=self._owner),
            bury=lambda body: darkroom.bury.bury(body),  # noqa: PLW0108 - the step is built with the first of these
            heartbeat=darkroom.heartbeat,
            settings=darkroom.settings,
            runtime=self._runtime,
            wake=self._wake,
            slots=slots,
            rests=rests,
        )

    def _build_timers(self) -> Timers:
        return Timers(self.darkroom, owner=self._owner, is_idle=self.is_idle, stop=lambda: self._is_stopping)

    def _build_chores(self) -> Chores:
        return Chores(
            chores=() if self._timers is None else self._timers.chores(),
            runtime=self._runtime,
            is_idle=self.is_idle,
            note_work=self._consumer.note_work,
            stopping=self._stopping,
        )
