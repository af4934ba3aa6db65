"""How often a worker does what timers do under Functions, and what of it counts as work."""

from collections.abc import Callable
from datetime import datetime, timedelta

from shared.rules.rhythms import IDLE_PURGE, IDLE_RECONCILE, IDLE_SWEEP, LOCKS, PURGE, RECONCILE, SWEEP, Upkeep
from shared.settings.enums import Dispatch
from shared.wiring.steps import Darkroom
from shared.worker.chores import Chore

#: While there is no work, from one look into the poison queues to the next: only a Functions host puts anything there.
IDLE_DRAIN_SECONDS = 3_600.0


class Timers:
    """The chores of one worker.

    Args:
        darkroom: Everything, wired.
        owner: Who works.
        is_idle: Whether there has been no work for long.
        stop: Whether to begin nothing more.
    """

    def __init__(
        self, darkroom: Darkroom, *, owner: str, is_idle: Callable[[], bool], stop: Callable[[], bool]
    ) -> None:
        self._darkroom = darkroom
        self._owner = owner
        self._is_idle = is_idle
        self._stop = stop
        self._drained_at = float("-inf")
        self._walk_done_at: datetime | None = None

    def chores(self) -> tuple[Chore, ...]:
        """Return what is to be done, and how often.

        Where no message starts an analysis, the sweep does, and is never done less often.
        """
        by_sweep = self._darkroom.settings.dispatch is Dispatch.TIMER
        idle_sweep = SWEEP if by_sweep else IDLE_SWEEP
        return (
            Chore(name="sweep", act=self._sweep, busy=SWEEP, idle=idle_sweep, first=timedelta(seconds=5)),
            Chore(name="reconcile", act=self._reconcile, busy=RECONCILE, idle=IDLE_RECONCILE, first=SWEEP),
            Chore(name="purge", act=self._purge, busy=PURGE, idle=IDLE_PURGE, first=PURGE),
        )

    def done_at(self) -> dict[Upkeep, datetime]:
        """Return when each was last done, by whichever worker, as far as this one knows. Costs: nothing."""
        found = {each: self._darkroom.lock.done_at(each) for each in LOCKS} | {Upkeep.WALK: self._walk_done_at}
        return {each: moment for each, moment in found.items() if moment is not None}

    def _sweep(self, rest: timedelta) -> bool:
        from shared.steps.upkeep import sweep

        # Another's sweep counts for ours where both do the same: one without our handlers leaves our jobs alone, and
        # what one had no time for that analyses by itself would wait.
        darkroom, now = self._darkroom, self._darkroom.runtime.monotonic()
        counts = not darkroom.works and darkroom.settings.dispatch is not Dispatch.TIMER
        if counts and self._is_left_out(sweep.LOCK, rest):
            return False
        drains = not self._is_idle() or now >= self._drained_at + IDLE_DRAIN_SECONDS
        self._drained_at = now if drains else self._drained_at
        return darkroom.sweep.sweep(owner=self._owner, stop=self._stop, drains=drains).found_work

    def _reconcile(self, rest: timedelta) -> bool:
        from shared.steps.upkeep import reconcile

        if self._is_left_out(reconcile.LOCK, rest):
            return False
        walked = self._darkroom.reconcile.reconcile(owner=self._owner, stop=self._stop)
        self._walk_done_at = self._darkroom.reconcile.walk_done_at
        return bool(walked.missed or walked.reopened)

    def _purge(self, rest: timedelta) -> bool:
        from shared.steps.upkeep import purge

        if not self._is_left_out(purge.LOCK, rest):
            self._darkroom.purge.purge(owner=self._owner, stop=self._stop)
        return False  # what is gone brings no more work

    def _is_left_out(self, lock: str, rest: timedelta) -> bool:
        """Say whether another has done what a lock is for within some time; or to stop, which may have come meanwhile.

        Costs: 1 read; nothing while no other worker has met this one at the lock.
        """
        return self._darkroom.lock.was_done(lock, within=rest) or self._stop()
