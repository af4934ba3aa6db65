"""What a process gives its code: time, chance, and work beside other work.

All of it comes through ``wiring`` in one object. So tests give a clock that they advance, and many processes' worth of
code can run in one thread, whose scheduler decides who is next at each request. A lock that is held over a request, or
anything that is waited for, must therefore come from here. What is held for a few statements and sends nothing is a
lock of ``threading``, wherever the code runs.
"""

import random
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from shared import clock, invocation

#: Makes a pool of so many threads; what their names begin with.
Pools = Callable[[int, str], Executor]


class Thread(Protocol):
    """Work that goes on beside its starter."""

    def is_alive(self) -> bool:
        """Say whether it still runs."""


class Event(Protocol):
    """What others wait for."""

    def set(self) -> None:
        """Let them go on."""

    def clear(self) -> None:
        """Let them wait from now on."""

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, or for so many seconds; say whether it is set."""


class Starter(Protocol):
    """What starts work beside its caller's."""

    def __call__(self, call: Callable[[], object], *, name: str) -> Thread:
        """Start it.

        Raises:
            RuntimeError: The system gives no thread.
        """


def draw() -> str:
    """Return 32 hex digits, 128 random bits: nobody has drawn them before, and nobody can guess them."""
    return secrets.token_hex(16)


def pause(seconds: float) -> None:
    """Wait."""
    threading.Event().wait(seconds)


@dataclass(frozen=True, kw_only=True)
class Runtime:
    """Time, chance and threads; by default those of this process.

    Attributes:
        monotonic: Seconds that never go back.
        pause: Waits for a number of seconds.
        draw: Returns 32 hex digits, never the same.
        chance: Returns a number drawn evenly from [0, 1).
        pool: Makes an executor for calls that run side by side; leaving it as a context waits for them.
        start: Starts a thread for which nobody waits at the end.
        lock: Makes a lock; it may be held over requests.
        event: Makes an event.
    """

    monotonic: Callable[[], float] = clock.monotonic
    pause: Callable[[float], object] = pause
    draw: Callable[[], str] = draw
    chance: Callable[[], float] = random.random
    pool: Pools = invocation.Pool
    start: Starter = invocation.start
    lock: Callable[[], AbstractContextManager[object]] = threading.Lock
    event: Callable[[], Event] = threading.Event
