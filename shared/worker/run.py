"""Run one worker until an end is wished for."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from shared.runtime import Runtime
from shared.telemetry import LOGGER, LogEvent, emit
from shared.worker.signals import Wishes

#: Seconds between two calls of ``tick``.
TICK = 1.0
_PROCESS = Runtime()


class Ending(IntEnum):
    """How a worker, or a group of them, has ended; the value is the exit status."""

    SETTLED = 0  #: all that was in hand is done, or given back
    CUT_SHORT = 1  #: the time to drain was over, or a second signal came: the rest comes back when leases lapse
    SETTINGS = 2  #: a setting is wrong, and nothing was begun
    FAILED = 3  #: a bug has ended it
    STORAGE_OUT = 4  #: nothing is under way, but storage was out: what was not given back comes back when leases lapse


class Runnable(Protocol):
    """What runs until it is stopped: a ``Worker``."""

    def run(self) -> bool:
        """Work until ``stop``; say whether all is settled."""

    def stop(self) -> None:
        """Begin nothing any more."""


def run(
    worker: Runnable,
    *,
    drain: float,
    wishes: Wishes,
    tick: Callable[[], object] = lambda: None,
    runtime: Runtime = _PROCESS,
) -> Ending:
    """Run a worker; at the first wish stop it, at the second end at once.

    Args:
        worker: The worker.
        drain: Seconds that it may take to end what is under way.
        wishes: When to end.
        tick: Called each second.
        runtime: Time, and a thread for the worker.

    Returns:
        How it has ended. If it was cut short its threads still run, and the caller ends the process without them.
    """
    work = _Work(worker, wishes)
    thread, stop_at, monotonic = runtime.start(work.do, name="worker"), float("inf"), runtime.monotonic
    while thread.is_alive():
        if wishes.count and stop_at == float("inf"):
            stop_at = monotonic() + drain
            worker.stop()
        if wishes.count > 1 or monotonic() >= stop_at:
            emit(LogEvent.WORKER_CUT_SHORT)
            return Ending.CUT_SHORT
        tick()
        wishes.wait(min(TICK, stop_at - monotonic()))
    return work.ending


@dataclass
class _Work:
    """What the worker's thread does, and how it has ended."""

    worker: Runnable
    wishes: Wishes
    ending: Ending = Ending.FAILED

    def do(self) -> None:
        """Run the worker, and wake who waits for its end."""
        try:
            self.ending = Ending.SETTLED if self.worker.run() else Ending.STORAGE_OUT
        except BaseException:  # noqa: BLE001 - the edge of a thread
            LOGGER.exception("the worker has failed")
        finally:
            self.wishes.wake()
