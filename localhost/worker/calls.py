"""Take calls from the host, make each on the one loop, and send back how it ended."""

import asyncio
import contextlib
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from localhost.channel import Channel, Data


@dataclass(frozen=True)
class Call:
    """One invocation.

    Attributes:
        invocation: Its id.
        function: The function's name.
        data: The trigger's value.
        metadata: Trigger metadata as plain values.
        trace_parent: W3C trace context: the host is where the trace begins.
    """

    invocation: str
    function: str
    data: Data
    metadata: Mapping[str, Any]
    trace_parent: str


class CallFailed(Exception):
    """A call has failed; the message is the traceback, from the app's own lines on."""


class Functions(Protocol):
    """The functions of an app, and how they are called."""

    def index(self) -> Sequence[Mapping[str, Any]]:
        """Return what the host must know of each function: ``name`` and ``bindings``."""
        ...

    async def call(self, call: Call) -> Data | None:
        """Call a function on the running loop, a synchronous one in a pool of threads; return what it has returned.

        Raises:
            CallFailed: Its arguments, the function itself, or what it has returned.
        """
        ...

    def close(self) -> None:
        """End the pool; nothing may be running any more."""
        ...


class Calls:
    """Serve one host.

    All begins and ends on one loop, as in the real worker: an asynchronous function that blocks holds up every call.
    The thread that receives is another one, so that the host's end is seen whatever the loop does.

    Args:
        channel: To the host.
        functions: What it may call.
    """

    def __init__(self, channel: Channel, functions: Functions) -> None:
        self._channel = channel
        self._functions = functions
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="loop", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def serve(self) -> None:
        """Tell the host which functions there are, then take calls until it is gone."""
        self._thread.start()
        with contextlib.suppress(OSError):
            self._channel.send({"frame": "index", "functions": list(self._functions.index())})
        while (frame := self._channel.receive()) is not None:
            self._loop.call_soon_threadsafe(self._begin, *frame)

    def close(self) -> None:
        """End the loop and the pool; nothing may be running any more."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        self._functions.close()

    def _begin(self, head: dict[str, Any], body: bytes) -> None:
        data = Data(head.pop("type"), body, head.pop("fields"))
        task = self._loop.create_task(self._make(Call(data=data, **head)))
        self._tasks.add(task)  # the loop itself keeps only a weak reference
        task.add_done_callback(self._tasks.discard)

    async def _make(self, call: Call) -> None:
        end: dict[str, Any] = {"frame": "end", "invocation": call.invocation}
        body = b""
        try:
            data = await self._functions.call(call)
        except CallFailed as failure:
            end["error"] = str(failure)
        else:
            if data is not None:
                end |= {"type": data.type, "fields": data.fields}
                body = data.body
        sys.stdout.flush()
        with contextlib.suppress(OSError):  # nobody waits for it any more
            self._channel.send(end, body)
