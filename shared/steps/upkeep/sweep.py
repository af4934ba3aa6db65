"""Look at every job whose due row has come up: the timer strategy, and what catches every message that was lost.

With ``DISPATCH=timer`` the sweep analyses all that is due; with ``both`` too, and what it has no time for it sends to
the queue; with ``queue`` it analyses nothing, and sends all that is due to the queue again.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from functools import partial

from shared.clock import ServerClock
from shared.errors import LockHeld, NoSuchJob, StorageOut
from shared.ports.jobs import JobStore
from shared.runtime import Runtime
from shared.settings.enums import Dispatch
from shared.settings.settings import Settings
from shared.steps.table_lock import TableLock
from shared.steps.upkeep.agenda import Agenda
from shared.steps.upkeep.backlog import Backlog, Resend
from shared.steps.upkeep.drain_poison import Drain
from shared.steps.upkeep.expire import Expire
from shared.steps.upkeep.turns import Turns
from shared.steps.work.attempt import Attempt, End
from shared.telemetry import LogEvent, emit

LOCK = "sweep"
#: Pages of a bucket that one sweep reads, where it can't move on what stands in them.
PAGES = 10
#: How jobs end whose due rows stay where they are.
STAYING = frozenset({End.LEFT, Resend.LEFT, Resend.UNKNOWN})
_NO_WORK = STAYING | {End.PAUSED}
#: What analyses may take of the budget where the rest is sent to the queue.
ANALYSING = 0.8


@dataclass(frozen=True)
class SweepResult:
    """What a sweep did.

    Attributes:
        outcomes: How many jobs came to which end in this sweep.
        rest: Due jobs that were neither begun nor sent.
        locked_out: Whether another sweep held the lock.
    """

    outcomes: Counter[StrEnum]
    rest: int = 0
    locked_out: bool = False

    @property
    def found_work(self) -> bool:
        """Whether there was work for this app."""
        return bool(self.rest or self.outcomes.keys() - _NO_WORK)


@dataclass(kw_only=True)
class Sweep:
    """Work on what is due, one sweep at a time among all instances.

    Attributes:
        jobs: Where due rows are.
        lock: Keeps sweeps apart.
        attempt: Works on one job, of the types that it knows.
        kinds: Lists the types of all jobs.
        expire: Ends jobs of the other types that may never be claimed again.
        backlog: Sends jobs to the queue.
        drain: Takes in what lies in the poison queues.
        settings: Budget, parallelism, buckets.
        clock: The service's time.
        runtime: Time, and threads that work side by side.
        prepare: Creates what is missing in storage; called at the first sweep of a process.
    """

    jobs: JobStore
    lock: TableLock
    attempt: Attempt
    kinds: Callable[[], Sequence[str]]
    expire: Expire
    backlog: Backlog
    drain: Drain
    settings: Settings
    clock: ServerClock
    runtime: Runtime
    prepare: Callable[[], None]
    _is_prepared: bool = field(default=False, init=False)

    def sweep(self, *, owner: str, stop: Callable[[], bool] = lambda: False, drains: bool = True) -> SweepResult:
        """Sweep once. What a job or a part of the sweep raises is raised when all others have had their turn.

        Args:
            owner: Who works, ``trigger/invocation-id``.
            stop: Whether to begin nothing more before the budget is over.
            drains: Whether to look into the poison queues too.

        Raises:
            StorageOut: Storage is out, or was for one job; the next tick sweeps again.

        Costs: lock 3, one query for the types, one a type and bucket, one request a poison queue, and those of the
        work; 3 for each job that is sent to the queue, and 1 for the queue's length; 1 when another sweep is under way.
        """
        begun_at = self.runtime.monotonic()
        self._prepare_once()
        if self.settings.dispatch is Dispatch.OFF:
            return SweepResult(Counter({End.PAUSED: 1}))
        turns = Turns()
        try:
            with self.lock.try_acquire(LOCK, owner=owner) as held:

                def over(share: float) -> bool:
                    return held.lost or stop() or self._over(begun_at, share)

                swept = self._do_parts(owner, over, turns, drains=drains)
                if not turns.errors:
                    held.note_end(self.clock.now())
        except LockHeld:
            emit(LogEvent.LOCKED_OUT, lock=LOCK)
            return SweepResult(Counter(), locked_out=True)
        turns.finish()
        return swept

    def has_due(self, *, within: timedelta = timedelta(0)) -> bool:
        """Say whether a job that is worked on here is due, or will be within some time, unless it is moved on.

        Costs: 1 query a type and bucket, up to the first hit.
        """
        before, buckets = self.clock.now() + within, range(self.settings.job_buckets)
        return any(
            self.jobs.due(kind, bucket, before=before, limit=1) for kind in self.attempt.kinds for bucket in buckets
        )

    def _do_parts(self, owner: str, stop: Callable[[float], bool], turns: Turns, *, drains: bool) -> SweepResult:
        """Do the three parts of a sweep; each has its turn, whatever another raises."""
        swept, expired, drained = SweepResult(Counter()), 0, Counter[StrEnum]()
        over = partial(stop, 1.0)
        with turns.turn():
            swept = self._work_on_due(owner, stop, turns)
        with turns.turn():
            others = [each for each in self.kinds() if each not in self.attempt.kinds]
            expired = self.expire.expire(others, stop=over)
        with turns.turn():
            drained = self.drain.drain(stop=over) if drains else drained
        return replace(swept, outcomes=swept.outcomes + +Counter({End.FAILED: expired}) + drained)

    def _prepare_once(self) -> None:
        """Create what is missing; who may not create goes on with what is there, and each write says what it misses."""
        if self._is_prepared:
            return
        try:
            self.prepare()
        except StorageOut as error:
            emit(LogEvent.NOT_CREATED, error=str(error))
        else:
            self._is_prepared = True

    def _over(self, begun_at: float, share: float) -> bool:
        """Whether this share of the budget is over."""
        return self.runtime.monotonic() >= begun_at + share * self.settings.sweep_budget.total_seconds()

    def _work_on_due(self, owner: str, stop: Callable[[float], bool], turns: Turns) -> SweepResult:
        """Analyse what can be analysed here, and send the rest; a job that raises keeps no other from its turn."""
        ends, left, known, over = dict[str, StrEnum](), 0, len(turns.errors), partial(stop, 1.0)
        agenda = Agenda(
            self.jobs,
            self.attempt.kinds,
            buckets=self.settings.job_buckets,
            now=self.clock.now,
            runtime=self.runtime,
            turns=turns,
        )
        for _ in range(PAGES):
            if not agenda.turn_page(stop=over):
                break
            left = self._round(agenda, ends, owner, stop, turns)
            if left or over():
                break
            agenda.go_on_behind({job_id for job_id, end in ends.items() if end not in STAYING})
        counted, raised = Counter(ends.values()), len(turns.errors) - known
        if counted or left or raised:
            outcomes = {outcome.value: number for outcome, number in counted.items()}
            age = None if agenda.oldest_due_age is None else agenda.oldest_due_age.total_seconds()
            emit(LogEvent.SWEPT, unstarted=left, raised=raised, oldest_due_age_seconds=age, **outcomes)
        return SweepResult(counted, rest=left)

    def _round(
        self, agenda: Agenda, ends: dict[str, StrEnum], owner: str, stop: Callable[[float], bool], turns: Turns
    ) -> int:
        """Work on what waits, and note how each job ends; return how many were neither begun nor sent."""
        settings, over = self.settings, partial(stop, 1.0)
        if settings.dispatch is not Dispatch.QUEUE:
            share = partial(stop, ANALYSING if settings.sends else 1.0)
            with self.runtime.pool(settings.sweep_parallelism, "sweep") as pool:
                begun = [
                    pool.submit(self._analyze, agenda, ends, owner, share, turns)
                    for _ in range(settings.sweep_parallelism)
                ]
            turns.errors += [error for future in begun if (error := future.exception()) is not None]
        rest = agenda.rest()
        if not settings.sends:
            return len(rest)
        known = len(turns.errors)
        sent = self.backlog.send(rest, stop=over, turns=turns)
        ends |= sent
        return len(rest) - len(sent) - (len(turns.errors) - known)

    def _analyze(
        self, agenda: Agenda, ends: dict[str, StrEnum], owner: str, stop: Callable[[], bool], turns: Turns
    ) -> None:
        """Analyse one job after the other, until none waits."""
        while not stop() and (job_id := agenda.next(stop=stop)) is not None:
            with turns.turn():
                try:
                    ends[job_id] = self.attempt.run(job_id, owner=owner)
                except NoSuchJob:
                    ends[job_id] = Resend.UNKNOWN
