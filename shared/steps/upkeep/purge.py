"""Delete jobs whose retention is over; the newest version of each name stays known, so its events stay duplicates.

The order in which one job goes: its thumbnails, then all of its rows in one transaction. A crash between the two leaves
a job that the next run takes; the other way round it would leave thumbnails that nobody finds. No cursor is kept, since
what is purged is no longer listed: the next run goes on by itself.
"""

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product

from shared.clock import ServerClock
from shared.errors import IllegalTransition, LockHeld, Refused, Unreadable
from shared.ports.ended import EndedJobs
from shared.ports.images import ThumbnailStore
from shared.ports.jobs import JobStore, Key, Row
from shared.rules.jobs import Event, Facts, Job, State, transition
from shared.rules.thumbnails import has_thumbnail, token_of
from shared.runtime import Runtime
from shared.settings.settings import Settings
from shared.steps.intake.types import Types
from shared.steps.table_lock import TableLock
from shared.steps.upkeep.forget import Forget, ForgetActions
from shared.steps.upkeep.retention import edges
from shared.telemetry import LogEvent, emit

LOCK = "purge"
#: Jobs of one partition that go together: with an attempt and a key row each, they fill a transaction.
BATCH = 25
#: What rejected messages and actions may take of the budget: a flood of them keeps no job from its turn.
REJECTED_SHARE = 0.5
#: Jobs of a batch that are looked at at once.
AT_ONCE = 8


@dataclass(frozen=True)
class PurgeResult:
    """What a purge did.

    Attributes:
        jobs: Jobs that are gone.
        rejected: Rejected messages that are gone.
        actions: Actions of operators that are gone from their log.
        thumbnails: Thumbnails deleted.
        conflicts: Jobs that were listed and passed over: they have moved on, are a newer release's, or don't hold
            together.
        left: Whether budget or lock were over before everything had been seen.
        locked_out: Whether another purge held the lock.
    """

    jobs: int = 0
    rejected: int = 0
    actions: int = 0
    thumbnails: int = 0
    conflicts: int = 0
    left: bool = False
    locked_out: bool = False


