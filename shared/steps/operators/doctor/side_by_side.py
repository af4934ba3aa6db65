"""Calls that are made side by side, and waited for no longer than a limit."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Generic, TypeVar

from shared.runtime import Runtime

T = TypeVar("T")


class _Call(Generic[T]):
    """One call, in a thread for which nobody waits at the end: names and tokens are looked up without a time limit."""

    def __init__(self, call: Callable[[], T], runtime: Runtime) -> None:
        self._call = call
        self._is_over = runtime.event()
        self._error: BaseException | None = None
        self._result: T | None = None
        runtime.start(self._run, name="doctor")

    def _run(self) -> None:
        try:
            self._result = self._call()
        except BaseException as error:  # noqa: BLE001 - it is raised where the result is waited for
            self._error = error
        finally:
            self._is_over.set()

    def wait(self, seconds: float) -> T | None:
        """Return its result; None where it is not there in time."""
        if not self._is_over.wait(max(0.0, seconds)):
            return None
        if self._error is not None:
            raise self._error
        return self._result


def side_by_side(calls: Sequence[Callable[[], T]], *, within: timedelta, runtime: Runtime) -> list[T | None]:
    """Return the results of calls in their order; None for one that takes longer.

    Args:
        calls: What to call; what one raises is raised.
        within: How long to wait for all of them.
        runtime: Time and threads.
    """
    over_at = runtime.monotonic() + within.total_seconds()
    begun = [_Call(call, runtime) for call in calls]
    return [call.wait(over_at - runtime.monotonic()) for call in begun]
