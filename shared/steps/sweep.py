"""Look at every job whose due row has come up: the timer strategy, and what catches every message that was lost.

With ``DISPATCH=timer`` the sweep analyses all that is due; with ``both`` too, and what it has no time for it sends to
the queue; with ``queue`` it analyses nothing, and sends all that is due to the queue again.
"""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import chain, zip_longest

from shared.choices import Dispatch
from shared.clock import ServerClock
from shared.errors import LockHeld, StorageOut
from shared.invocation import Pool
from shared.ports import JobStore
from shared.settings import Settings
from shared.steps.drain import Drain
from shared.steps.expire import Expire
from shared.steps.locking import TableLock
from shared.steps.outcomes import Outcome
from shared.steps.overflow import Overflow
from shared.steps.work import Work
from shared.telemetry import Happened, emit

LOCK = "sweep"
#: Due jobs read from one bucket in one sweep; the rest is there at the next.
LIMIT = 200
#: What analyses may take of the budget where the rest is sent to the queue.
ANALYSING = 0.8


@dataclass(frozen=True)
class Swept:
    """What a sweep did.

    Attributes:
        outcomes: How many jobs came to which end in this sweep.
        left: Due jobs that were neither begun nor sent.
        locked_out: Whether another sweep held the lock.
    """

    outcomes: Counter[Outcome]
    left: int = 0
    locked_out: bool = False


class Sweep:
    """Work on what is due, one sweep at a time among all instances.

    Args:
        jobs: Where due rows are.
        lock: Keeps sweeps apart.
        work: Works on one job, of the types that it knows.
        kinds: Lists the types of all jobs.
        expire: Ends jobs of the other types that may never be claimed again.
        overflow: Sends jobs to the queue.
        drain: Takes in what lies stuck in the poison queues.
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
        work: Work,
        kinds: Callable[[], Sequence[str]],
        expire: Expire,
        overflow: Overflow,
        drain: Drain,
        settings: Settings,
        clock: ServerClock,
        monotonic: Callable[[], float],
        prepare: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._lock = lock
        self._work = work
        self._kinds = kinds
        self._expire = expire
        self._overflow = overflow
        self._drain = drain
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

        Costs: lock 3, one query for the types, one a type and bucket, one look into each poison queue, and those of the
        work; 3 for each job that is sent to the queue, and 1 for the queue's length; 1 when another sweep is under way.
        """
        begun_at = self._monotonic()
        self._prepare_once()
        if self._settings.dispatch is Dispatch.OFF:
            return Swept(Counter({Outcome.PAUSED: 1}))
        try:
            with self._lock.try_acquire(LOCK, owner=owner) as held:
                swept = self._swept(self._due(), owner, lambda share: held.lost or self._over(begun_at, share))
                others = [each for each in self._kinds() if each not in self._work.kinds]
                expired = self._expire(others, stop=lambda: held.lost or self._over(begun_at, 1.0))
                drained = self._drain(stop=lambda: held.lost or self._over(begun_at, 1.0))
                return replace(swept, outcomes=swept.outcomes + expired + drained)
        except LockHeld:
            emit(Happened.LOCKED_OUT, lock=LOCK)
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
        """List ids of due jobs, in turn from each type and in each from each bucket: so none waits for another."""
        now, buckets = self._clock.now(), range(self._settings.job_buckets)
        return _in_turn(
            [
                _in_turn([self._jobs.due(each, bucket, before=now, limit=LIMIT) for bucket in buckets])
                for each in self._work.kinds
            ]
        )

    def _over(self, begun_at: float, share: float) -> bool:
        """Whether this share of the budget is over."""
        return self._monotonic() >= begun_at + share * self._settings.sweep_budget.total_seconds()

    def _swept(self, ids: list[str], owner: str, stop: Callable[[float], bool]) -> Swept:
        """Analyse what can be analysed here, and send the rest.

        A job that raises keeps no other from its turn; what it has raised is raised when all have had theirs.
        """
        if not ids:
            return Swept(Counter())
        settings, ends, failed, rest = self._settings, Counter[Outcome](), None, ids
        share = ANALYSING if settings.sends else 1.0
        if settings.dispatch is not Dispatch.QUEUE:
            ends, failed, rest = self._analysed(ids, owner, lambda: stop(share))
        sent = self._overflow(rest, stop=lambda: stop(1.0)) if settings.sends else []
        swept = Swept(ends + Counter(sent), left=len(rest) - len(sent))
        outcomes = {outcome.value: number for outcome, number in swept.outcomes.items()}
        emit(Happened.SWEPT, unstarted=swept.left, raised=len(ids) - len(rest) - ends.total(), **outcomes)
        if failed is not None:
            raise failed
        return swept

    def _analysed(
        self, ids: list[str], owner: str, stop: Callable[[], bool]
    ) -> tuple[Counter[Outcome], BaseException | None, list[str]]:
        """Analyse in parallel; return how jobs ended, what the first that failed has raised, and which had no turn."""

        def one(job_id: str) -> Outcome | None:
            return None if stop() else self._work(job_id, owner=owner)

        with Pool(min(self._settings.sweep_parallelism, len(ids)), "sweep") as pool:
            begun = {job_id: pool.submit(one, job_id) for job_id in ids}
        failed = next((error for future in begun.values() if (error := future.exception()) is not None), None)
        ends = {job_id: future.result() for job_id, future in begun.items() if future.exception() is None}
        rest = [job_id for job_id, end in ends.items() if end is None]
        return Counter(end for end in ends.values() if end is not None), failed, rest


def _in_turn(lists: Sequence[list[str]]) -> list[str]:
    """Take the first of each list, then the second of each, and so on."""
    return [each for each in chain.from_iterable(zip_longest(*lists)) if each is not None]
