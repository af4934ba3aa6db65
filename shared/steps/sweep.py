"""Look at every job whose due row has come up: the timer strategy, and what catches every message that was lost."""

import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shared.clock import ServerClock
from shared.errors import LockHeld, StorageOut
from shared.ports import JobStore
from shared.settings import Dispatch, Settings
from shared.steps.analyze import Analyze
from shared.steps.locking import TableLock
from shared.steps.outcomes import Outcome
from shared.telemetry import Happened, emit

LOCK = "sweep"
#: Due jobs read from one bucket in one sweep; the rest is there at the next.
LIMIT = 200


@dataclass(frozen=True)
class Swept:
    """What a sweep did.

    Attributes:
        outcomes: How many jobs came to which end in this sweep.
        left: Due jobs that the budget did not allow to start.
        locked_out: Whether another sweep held the lock.
    """

    outcomes: Counter[Outcome]
    left: int = 0
    locked_out: bool = False


class Sweep:
    """Analyse what is due, one sweep at a time among all instances.

    Args:
        jobs: Where due rows are.
        lock: Keeps sweeps apart.
        analyze: Works one job.
        settings: Budget, parallelism, buckets.
        clock: The service's time.
        monotonic: Seconds that never go back.
        prepare: Creates what is missing in storage; called at the first sweep of a process.
    """

    def __init__(
        self,
        *,
        jobs: JobStore,
        lock: TableLock,
        analyze: Analyze,
        settings: Settings,
        clock: ServerClock,
        monotonic: Callable[[], float],
        prepare: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._lock = lock
        self._analyze = analyze
        self._settings = settings
        self._clock = clock
        self._monotonic = monotonic
        self._prepare = prepare
        self._prepared = False

    def __call__(self, *, owner: str) -> Swept:
        """Sweep once.

        Args:
            owner: Who works, ``trigger/invocation-id``.

        Raises:
            StorageOut: Storage is out; the next tick sweeps again.

        Costs: lock 3, one query a bucket, and those of each analysis; 1 when another sweep is under way.
        """
        stop_at = self._monotonic() + self._settings.sweep_budget.total_seconds()
        self._prepare_once()
        if self._settings.dispatch is Dispatch.OFF:
            return Swept(Counter({Outcome.PAUSED: 1}))
        try:
            with self._lock.try_acquire(LOCK, owner=owner) as held:
                return self._work(self._due(), owner, lambda: held.lost or self._monotonic() >= stop_at)
        except LockHeld:
            emit(Happened.LOCKED_OUT)
            return Swept(Counter(), locked_out=True)

    def _prepare_once(self) -> None:
        """Create what is missing; who may not create goes on with what is there, and each write says what it misses."""
        if self._prepared:
            return
        try:
            self._prepare()
        except StorageOut as error:
            emit(Happened.NOT_CREATED, level=logging.WARNING, error=str(error))
        else:
            self._prepared = True

    def _due(self) -> list[str]:
        """List ids of due jobs of all buckets, in turn from each, so that no bucket waits for another."""
        now = self._clock.now()
        kind, buckets = self._settings.image_type, self._settings.job_buckets
        found = [self._jobs.due(kind, bucket, before=now, limit=LIMIT) for bucket in range(buckets)]
        turns = max((len(ids) for ids in found), default=0)
        return [ids[turn] for turn in range(turns) for ids in found if turn < len(ids)]

    def _work(self, ids: list[str], owner: str, stop: Callable[[], bool]) -> Swept:
        """Analyse in parallel; what has not begun when it is time to stop is left to the next sweep.

        A job that raises keeps no other from its turn; what it has raised is raised when all have had theirs.
        """

        def one(job_id: str) -> Outcome | None:
            return None if stop() else self._analyze(job_id, owner=owner)

        if not ids:
            return Swept(Counter())
        with ThreadPoolExecutor(min(self._settings.sweep_parallelism, len(ids)), "sweep") as pool:
            begun = [pool.submit(one, job_id) for job_id in ids]
        failed = next((error for future in begun if (error := future.exception()) is not None), None)
        ends = [future.result() for future in begun if future.exception() is None]
        swept = Swept(Counter(end for end in ends if end is not None), left=ends.count(None))
        outcomes = {outcome.value: number for outcome, number in swept.outcomes.items()}
        emit(Happened.SWEPT, unstarted=swept.left, raised=len(begun) - len(ends), **outcomes)
        if failed is not None:
            raise failed
        return swept
