"""The SDK's work on the parts of a transaction, in the caller's thread: by itself it starts a pool for each one.

Threads take their turns as they like, which a world that is to be replayed can't have; and they cost a tenth of the
time of a transaction.
"""

import concurrent.futures
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any


class Serial(Executor):
    """An executor that does what it is given at once, in the caller's thread."""

    def __init__(self, *_: object, **__: object) -> None:
        """Take the arguments of any executor."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:  # noqa: ANN401 - as given
        """Do the work; what it raises comes with the result."""
        future: Future[Any] = Future()
        try:
            future.set_result(work(*args, **kwargs))
        except BaseException as error:  # noqa: BLE001 - whoever asks for the result gets it
            future.set_exception(error)
        return future


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the SDK, which looks the pool up by its name each time, use no other thread meanwhile."""
    pooled = concurrent.futures.ThreadPoolExecutor
    concurrent.futures.ThreadPoolExecutor = Serial  # type: ignore[assignment,misc]
    try:
        yield
    finally:
        concurrent.futures.ThreadPoolExecutor = pooled  # type: ignore[misc]
