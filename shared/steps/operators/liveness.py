"""How long ago sweep, reconcile and purge were last done to their end, and whether that is too long ago."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.clock import ServerClock
from shared.ports.locks import LockRow, LockStore
from shared.ports.marks import Mark, Marks
from shared.rules import rhythms
from shared.rules.rhythms import LOCKS, Age, Upkeep
from shared.rules.schedules import longest_pause
from shared.runtime import Runtime
from shared.settings.enums import Dispatch
from shared.settings.settings import Settings

#: Of a walk's mark: when its last one came to its end.
_DONE_AT = "done_at"
#: When each was last done, the service's time; what never was is missing.
DoneAt = Mapping[Upkeep, datetime]


@dataclass(kw_only=True)
class Liveness:
    """Tell the ages of what timers do, whichever process does it.

    Attributes:
        locks: Whose rows keep when each was last done.
        marks: Keep when the last whole walk ended.
        settings: Schedules and budgets.
        clock: The service's time.
        runtime: For how long this process waits for what was never done.
    """

    locks: LockStore
    marks: Marks
    settings: Settings
    clock: ServerClock
    runtime: Runtime
    _begun_at: float = field(init=False)

    def __post_init__(self) -> None:
        """Begin to wait."""
        self._begun_at = self.runtime.monotonic()

    def read(self) -> dict[Upkeep, Age]:
        """Return the age of each. Costs: 2 reads."""
        return self.ages(done_at(self.locks.list(LOCKS), self.marks.get(self.settings.walk_mark)))

    def is_late(self) -> bool:
        """Say whether a sweep, a slice or a purge is late. Costs: 1 read."""
        return any(age.is_late for age in self.ages(done_at(self.locks.list(LOCKS), None)).values())

    def ages(self, known: DoneAt) -> dict[Upkeep, Age]:
        """Return the age of each by when it was last done.

        Nothing is late where the settings pause it. What was never done is late when this process has asked for it for
        longer than its limit: a new app has done nothing yet.

        Costs: nothing.
        """
        waits, limits = self.runtime.monotonic() - self._begun_at, limits_of(self.settings)
        ages = {}
        for each in Upkeep:
            limit = limits.get(each)
            limit_seconds = None if limit is None else limit.total_seconds()
            at = known.get(each)
            seconds = None if at is None else max(0.0, (self.clock.now() - at).total_seconds())
            is_late = limit_seconds is not None and (waits if seconds is None else seconds) > limit_seconds
            ages[each] = Age(seconds, limit_seconds, is_late)
        return ages


def done_at(rows: Mapping[str, LockRow], mark: Mark | None) -> dict[Upkeep, datetime]:
    """Return when each was last done, by the rows of their locks and the walk's mark.

    A row that an earlier release wrote last does not say it.
    """
    moments = {each: rows[each].lock.done_at for each in LOCKS if each in rows}
    moments[Upkeep.WALK] = None if mark is None else mark.moment(_DONE_AT)
    return {each: moment for each, moment in moments.items() if moment is not None}


def limits_of(settings: Settings) -> dict[Upkeep, timedelta]:
    """Return from which age on each is late; no limit for what is paused, and for a walk, which may have any length.

    Who does it is not known: the function app by its schedules, or a worker by its own rhythm. The slower one counts,
    and its pause without work.
    """
    is_swept_alone = settings.dispatch is Dispatch.TIMER
    idle_sweep = rhythms.SWEEP if is_swept_alone else max(rhythms.IDLE_TICKS, rhythms.IDLE_SWEEP)
    pauses = {
        Upkeep.SWEEP: (idle_sweep, settings.schedule, settings.sweep_budget),
        Upkeep.RECONCILE: (rhythms.IDLE_RECONCILE, settings.reconcile_schedule, settings.reconcile_budget),
        Upkeep.PURGE: (rhythms.IDLE_PURGE, settings.purge_schedule, settings.purge_budget),
    }
    if settings.dispatch is Dispatch.OFF:
        del pauses[Upkeep.SWEEP]
    return {
        each: rhythms.limit(max(idle, longest_pause(schedule)), budget)
        for each, (idle, schedule, budget) in pauses.items()
    }
