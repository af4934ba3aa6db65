"""A worker of one function, under a host's own end of the channel."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import azure.functions as func

from localhost.channel import Data
from localhost.host.clock import SystemClock
from localhost.host.index import Function
from localhost.host.worker import InvocationResult, Worker
from localhost.worker.converters import Converters
from tests.host.functions_host.hosts import Events
from tests.host.functions_host.worker_threads import WorkerThread

METADATA = {
    "Id": "7",
    "DequeueCount": 2,
    "PopReceipt": "r",
    "InsertionTime": "2026-11-24T12:00:00+00:00",
    "ExpirationTime": "9999-12-31T23:59:59.1234567Z",
    "NextVisibleTime": "2026-11-24T12:10:00+00:00",
}
TEXT = Data("string", b"x")


class OneFunction:
    """A host's worker, in a thread, whose app is one queue function."""

    def __init__(self, log: Events, call: Callable[..., Any]) -> None:
        self.log = log
        self.threads: list[WorkerThread] = []
        self.functions = self.list_of(call)
        self.worker = Worker(self._start, log=log, clock=SystemClock(), timeout_seconds=30, restart_seconds=0)
        (listed,) = self.worker.open()
        self.function = Function("f", listed["bindings"][0], tuple(listed["bindings"]), is_disabled=False)

    @staticmethod
    def list_of(call: Callable[..., Any]) -> list[Any]:
        """Return the functions of an app whose only one is the call."""
        app = func.FunctionApp()
        app.function_name("f")(app.queue_trigger(arg_name="value", queue_name="q", connection="X")(call))
        return list(app.get_functions())

    def _start(self) -> WorkerThread:
        self.threads.append(WorkerThread(lambda: Converters(self.functions, folder=Path("/app"), threads=2)))
        return self.threads[-1]

    def invoke(self, **metadata: object) -> InvocationResult:
        """Call it with the text ``x``."""
        return self.worker.invoke(self.function, TEXT, metadata or METADATA, reason="test")


#: By the function.
Make = Callable[[Callable[..., Any]], OneFunction]