@dataclass(kw_only=True)
class Purge:
    """Purge what is past its retention, one purge at a time among all instances.

    Attributes:
        jobs: Reads jobs and key rows.
        ended: Lists what has ended, and takes it away.
        thumbnails: Where thumbnails are.
        forget: Forgets rejected messages.
        forget_actions: Forgets what operators have done.
        types: Forgets types that are empty.
        lock: Keeps purges apart.
        settings: Retention, budget, buckets.
        clock: The service's time.
        runtime: Time, and threads that look side by side.
        kinds: Lists the types of jobs.
    """

    jobs: JobStore
    ended: EndedJobs
    thumbnails: ThumbnailStore
    forget: Forget
    forget_actions: ForgetActions
    types: Types
    lock: TableLock
    settings: Settings
    clock: ServerClock
    runtime: Runtime
    kinds: Callable[[], Sequence[str]]

    def purge(
        self, *, owner: str, before: Mapping[State, datetime] | None = None, stop: Callable[[], bool] = lambda: False
    ) -> PurgeResult:
        """Purge once.

        Args:
            owner: Who works, ``trigger/invocation-id``.
            before: For each state that is to be purged, the moment before which a job must have ended; by the retention
                of the settings without it.
            stop: Whether to begin nothing more before the budget is over.

        Raises:
            StorageOut: Storage is out; the next run goes on.
            Undecided: A write was not decided in time; likewise.

        Costs: lock 3; 1 query for 1,000 rejected messages, 1 for 1,000 actions that go, 1 transaction for 100 of either
        that go; 1 query for the types, 1 a type, bucket and state; then, for each job, get, key, list of thumbnails and
        1 for each of them, and 1 transaction for 25; those of ``Types.collect``. 1 when another purge is under way.
        """
        begun_at, budget = self.runtime.monotonic(), self.settings.purge_budget.total_seconds()
        try:
            with self.lock.try_acquire(LOCK, owner=owner) as held:

                def over(share: float) -> bool:
                    return held.lost or stop() or self.runtime.monotonic() >= begun_at + share * budget

                due = edges(self.settings, self.clock.now()) if before is None else before
                lesser = self._lesser(lambda: over(REJECTED_SHARE)) if before is None else PurgeResult()
                done = self._work(due, lambda: over(1.0))
                if not done.left:
                    self.types.collect()
                done = replace(done, rejected=lesser.rejected, actions=lesser.actions, left=done.left or lesser.left)
                if before is None:  # what somebody has asked for says nothing of the timer
                    held.note_end(self.clock.now())
        except LockHeld:
            done = PurgeResult(locked_out=True)
        emit(LogEvent.PURGED, **vars(done))
        return done

    def _lesser(self, stop: Callable[[], bool]) -> PurgeResult:
        """Forget messages and actions past their retention; they go first, since few requests take many."""
        past = self.forget.find(older_than=self.settings.retention_rejected)
        rejected = self.forget.forget(past, stop=stop)
        actions, has_more = self.forget_actions.forget(older_than=self.settings.retention_actions, stop=stop)
        return PurgeResult(rejected=rejected.texts, actions=actions, left=rejected.has_more or has_more)

    def _work(self, before: Mapping[State, datetime], stop: Callable[[], bool]) -> PurgeResult:
        """Take a batch from each bucket and state in turn, so that none waits for a backlog of another."""
        done = PurgeResult()
        waiting = deque(
            self._batches(kind, bucket, state, before[state])
            for kind, bucket, state in product(self.kinds(), range(self.settings.job_buckets), before)
        )
        with self.runtime.pool(AT_ONCE, "purge") as pool:
            while waiting:
                if stop():
                    return replace(done, left=True)
                batch = next(waiting[0], None)
                if batch is None:
                    waiting.popleft()
                    continue
                waiting.rotate(-1)
                ready = list(pool.map(lambda job_id: self._ready(job_id, before), batch))
                done = self._take(done, [found for found in ready if found is not None], listed=len(batch))
        return done

    def _batches(self, kind: str, bucket: int, state: State, before: datetime) -> Iterator[list[str]]:
        for page in self.ended.ended(kind, bucket, state, before=before):
            for start in range(0, len(page), BATCH):
                yield page[start : start + BATCH]

    def _ready(self, job_id: str, before: Mapping[State, datetime]) -> tuple[Row, Key | None, int] | None:
        """Read a job, judge it by its own row alone, and delete its thumbnails; None when it is not to go.

        One whose thumbnail may not be deleted, by a policy for example, stays with it.
        """
        try:
            row = self.jobs.get(job_id)
            if row is None:
                return None
            transition(Event.PURGE, row.job, Facts(ended_before=before.get(row.job.state)))
            key = self.jobs.key(row.job.type, row.job.ref) if row.job.unique else None
        except (Unreadable, IllegalTransition):
            return None
        named = key if key is not None and key.job_id == job_id else None
        try:
            return row, named, self._without_thumbnails(row.job)
        except Refused:
            return None

    def _without_thumbnails(self, job: Job) -> int:
        """Delete the thumbnails of a job's attempts; that of its report only if it is to go too.

        Others may have opened the job again since it was read. What a later attempt writes has a higher token, and
        stays.
        """
        names = [name for name in self.thumbnails.thumbnails_of(job.id) if token_of(name) <= job.token]
        keeps = not self.settings.purge_thumbnails and has_thumbnail(job.report)
        going = [name for name in names if not (keeps and token_of(name) == job.token)]
        for name in going:
            self.thumbnails.delete_thumbnail(name)
        return len(going)

    def _take(self, done: PurgeResult, ready: Sequence[tuple[Row, Key | None, int]], *, listed: int) -> PurgeResult:
        gone = self.ended.purge([(row, key) for row, key, _ in ready]) if ready else set()
        return replace(
            done,
            jobs=done.jobs + len(gone),
            thumbnails=done.thumbnails + sum(thumbnails for _, _, thumbnails in ready),
            conflicts=done.conflicts + listed - len(gone),
        )
