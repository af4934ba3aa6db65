"""For which invocation a thread or a task works: so the worker knows whose a log line is.

Source:
    Azure/azure-functions-python-worker, get_current_invocation_id of both workers; read 2026-11.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from localhost.worker.kinds import Kind

#: Handed to functions in their ``context``, as the worker does.
THREAD_LOCAL = threading.local()
_CURRENT: ContextVar[str | None] = ContextVar("invocation of the worker", default=None)


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


def current_invocation(kind: Kind) -> str | None:
    """Return the invocation that a line logged here and now names; None: it names none."""
    if kind is Kind.RUNTIME:
        from azure_functions_runtime import invocation_id_cv  # noqa: PLC0415 - loaded long ago, and there on 3.13 alone

        runtime_id: str | None = invocation_id_cv.get()
        return runtime_id
    if kind is Kind.CONTEXT or _in_loop():
        return _CURRENT.get()
    return getattr(THREAD_LOCAL, "invocation_id", None)


def _in_loop() -> bool:
    """Whether a task runs here: child tasks belong to their parent's invocation under either worker."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
