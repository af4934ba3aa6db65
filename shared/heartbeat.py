"""What renews every lease of this process, and tells a holder when its lease is lost.

One thread knows when each lease is due. Each renewal runs in a thread of its own: a partition that hangs keeps no other
lease from its renewal, however many leases hang with it.
"""

import contextlib
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

from shared.errors import IllegalTransition, Lost, Stale
from shared.invocation import carry
from shared.rules import leases
from shared.runtime import Runtime, Thread
from shared.telemetry import LogEvent, emit

R = TypeVar("R")
#: Tells how much is left of the time that one renewal may take, all of its requests together.
Left = Callable[[], timedelta]


class HeldLease(Generic[R]):
    """A lease that this process holds.

    Made by ``Heartbeat.hold``. The row in it is the newest that this holder has written. Its renewals, and what they
    log, belong to the invocation that has made it, whichever thread makes them.
    """

    def __init__(
        self,
        row: R,
        renew: Callable[[R, Left], R],
        *,
        lease: timedelta,
        margin: timedelta,
        sent_at: float,
        runtime: Runtime,
        on_retire: Callable[["HeldLease[R]"], object],
    ) -> None:
        self._row = row
        self._renew = renew
        self._lease = lease
        self._margin = margin
        self._sent_at = sent_at
        self._next_at = leases.renew_at(sent_at=sent_at, lease=lease)
        self._monotonic = runtime.monotonic
        self._mutex = runtime.lock()
        self._guard = runtime.lock()
        self._is_retired = False
        self._is_refused = False
        self._busy = False
        self._on_retire = on_retire
        self._renew_here = carry(self._renew_once)

    @property
    def row(self) -> R:
        """The newest row that this holder has written."""
        return self._row

    @property
    def lost(self) -> bool:
        """Whether the holder must stop: a renewal was refused, or its own clock says that the time is over."""
        stop_at = leases.stop_at(sent_at=self._sent_at, lease=self._lease, margin=self._margin)
        return self._is_refused or self._monotonic() >= stop_at

    @property
    def renew_at(self) -> float:
        """Monotonic second of the next renewal; infinite when there will be none."""
        return float("inf") if self._is_retired or self.lost else self._next_at

    def begin(self) -> bool:
        """Say whether a renewal is due that nobody has begun; if it says so, the caller calls ``beat``."""
        with self._guard:
            due = not self._busy and self.renew_at <= self._monotonic()
            self._busy = self._busy or due
            return due

    @property
    def busy(self) -> bool:
        """Whether a renewal has begun, and not ended."""
        return self._busy

    def beat(self) -> None:
        """Renew, unless retired; a failure is logged and tried again soon, as long as the lease lasts."""
        try:
            with self._mutex:
                if not (self._is_retired or self.lost):
                    self._renew_here()
        finally:
            with self._guard:
                self._busy = False

    def _renew_once(self) -> None:
        sent_at, share = self._monotonic(), leases.renewal_timeout(self._lease)
        stop_at = sent_at + share.total_seconds()
        try:
            self._row = self._renew(self._row, lambda: timedelta(seconds=max(0.0, stop_at - self._monotonic())))
        except (Lost, Stale, IllegalTransition):
            self._is_refused = True
        except Exception as error:  # noqa: BLE001 - the edge of a thread that keeps a lease of the process
            emit(LogEvent.RENEWAL_FAILED, error=type(error).__name__)
            self._next_at = max(stop_at, self._monotonic())
        else:
            self._sent_at = sent_at
            self._next_at = leases.renew_at(sent_at=sent_at, lease=self._lease)

    def retire(self) -> R:
        """End the renewals, wait for one that is under way, and return the newest row: what a commit must match."""
        with self._mutex:
            self._is_retired = True
        self._on_retire(self)
        return self._row


class Heartbeat:
    """Renew all leases of a process; the thread that knows when starts with the first of them.

    Args:
        margin: Kept back from every lease by its holder.
        runtime: Time, threads and locks.
        threaded: Whether to start threads; without them somebody calls ``beat``, which renews one after the other.
    """

    def __init__(self, *, margin: timedelta, runtime: Runtime, threaded: bool = True) -> None:
        self._margin = margin
        self._runtime = runtime
        self._has_threads = threaded
        self._leases: dict[HeldLease[Any], None] = {}  # in the order of their beginnings
        self._guard = runtime.lock()
        self._wake = runtime.event()
        self._looks_at = float("inf")
        self._thread: Thread | None = None

    def hold(self, row: R, renew: Callable[[R, Left], R], *, lease: timedelta, sent_at: float) -> HeldLease[R]:
        """Begin to renew a lease that has just been won.

        Args:
            row: As it was won.
            renew: Takes the newest row and what tells how long its requests may still take, returns the row renewed.
            lease: Protection given by each renewal.
            sent_at: Monotonic second before the winning request was sent.
        """
        held = HeldLease(
            row,
            renew,
            lease=lease,
            margin=self._margin,
            sent_at=sent_at,
            runtime=self._runtime,
            on_retire=self._forget,
        )
        with self._guard:
            self._leases[held] = None
            if self._has_threads and (self._thread is None or not self._thread.is_alive()):
                self._thread = self._runtime.start(self._run, name="heartbeat")
            is_sooner = held.renew_at < self._looks_at
            self._looks_at = min(held.renew_at, self._looks_at)
        if is_sooner:  # as a rule the first of many: the thread would look through all of them for each
            self._wake.set()
        return held

    def beat(self) -> float | None:
        """Renew what is due, in the order in which it is due.

        Returns:
            Seconds until the next look; None when no renewal is to come, or before one that is under way has ended.
        """
        monotonic = self._runtime.monotonic
        with self._guard:
            planned, self._looks_at = self._looks_at, float("inf")  # whatever is held from here on wakes the thread
            self._leases = {held: None for held in self._leases if held.busy or held.renew_at != float("inf")}
            pending = sorted(self._leases, key=lambda held: held.renew_at)
        for held in pending:
            if held.begin():
                self._renew(held)
        soonest, now = min((held.renew_at for held in pending if not held.busy), default=float("inf")), monotonic()
        if (
            pending and now < planned
        ):  # a look for nothing is cheap; one put off would have the next short lease wake the thread
            soonest = min(soonest, planned)
        with self._guard:
            self._looks_at = min(soonest, self._looks_at)
        return None if soonest == float("inf") else max(0.0, soonest - now)

    def _forget(self, held: HeldLease[Any]) -> None:
        with self._guard:
            self._leases.pop(held, None)

    def _renew(self, held: HeldLease[Any]) -> None:
        """Renew one lease beside the others; here and now where the system gives no thread."""
        if self._has_threads:
            with contextlib.suppress(RuntimeError):
                self._runtime.start(partial(self._aside, held), name="renewal")
                return
        held.beat()

    def _aside(self, held: HeldLease[Any]) -> None:
        held.beat()
        self._wake.set()  # when it is due next has changed

    def _run(self) -> None:
        while True:
            wait = self.beat()
            self._wake.wait(wait)
            self._wake.clear()
