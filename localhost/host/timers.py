"""Listen to one timer: one instance ticks, a status blob remembers across restarts."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from localhost.host import timer_status
from localhost.host.clock import Clock
from localhost.host.log import Log
from localhost.host.ncrontab import Schedule
from localhost.host.timer_status import Status


class Lock(Protocol):
    """The right to tick; see ``Singleton``."""

    @property
    def is_held(self) -> bool:
        """Whether it is ours."""
        ...

    def acquire(self) -> bool:
        """Take it unless another has it."""
        ...


class StatusStore(Protocol):
    """Where the status lies; see ``StatusBlob``."""

    def read(self) -> Status | None:
        """Return the status; None before the first start."""
        ...

    def write(self, status: Status) -> None:
        """Put the status there."""
        ...


class Timer:
    """Run one timer function on its schedule.

    Args:
        name: Stands in the log.
        schedule: When it is due.
        run_on_startup: Run once at each start of each instance, whoever holds the lock.
        lock: Only its holder ticks on schedule.
        statuses: None when occurrences are not remembered.
        call: Runs the function with the TimerRequest's JSON, to its end.
        clock: The time.
        wait: Waits so many seconds; True when the host stops.
        retry_seconds: Between two tries to take the lock.
        log: Told of failures.
    """

    def __init__(
        self,
        *,
        name: str,
        schedule: Schedule,
        run_on_startup: bool,
        lock: Lock,
        statuses: StatusStore | None,
        call: Callable[[str], None],
        clock: Clock,
        wait: Callable[[float], bool],
        retry_seconds: float,
        log: Log,
    ) -> None:
        self._name = name
        self._schedule = schedule
        self._run_on_startup = run_on_startup
        self._lock = lock
        self._statuses = statuses
        self._call = call
        self._clock = clock
        self._wait = wait
        self._retry_seconds = retry_seconds
        self._log = log
        self._status: Status | None = None
        self._one_at_a_time = threading.Lock()

    def run(self) -> None:
        """Tick until the host stops."""
        if self._run_on_startup:
            self._attempt(lambda: self.tick(None, past_due=False))
        while not self._wait(0):
            if not self._attempt(self._term):
                self._wait(self._retry_seconds)

    def tick(self, due: datetime | None, *, past_due: bool) -> None:
        """Run the function once, never beside another run of this host, and note it afterwards.

        Args:
            due: The occurrence; None for a run beside the schedule.
            past_due: Whether the run makes up for a missed one.
        """
        with self._one_at_a_time:
            started = self._clock.now()
            self._call(timer_status.timer_request(self._schedule, self._status, past_due=past_due))
            self._note(timer_status.status_after(self._schedule, started, due))

    def _term(self) -> bool:
        """Tick while the lock is ours; False when another has it."""
        if not self._lock.acquire():
            return False
        if self._catch_up():
            self.tick(None, past_due=True)
        due = self._schedule.after(self._clock.now())
        while self._lock.is_held:
            if not self._wait_until(due):
                return True
            self.tick(due, past_due=False)
            due = self._due_after(due)
        return True

    def _due_after(self, due: datetime) -> datetime:
        """Return when the next run is due: what passed behind a long run collapses to one, which is due at once."""
        now = self._clock.now()
        following = self._schedule.after(due)
        return max(now, following)

    def _catch_up(self) -> bool:
        """Read the status, or note the first; tell whether a run was missed."""
        if self._statuses is None:
            return False
        self._status = self._statuses.read()
        now = self._clock.now()
        if self._status is None:
            self._note(timer_status.first_status(self._schedule, now))
            return False
        return timer_status.is_past_due(self._schedule, self._status, now)

    def _wait_until(self, due: datetime) -> bool:
        """Wait for the moment; False when the host stops or the lock is lost first."""
        while (left := (due - self._clock.now()).total_seconds()) > 0:
            if self._wait(min(left, self._retry_seconds)) or not self._lock.is_held:
                return False
        return not self._wait(0)  # one that always comes too late must hear of the end too

    def _note(self, status: Status) -> None:
        statuses = self._statuses
        if statuses is None:
            return
        self._status = status
        # The run is done, whatever becomes of the note; without it the next start may find it past due.
        self._attempt(lambda: statuses.write(status))

    def _attempt(self, act: Callable[[], object]) -> object:
        """Do it; a failure is logged and counts as nothing done."""
        try:
            return act()
        except Exception as error:  # noqa: BLE001 - the edge of a thread that must outlive any failure
            self._log.event("timer failed", level="error", function=self._name, error=repr(error))
            return False
