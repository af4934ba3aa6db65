"""Sweep at each tick of the timer while there is work; without work look for due jobs, and sweep at fewer ticks."""

from dataclasses import dataclass, field
from datetime import timedelta

from shared.rules.rhythms import IDLE_TICKS
from shared.runtime import Runtime
from shared.settings.enums import Dispatch
from shared.steps.upkeep.sweep import Sweep, SweepResult

#: Without work in any sweep of this process for so long, a tick only looks.
IDLE = timedelta(minutes=10)
#: Ticks that come each minute come a little early or late.
JITTER = timedelta(seconds=30)


@dataclass(kw_only=True)
class Ticks:
    """The ticks of one process's sweep timer.

    Attributes:
        sweep: The sweep.
        runtime: Time.
    """

    sweep: Sweep
    runtime: Runtime
    #: Since when sweeps have found no work; None where the last one did.
    _quiet_since: float | None = field(default=None, init=False)
    _swept_at: float = field(default=float("-inf"), init=False)
    _none_due_before: float = field(default=float("-inf"), init=False)

    def tick(self, *, owner: str) -> SweepResult | None:
        """Sweep, unless the process is idle, has swept less than a quarter of an hour ago, and no job is due.

        Where messages start no analysis the sweep does, and every tick counts.

        Args:
            owner: Who works, ``trigger/invocation-id``.

        Returns:
            What the sweep did; None where there was none.

        Raises:
            Exception: As ``Sweep.sweep``; the next tick sweeps again.

        Costs: those of a sweep, or 1 query a type and bucket, or nothing while no job can be due.
        """
        now = self.runtime.monotonic()
        if self._is_idle(now) and not self._finds_due(now):
            return None
        quiet_since, self._quiet_since = self._quiet_since, None  # after a sweep that raises the next tick sweeps
        swept = self.sweep.sweep(owner=owner)
        if not swept.found_work:
            self._quiet_since = now if quiet_since is None else quiet_since
        self._swept_at = now
        return swept

    def _finds_due(self, now: float) -> bool:
        """Look for due jobs, unless none can be due: none was to be by now, and of later ones each has its grace."""
        if now < self._none_due_before:
            return False
        grace = self.sweep.settings.grace
        if self.sweep.has_due(within=grace):
            return self.sweep.has_due()
        self._none_due_before = now + grace.total_seconds()
        return False

    def _is_idle(self, now: float) -> bool:
        if self._quiet_since is None or self.sweep.settings.dispatch in (Dispatch.TIMER, Dispatch.OFF):
            return False
        is_idle = now - self._quiet_since >= IDLE.total_seconds()
        return is_idle and now - self._swept_at < (IDLE_TICKS - JITTER).total_seconds()
