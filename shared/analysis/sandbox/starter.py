"""One thread starts all children, and lives as long as the process.

The kernel ends a child with the *thread* that started it (prctl(2), PR_SET_PDEATHSIG). The threads of callers come and
go, and those of a pool end when the interpreter begins to exit, while work in progress goes on.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue

from shared import invocation
from shared.analysis.sandbox.child_process import ChildProcess
from shared.invocation import Thread

_calls: SimpleQueue[tuple["Future[ChildProcess]", Callable[[], ChildProcess]]] = SimpleQueue()
_guard = threading.Lock()
_thread: Thread | None = None


def start(make: Callable[[], ChildProcess]) -> ChildProcess:
    """Make a child in that thread.

    Raises:
        OSError: As ``make``.
        RuntimeError: The interpreter is exiting and starts no more threads.
    """
    global _thread  # noqa: PLW0603 - one a process, and another one after a fork
    with _guard:
        if _thread is None or not _thread.is_alive():
            _thread = invocation.start(_serve, name="sandbox")
    future = Future[ChildProcess]()
    _calls.put((future, make))
    return future.result()


def _serve() -> None:
    while True:
        future, make = _calls.get()
        try:
            future.set_result(make())
        except BaseException as error:  # noqa: BLE001 - the edge of the thread: raised again by who waits for it
            future.set_exception(error)
        del future, make  # otherwise the last child would be kept
