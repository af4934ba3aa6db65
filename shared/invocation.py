"""Carry the invocation that runs into every thread: the Functions host drops each log line that names none.

The worker looks for the id where a line is logged. Up to Python 3.12 that is a thread-local, which it sets in its own
threads alone; from 3.13 on it is a context variable. So each trigger enters its invocation here. A context variable of
our own keeps it: asyncio and anyio take that into their threads, ``Pool``, ``start`` and ``carry`` into ours. Each log
record, as it is made, then puts the id where the worker looks.

No other module makes threads or pools; a ruff rule holds that.

Source:
    azure_functions_worker.dispatcher.get_current_invocation_id (4.34), and the same of proxy_worker; read 2026-11.
    https://github.com/Azure/azure-functions-python-worker/issues/1158
"""

import functools
import logging
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any, ParamSpec, Protocol, TypeVar

#: For annotations; made by ``start`` alone.
Thread = threading.Thread

P = ParamSpec("P")
R = TypeVar("R")


class TraceContext(Protocol):
    """How the host traces an invocation."""

    @property
    def trace_parent(self) -> str:
        """W3C trace context of the invocation; may be empty."""


class Invocation(Protocol):
    """What the worker says of an invocation; ``azure.functions.Context`` is one."""

    @property
    def invocation_id(self) -> str:
        """Its id, which the host knows as long as it runs."""

    @property
    def thread_local_storage(self) -> Any:  # noqa: ANN401 - upstream types a local as a class
        """Where the worker of Python 3.12 and older looks for the id of the invocation that a thread works for."""

    @property
    def trace_context(self) -> TraceContext:
        """How the host traces it."""


_current: ContextVar[Invocation | None] = ContextVar("invocation", default=None)


@contextmanager
def enter(invocation: Invocation) -> Iterator[None]:
    """Do what is in the ``with`` block as a part of this invocation.

    Args:
        invocation: The ``context`` of a trigger.
    """
    _stamp_records()
    token = _current.set(invocation)
    variable = _variable_of_worker()
    theirs = None if variable is None else variable.set(invocation.invocation_id)
    try:
        yield
    finally:
        if variable is not None and theirs is not None:
            variable.reset(theirs)
        _current.reset(token)


def traceparent() -> str | None:
    """Return the trace context under which the host runs the invocation; None where none runs."""
    invocation = _current.get()
    return None if invocation is None else invocation.trace_context.trace_parent


def carry(call: Callable[P, R]) -> Callable[P, R]:
    """Return the call as a part of the invocation that runs now, whichever thread makes it.

    What is returned must not be called by two threads at the same time: a context is entered once.
    """
    return functools.partial(copy_context().run, call)


def start(call: Callable[[], object], *, name: str) -> Thread:
    """Start a thread that works for the invocation that runs now; a process does not wait for it at its end."""
    thread = Thread(target=carry(call), name=name, daemon=True)
    thread.start()
    return thread


class Pool(ThreadPoolExecutor):
    """A pool of threads in which each call belongs to the invocation that has submitted it.

    Args:
        most: Threads at once.
        name: What the names of its threads begin with.
    """

    def __init__(self, most: int, name: str) -> None:
        super().__init__(most, name)

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a thread make the call; ``map`` comes through here too."""
        return super().submit(carry(fn), *args, **kwargs)


def _variable_of_worker() -> ContextVar[str | None] | None:
    """Return where the worker of Python 3.13 looks: it does not set this itself for each asynchronous function."""
    runtime = sys.modules.get("azure_functions_runtime")
    variable: ContextVar[str | None] | None = getattr(runtime, "invocation_id_cv", None)
    return variable


@functools.cache
def _stamp_records() -> None:
    """Have each log record begin with a look at the invocation; once a process, over what makes records so far.

    The record's own thread makes it, before any handler asks: so threads that others have started are served too.
    """
    make = logging.getLogRecordFactory()

    def stamp(*args: Any, **kwargs: Any) -> logging.LogRecord:  # noqa: ANN401 - whatever a record is made of
        invocation = _current.get()
        if invocation is not None:
            invocation.thread_local_storage.invocation_id = invocation.invocation_id
        return make(*args, **kwargs)

    logging.setLogRecordFactory(stamp)
