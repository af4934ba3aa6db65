"""One thread that renews every lease of this process, and tells a holder when its lease is lost."""

import logging
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVar

from shared import leases
from shared.errors import IllegalTransition, Lost, Stale
from shared.telemetry import Happened, emit

R = TypeVar("R")


class Held(Generic[R]):
    """A lease that this process holds.

    Made by ``Heartbeat.hold``. The row in it is the newest that this holder has written.
    """

    def __init__(
        self,
        row: R,
        renew: Callable[[R, timedelta], R],
        *,
        lease: timedelta,
        margin: timedelta,
        sent_at: float,
        monotonic: Callable[[], float],
    ) -> None:
        self._row = row
        self._renew = renew
        self._lease = lease
        self._margin = margin
        self._sent_at = sent_at
        self._next_at = leases.renew_at(sent_at=sent_at, lease=lease)
        self._monotonic = monotonic
        self._mutex = threading.Lock()
        self._retired = False
        self._refused = False

    @property
    def row(self) -> R:
        """The newest row that this holder has written."""
        return self._row

    @property
    def lost(self) -> bool:
        """Whether the holder must stop: a renewal was refused, or its own clock says that the time is over."""
        stop_at = leases.stop_at(sent_at=self._sent_at, lease=self._lease, margin=self._margin)
        return self._refused or self._monotonic() >= stop_at

    @property
    def renew_at(self) -> float:
        """Monotonic second of the next renewal; infinite when there will be none."""
        return float("inf") if self._retired or self.lost else self._next_at

    def beat(self) -> None:
        """Renew, unless retired; a failure is logged and tried again soon, as long as the lease lasts."""
        with self._mutex:
            if self._retired or self.lost:
                return
            sent_at = self._monotonic()
            try:
                self._row = self._renew(self._row, leases.renewal_timeout(self._lease))
            except (Lost, Stale, IllegalTransition):
                self._refused = True
            except Exception as error:  # noqa: BLE001 - the edge of a thread that keeps all leases of the process
                emit(Happened.RENEWAL_FAILED, level=logging.WARNING, error=type(error).__name__)
                self._next_at = self._monotonic() + leases.renewal_timeout(self._lease).total_seconds()
            else:
                self._sent_at = sent_at
                self._next_at = leases.renew_at(sent_at=sent_at, lease=self._lease)

    def retire(self) -> R:
        """End the renewals, wait for one that is under way, and return the newest row: what a commit must match."""
        with self._mutex:
            self._retired = True
            return self._row


class Heartbeat:
    """Renew all leases of a process from one thread, which starts with the first of them.

    Args:
        margin: Kept back from every lease by its holder.
        monotonic: Seconds that never go back.
        threaded: Whether to start the thread; without it somebody calls ``beat``.
    """

    def __init__(self, *, margin: timedelta, monotonic: Callable[[], float], threaded: bool = True) -> None:
        self._margin = margin
        self._monotonic = monotonic
        self._threaded = threaded
        self._held: list[Held[object]] = []
        self._guard = threading.Lock()
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def hold(self, row: R, renew: Callable[[R, timedelta], R], *, lease: timedelta, sent_at: float) -> Held[R]:
        """Begin to renew a lease that has just been won.

        Args:
            row: As it was won.
            renew: Takes the newest row and the time that the request may take, returns the row renewed.
            lease: Protection given by each renewal.
            sent_at: Monotonic second before the winning request was sent.
        """
        held = Held(row, renew, lease=lease, margin=self._margin, sent_at=sent_at, monotonic=self._monotonic)
        with self._guard:
            self._held.append(held)  # type: ignore[arg-type] # renewed by its own function alone
            if self._threaded and (self._thread is None or not self._thread.is_alive()):
                self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
                self._thread.start()
        self._wake.set()
        return held

    def beat(self) -> float | None:
        """Renew what is due, in the order in which it is due.

        Returns:
            Seconds until the next renewal; None when nothing is held.
        """
        with self._guard:
            self._held = [held for held in self._held if held.renew_at != float("inf")]
            pending = sorted(self._held, key=lambda held: held.renew_at)
        for held in pending:
            if held.renew_at <= self._monotonic():
                held.beat()
        waits = [held.renew_at - self._monotonic() for held in pending if held.renew_at != float("inf")]
        return max(0.0, min(waits)) if waits else None

    def _run(self) -> None:
        while True:
            wait = self.beat()
            self._wake.wait(wait)
            self._wake.clear()
