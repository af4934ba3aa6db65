"""The program of a child process: it analyses one image after another until its parent hangs up.

``child_process`` starts it. It is ready once it has loaded all that it needs and has confined itself: from then on, a
hostile file may take it over.
"""

import contextlib
import gc
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from shared.analysis.interface import Analysis
from shared.analysis.sandbox import protocol
from shared.analysis.sandbox.confinement import confine
from shared.analysis.sandbox.layers import Layer
from shared.errors import ImageRejected

try:
    import resource
except ImportError:  # no POSIX: the parent's clock is the only limit
    resource = None  # type: ignore[assignment] # mypy takes every module to be there

#: Where processors are short, recording, renewing and answering come before decoding. Otherwise leases would lapse, and
#: new images would wait unseen.
NICENESS = 10


def main(words: Sequence[str]) -> None:
    """Run as the command line says: the descriptor of the socket, and the arguments of ``ChildProcess``."""
    descriptor, call, memory_bytes, layers = words
    serve(int(descriptor), call, int(memory_bytes), frozenset(map(Layer, filter(None, layers.split(",")))))


def serve(descriptor: int, call: str, memory_bytes: int, layers: frozenset[Layer]) -> None:
    """Answer requests until the parent hangs up.

    Args:
        descriptor: Of the socket.
        call: ``module:function`` with the signature of ``analysis.analyze``.
        memory_bytes: Address space beyond what the process uses when it is ready.
        layers: Of confinement. The child tells its parent which of them this platform refuses, and the parent decides.
    """
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    module, _, name = call.partition(":")
    analyze = getattr(import_module(module), name)
    import_module("shared.analysis.examine")  # the image library, once a child
    with socket.socket(fileno=descriptor) as parent:
        _limit_memory(memory_bytes)
        found = confine(layers, modules=[module])
        gc.freeze()  # later collections then search only what images have left
        gc.enable()
        _send(parent, {"layers": found.layers, "refused": found.refusals})  # ready
        with contextlib.suppress(EOFError, ConnectionError):
            while True:
                head, data = protocol.read_frame(lambda length: _receive_exactly(parent, length))
                _limit_time(head["seconds"])
                answer, body = _answer(analyze, data, head)
                _limit_time(0)
                del data
                gc.collect()  # an image in a reference cycle would take the next one's memory
                _send(parent, {"number": head["number"], **answer}, body)


def _answer(analyze: Callable[..., Analysis], data: bytes, head: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
    try:
        return protocol.encode_reply(analyze(data, **protocol.decode_request(head)))
    except ImageRejected as rejected:
        return {"rejected": {"code": rejected.code, "message": str(rejected)}}, b""
    except MemoryError:
        return {"out_of_memory": True}, b""
    except Exception as error:  # noqa: BLE001 - the edge of the process: the parent gets its name
        return {"raised": type(error).__name__}, b""


def _send(parent: socket.socket, head: dict[str, Any], body: bytes = b"") -> None:
    for part in protocol.encode_frame(head, body):
        parent.sendall(part)


def _receive_exactly(parent: socket.socket, length: int) -> bytes:
    """Read so many bytes.

    Raises:
        EOFError: The parent has closed the socket.
    """
    data = parent.recv(length, socket.MSG_WAITALL)  # into the bytes themselves: nothing is copied or cleared first
    if len(data) < length:
        raise EOFError
    return data


def _limit_memory(beyond: int) -> None:
    """Let the process use no more address space than this beyond what it uses now, and write no core file."""
    if resource is None or not sys.platform.startswith("linux"):
        return
    with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - no file of the user's
        taken = int(statm.read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (taken + beyond, taken + beyond))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time(seconds: float) -> None:
    """End the process after so many seconds; 0 cancels that.

    The parent limits time and processor time too. This is for a child whose parent has died meanwhile.
    """
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, seconds)
