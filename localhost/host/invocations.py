"""Which invocations run, and for which of them a thread or a task works: so the host knows whose a log line is.

Source:
    Azure/azure-functions-host, GrpcWorkerChannel.Log: a line of the app that names no running invocation is dropped.
    Azure/azure-functions-python-worker, get_current_invocation_id of both workers; read 2026-11.
"""

import asyncio
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from enum import Enum

#: Handed to functions in their ``context``, as the worker does.
THREAD_LOCAL = threading.local()
_CURRENT: ContextVar[str | None] = ContextVar("invocation of the host", default=None)
#: Function name by invocation id, of what runs now in this process.
_running: dict[str, str] = {}


class Generation(Enum):
    """Where the worker looks for the invocation that a log line belongs to."""

    #: Up to Python 3.12: a thread-local, or the task of a loop.
    THREAD = "thread"
    #: From Python 3.13 on: a context variable.
    CONTEXT = "context"

    @classmethod
    def of(cls, version: tuple[int, int]) -> "Generation":
        """Return that of a Python."""
        return cls.THREAD if version < (3, 13) else cls.CONTEXT


#: That of the Python that runs here.
OWN = Generation.of(sys.version_info[:2])


@contextmanager
def announce(invocation: str, function: str) -> Iterator[None]:
    """Let the host know that an invocation runs, from before its call until after its end."""
    _running[invocation] = function
    try:
        yield
    finally:
        del _running[invocation]


@contextmanager
def work_for(invocation: str) -> Iterator[None]:
    """Mark thread and context, or the task, that call the function."""
    token = _CURRENT.set(invocation)
    THREAD_LOCAL.invocation_id = invocation
    try:
        yield
    finally:
        THREAD_LOCAL.invocation_id = None
        _CURRENT.reset(token)


def current_invocation(generation: Generation) -> tuple[str, str] | None:
    """Return function and id of the running invocation that a line logged here and now belongs to; None: it is lost."""
    if generation is Generation.CONTEXT or _in_loop():
        invocation = _CURRENT.get()
    else:
        invocation = getattr(THREAD_LOCAL, "invocation_id", None)
    function = None if invocation is None else _running.get(invocation)
    return None if invocation is None or function is None else (function, invocation)


def _in_loop() -> bool:
    """Whether a task runs here: child tasks belong to their parent's invocation under either worker."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
