"""The child process that analyses: it lives across images, and dies of none that its parent would have to survive.

Started as ``python -m shared.analysis.child SOCKET CALL MEMORY_BYTES``. The socket tells it when its parent has ended.
"""

import contextlib
import gc
import signal
import socket
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

from shared.analysis import wire
from shared.analysis.facts import Analysis
from shared.errors import ImageRejected

try:
    import resource
except ImportError:  # where there is none, the wall clock of the parent is the only limit
    resource = None  # type: ignore[assignment]


def main(descriptor: int, call: str, memory_bytes: int) -> None:
    """Answer requests until the parent hangs up.

    Args:
        descriptor: Of the socket.
        call: ``module:function`` with the signature of ``analysis.analyze``.
        memory_bytes: Address space beyond what the process has taken at its start.
    """
    module, _, name = call.partition(":")
    analyze = getattr(import_module(module), name)
    import_module("shared.analysis.decode")  # the image library, once a child
    _bound_memory(memory_bytes)
    gc.collect()
    gc.freeze()  # so that collecting looks at nothing but what an image has left
    with socket.socket(fileno=descriptor) as parent:
        _send(parent, {"report": {}})  # ready
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                head, data = wire.received(lambda length: _exactly(parent, length))
                _bound_time(head["cpu_seconds"], head["seconds"])
                answer, body = _answered(analyze, data, head)
                _bound_time(None, 0)
                del data
                gc.collect()  # an image in a circle of references would be in the next one's way
                _send(parent, {"number": head["number"], **answer}, body)


def _answered(analyze: Callable[..., Analysis], data: bytes, head: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        return wire.reply(analyze(data, **wire.arguments(head)))
    except ImageRejected as rejected:
        return {"rejected": {"code": rejected.code, "message": str(rejected)}}, b""
    except MemoryError:
        return {"out_of_memory": True}, b""
    except Exception as error:  # noqa: BLE001 - the edge of the process: what it is goes to the parent
        return {"raised": type(error).__name__}, b""


def _send(parent: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    for part in wire.frame(head, body):
        parent.sendall(part)


def _exactly(parent: socket.socket, length: int) -> bytes:
    """Read so many bytes.

    Raises:
        EOFError: The parent has hung up.
    """
    data = bytearray(length)
    view, at = memoryview(data), 0
    while at < length:
        count = parent.recv_into(view[at:])
        if not count:
            raise EOFError
        at += count
    view.release()
    return bytes(data)


def _bound_memory(beyond: int) -> None:
    """Take no more address space than this beyond what is taken now; and leave no core behind."""
    if resource is None or not sys.platform.startswith("linux"):
        return
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no file of the user's
        taken = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + beyond, taken + beyond))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _bound_time(cpu_seconds: float | None, seconds: float) -> None:
    """End the process when one image takes more CPU than this from now on, or longer; None and 0 lift that.

    The parent looks at its clock too. This is for a child whose parent has died in the meantime.
    """
    if resource is not None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        taken = used.ru_utime + used.ru_stime
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        soft = hard if cpu_seconds is None else int(taken + cpu_seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
