"""Call functions by azure-functions-runtime, the library that the production worker loads from Python 3.13 on."""

import logging
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from azure_functions_runtime import handle_event, loader, native_invocation
from azure_functions_runtime.bindings.datumdef import Datum
from azure_functions_runtime.bindings.meta import load_binding_registry
from azure_functions_runtime.functions import FunctionLoadError
from azure_functions_runtime.logging import logger
from azure_functions_runtime.utils.threadpool import start_threadpool_executor, stop_threadpool_executor

from localhost.channel import Data
from localhost.worker.app import AppWrong, describe
from localhost.worker.calls import Call, CallFailed
from localhost.worker.typed_data import data_of, datum_of, metadata_of

#: The numbers of a binding's direction and data type in the worker's protocol.
_PROTOCOL = SimpleNamespace(BindingInfo=SimpleNamespace(out=1, inout=2, undefined=0))


class Runtime:
    """The functions of one app, in the library's own registry; one a process.

    Args:
        folder: Of the app.

    Raises:
        AppWrong: The library refuses the app.
    """

    def __init__(self, folder: Path) -> None:
        # Its own lines are the system's, not the app's: what they say of a call is the error that the call ends with.
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
        load_binding_registry()
        start_threadpool_executor()
        sys.path.insert(0, str(folder))
        try:
            functions = loader.index_function_app("function_app.py")
            registry = handle_event._functions  # noqa: SLF001 - where the library calls from
            infos = [registry.add_indexed_function(function, _PROTOCOL) for function in functions]
        except (FunctionLoadError, ValueError) as error:
            raise AppWrong(str(error)) from None
        self._index = [describe(function) for function in functions]
        self._infos = {info.name: info for info in infos}

    def index(self) -> Sequence[Mapping[str, Any]]:
        """Return what the host must know of each function."""
        return self._index

    async def call(self, call: Call) -> Data | None:
        """Call a function.

        Raises:
            CallFailed: As the library says.
        """
        info = self._infos[call.function]
        parameter = next(iter(info.input_types))
        ok, value, _, error, trace = await native_invocation.invocation_request_native(
            call.invocation,
            info.function_id,
            [(parameter, datum_of(call.data, Datum))],
            metadata_of(call.metadata, Datum),
            call.trace_parent,
        )
        if not ok:
            raise CallFailed(trace or error)
        return None if value is None else data_of(value)

    def close(self) -> None:
        """End the pool; nothing may be running any more."""
        stop_threadpool_executor()
