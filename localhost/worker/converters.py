"""Call functions through the converters of azure.functions, as the worker of Python 3.12 and older does."""

import asyncio
import concurrent.futures
import dataclasses
import inspect
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from azure.functions.decorators.function_app import Function
from azure.functions.meta import Datum, get_binding_registry

from localhost.channel import Data
from localhost.worker.app import AppWrong, describe
from localhost.worker.calls import Call, CallFailed
from localhost.worker.current import THREAD_LOCAL, work_for
from localhost.worker.typed_data import data_of, datum_of, metadata_of

_MOST_THREADS = 32
T = TypeVar("T")


@dataclass(frozen=True)
class Trace:
    """W3C trace context of a call."""

    trace_parent: str
    trace_state: str = ""
    attributes: Mapping[str, str] = dataclasses.field(default_factory=dict)


@dataclass(frozen=True)
class Retry:
    """Never a retry: the local host honours no ``@app.retry``."""

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


@dataclass(frozen=True)
class Target:
    """What is called, and with what."""

    call: Callable[..., Any]
    #: The trigger's binding type, and the name of its parameter.
    kind: str
    parameter: str
    is_async: bool
    takes_context: bool
    #: Whether the parameter is annotated as ``str`` or ``bytes``, and takes the body as it is.
    is_plain: bool
    returns_http: bool


class Converters:
    """Functions by name; synchronous ones run in a pool of threads.

    Args:
        functions: As azure.functions has collected them.
        folder: Of the app.
        threads: Size of the pool.

    Raises:
        AppWrong: A function cannot be called.
    """

    def __init__(self, functions: Iterable[Function], *, folder: Path, threads: int) -> None:
        self._index = [describe(function) for function in functions]
        self._targets = {
            each["name"]: _target(each["name"], function.get_user_function(), each["bindings"])
            for each, function in zip(self._index, functions, strict=True)
        }
        self._folder = str(folder)
        self._pool = concurrent.futures.ThreadPoolExecutor(threads, thread_name_prefix="function")

    def index(self) -> Sequence[Mapping[str, Any]]:
        """Return what the host must know of each function."""
        return self._index

    async def call(self, call: Call) -> Data | None:
        """Call a function and convert what it has returned.

        Raises:
            CallFailed: Any of that.
        """
        target = self._targets[call.function]
        try:
            arguments = self._arguments(target, call)
            if target.is_async:
                with work_for(call.invocation):
                    value = await target.call(**arguments)
            else:
                loop = asyncio.get_running_loop()
                value = await loop.run_in_executor(self._pool, _run, target.call, arguments, call.invocation)
            return _data_from(call.function, target, value)
        except Exception as error:  # noqa: BLE001 - the edge of the worker: whatever goes wrong fails the call
            raise CallFailed(_trace(error)) from None

    def close(self) -> None:
        """End the pool; nothing may be running any more."""
        self._pool.shutdown()

    def _arguments(self, target: Target, call: Call) -> dict[str, Any]:
        arguments = {target.parameter: decode(target, call.data, call.metadata)}
        if target.takes_context:
            arguments["context"] = InvocationContext(
                function_name=call.function,
                function_directory=self._folder,
                invocation_id=call.invocation,
                thread_local_storage=THREAD_LOCAL,
                trace_context=Trace(call.trace_parent),
                retry_context=Retry(),
            )
        return arguments


def thread_count(environ: Mapping[str, str]) -> int:
    """Return the size of the worker's thread pool."""
    given = environ.get("PYTHON_THREADPOOL_THREAD_COUNT", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    return min(_MOST_THREADS, (os.cpu_count() or 1) + 4)


def decode(target: Target, data: Data, metadata: Mapping[str, Any]) -> Any:  # noqa: ANN401
    """Return the trigger parameter's value, converted as the worker converts it."""
    datum = datum_of(data, Datum)
    if target.is_plain:
        return datum.value
    return _converter(target.kind).decode(datum, trigger_metadata=metadata_of(metadata, Datum))


def _converter(binding: str) -> Any:  # noqa: ANN401 - upstream has no type for it
    """Return the converter of a binding type, as azure.functions registers it."""
    return get_binding_registry().get(binding)  # type: ignore[no-untyped-call] # of the SDK


def _data_from(name: str, target: Target, value: Any) -> Data | None:  # noqa: ANN401 - what a function returns
    """Return what goes to the host.

    None from an HTTP function is an error there too (azure-functions-python-worker#683).
    """
    if not target.returns_http:
        if value is not None:
            raise TypeError(f"{name} returned a value, but has no binding for it.")
        return None
    try:
        return data_of(_converter("http").encode(value, expected_type=None))
    except NotImplementedError:
        raise TypeError(f"{name} returned {type(value).__name__}, which is no HTTP response.") from None


def _target(name: str, call: Callable[..., Any], bindings: Sequence[Mapping[str, Any]]) -> Target:
    trigger = next((each for each in bindings if str(each["type"]).lower().endswith("trigger")), None)
    if trigger is None:
        raise AppWrong(f"Function {name}: it has no trigger.")
    parameters = set(inspect.signature(call).parameters)
    if trigger["name"] not in parameters:
        raise AppWrong(f"Function {name}: the trigger's arg_name {trigger['name']!r} is not a parameter.")
    unbound = parameters - {str(each["name"]) for each in bindings} - {"context"}
    if unbound:
        raise AppWrong(f"Function {name}: no binding provides the parameters {', '.join(sorted(unbound))}.")
    return Target(
        call=call,
        kind=str(trigger["type"]),
        parameter=str(trigger["name"]),
        is_async=inspect.iscoroutinefunction(call),
        takes_context="context" in parameters and trigger["name"] != "context",
        is_plain=_hints(name, call).get(trigger["name"]) in (str, bytes),
        returns_http=any(each["type"] == "http" for each in bindings),
    )


def _hints(name: str, call: Callable[..., Any]) -> dict[str, Any]:
    try:
        return get_type_hints(call)
    except NameError as error:
        raise AppWrong(f"Function {name}: cannot resolve an annotation: {error}") from None


def _run(call: Callable[..., T], arguments: dict[str, Any], invocation: str) -> T:
    with work_for(invocation):
        return call(**arguments)


_OUR_FILES = {__file__, sys.modules[concurrent.futures.ThreadPoolExecutor.__module__].__file__}


def _trace(error: Exception) -> str:
    """Return the traceback from the app's own code on."""
    frames = error.__traceback__
    while frames is not None and frames.tb_next is not None and frames.tb_frame.f_code.co_filename in _OUR_FILES:
        frames = frames.tb_next
    return "".join(traceback.format_exception(type(error), error, frames)).rstrip()
