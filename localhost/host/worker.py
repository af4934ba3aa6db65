"""Call functions as the Python worker does: typed data in, converters of azure.functions, a thread pool or the loop."""

import asyncio
import concurrent.futures
import dataclasses
import json
import os
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from azure.functions.meta import Datum, get_binding_registry

from localhost.host import invocations
from localhost.host.clock import Clock
from localhost.host.index import Function
from localhost.host.log import Log

_MOST_THREADS = 32
_OUR_FILES = {
    __file__,
    sys.modules[concurrent.futures.Future.__module__].__file__,
    sys.modules[concurrent.futures.ThreadPoolExecutor.__module__].__file__,
}


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended."""

    success: bool
    #: What the function returned.
    value: Any = None
    error: str | None = None


@dataclass(frozen=True)
class Trace:
    """W3C trace context of a call: the host is where the trace begins."""

    trace_parent: str
    trace_state: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Retry:
    """Never a retry: this host honours no ``@app.retry``."""

    retry_count: int = 0
    max_retry_count: int = 0
    exception: None = None


@dataclass(frozen=True)
class InvocationContext:
    """What a function sees in its ``context`` parameter; like the worker's, no subclass of ``func.Context``."""

    function_name: str
    function_directory: str
    invocation_id: str
    thread_local_storage: threading.local
    trace_context: Trace
    retry_context: Retry


class Worker:
    """Run functions: sync ones in a pool of min(32, cores + 4) threads, async ones on one loop.

    Args:
        log: Where starts and ends are written.
        clock: Measures durations.
        timeout: ``functionTimeout``. Exceeding it is logged only: Python can't be stopped, and the real host would
            restart the whole worker.
        threads: Size of the pool.
    """

    def __init__(self, *, log: Log, clock: Clock, timeout: timedelta | None, threads: int) -> None:
        self._log = log
        self._clock = clock
        self._timeout = None if timeout is None else timeout.total_seconds()
        self._pool = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix="function")
        self._loop = asyncio.new_event_loop()
        self._loop_thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._loop_thread.start()

    def invoke(self, function: Function, data: Datum, metadata: Mapping[str, Any], *, reason: str) -> InvocationResult:
        """Call the function and wait for its end.

        Args:
            function: What to call.
            data: The trigger's value.
            metadata: Trigger metadata as plain values.
            reason: Stands in the log: what made the host call.
        """
        invocation = str(uuid.uuid4())
        fields = {"function": function.name, "invocation": invocation}
        self._log.event("function started", **fields, reason=reason)
        started = self._clock.monotonic()
        with invocations.announce(invocation, function.name):
            result = self._wait(self._submit(function, invocation, data, metadata), fields)
        if result.success and result.value is not None and not function.returns_http:
            result = InvocationResult(
                success=False, error=f"{function.name} returned a value, but has no binding for it."
            )
        self._log.event(
            "function ended",
            **fields,
            outcome="succeeded" if result.success else "failed",
            duration_ms=round((self._clock.monotonic() - started) * 1000, 1),
            error=result.error,
        )
        return result

    def close(self) -> None:
        """Stop the pool and the loop; nothing may be running any more."""
        self._pool.shutdown()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._loop_thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()

    def _submit(
        self, function: Function, invocation: str, data: Datum, metadata: Mapping[str, Any]
    ) -> "concurrent.futures.Future[Any]":
        try:
            arguments = _arguments(function, invocation, data, metadata)
        except Exception as error:  # noqa: BLE001 - the edge of the worker: a converter's failure fails the call
            failed: concurrent.futures.Future[Any] = concurrent.futures.Future()
            failed.set_exception(error)
            return failed
        if function.is_async:
            return asyncio.run_coroutine_threadsafe(_run_async(function.call, arguments, invocation), self._loop)
        return self._pool.submit(_run, function.call, arguments, invocation)

    def _wait(self, future: "concurrent.futures.Future[Any]", fields: Mapping[str, str]) -> InvocationResult:
        done, _ = concurrent.futures.wait([future], self._timeout)
        if not done:
            self._log.event("functionTimeout exceeded", level="error", **fields)
        try:
            value = future.result()
        except Exception as error:  # noqa: BLE001 - the edge of the worker: whatever a function raises fails its call
            return InvocationResult(success=False, error=_trace(error))
        return InvocationResult(success=True, value=value)


def _trace(error: Exception) -> str:
    """Return the traceback from the app's own code on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None and frames.tb_frame.f_code.co_filename in _OUR_FILES:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip()


def thread_count(environ: Mapping[str, str]) -> int:
    """Return the size of the worker's thread pool."""
    given = environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    return min(_MOST_THREADS, (os.cpu_count() or 1) + 4)


def decode(function: Function, data: Datum, metadata: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return the trigger parameter's value, converted as the worker converts it."""
    if function.plain is not None:
        return data.value
    return converter(function.kind).decode(
        data, trigger_metadata={key: _datum(value) for key, value in metadata.items()}
    )


def converter(binding: str) -> Any:  # noqa: ANN401 - upstream has no type for it
    """Return the converter of a binding type, as azure.functions registers it."""
    return get_binding_registry().get(binding)  # type: ignore[no-untyped-call] # of the SDK


def _arguments(function: Function, invocation: str, data: Datum, metadata: Mapping[str, Any]) -> dict[str, Any]:
    arguments = {str(function.trigger["name"]): decode(function, data, metadata)}
    if function.takes_context:
        digits = invocation.replace("-", "")
        arguments["context"] = InvocationContext(
            function_name=function.name,
            function_directory=str(function.directory),
            invocation_id=invocation,
            thread_local_storage=invocations.THREAD_LOCAL,
            trace_context=Trace(f"00-{digits}-{digits[:16]}-00"),
            retry_context=Retry(),
        )
    return arguments


def _run(call: Callable[..., Any], arguments: dict[str, Any], invocation: str) -> Any:  # noqa: ANN401
    with invocations.work_for(invocation):
        return call(**arguments)


async def _run_async(call: Callable[..., Any], arguments: dict[str, Any], invocation: str) -> Any:  # noqa: ANN401
    with invocations.work_for(invocation):
        return await call(**arguments)


def _datum(value: Any) -> Datum:  # noqa: ANN401
    """Type a metadata value as the host does on the wire: text as a string, all else as JSON."""
    return Datum(value, "string") if isinstance(value, str) else Datum(json.dumps(value), "json")
