"""A child process as its parent sees it: the socket to it, its limits, and why it ended."""

import contextlib
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import shared
from shared.analysis.admission import POLL_SECONDS
from shared.analysis.sandbox.layers import Layer

try:
    import resource
except ImportError:  # no POSIX: the wall clock of the parent is the only limit of time
    resource = None  # type: ignore[assignment] # mypy takes every module to be there

TIMED_OUT = "The analysis exceeded its time limit."
#: How long a child that has closed its socket may take to exit.
EXIT_SECONDS = 5.0
#: -P: no file in the folder where the host was started is taken for a module. -S: ``_environment`` names all places of
#: modules, and to find them again would take a fifth of the start. What loads stays, so to search it for garbage, which
#: takes a tenth, begins with the first image.
_PROGRAM = (
    *("-P", "-S", "-c"),
    "import gc, sys; gc.disable(); from shared.analysis.sandbox import child; child.main(sys.argv[1:])",
)
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
#: One arena, because there is one thread. Large blocks lie apart from the heap, where a small block behind them would
#: keep them from being given back: one child kept 200 MB of an image for good. What smaller blocks leave free at the
#: heap's end stays for the next image, because giving it back and asking for it again costs 10 ms an image.
MALLOC = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": str(8 * 1024 * 1024),
    "MALLOC_TRIM_THRESHOLD_": str(64 * 1024 * 1024),
}
#: Source: Linux, include/linux/posix-timers_types.h, CPUCLOCK_SCHED: what a process has used, by its id.
_PROCESS_CLOCK = 2
#: Signals that have a name: most real-time signals have none.
_SIGNALS = {one.value: one.name for one in signal.Signals}
_BY_SIGNAL = {
    "SIGXCPU": ("analysis_timeout", TIMED_OUT),
    "SIGALRM": ("analysis_timeout", TIMED_OUT),
    "SIGSYS": ("analysis_crashed", "The analysis was killed by SIGSYS: it made a system call that no decoder makes."),
    "SIGKILL": ("out_of_memory", "The analysis was killed from outside. The system does that when memory runs out."),
}


class ChildProcess:
    """A child and the socket to it, which is its only descriptor beside three of the null device.

    Args:
        call: What the child calls, ``module:function``.
        memory_bytes: Address space beyond what it uses when it is ready.
        layers: How it confines itself.
    """

    def __init__(self, call: str, memory_bytes: int, layers: Iterable[Layer]) -> None:
        #: How many images it has got.
        self.images = 0
        ours, theirs = socket.socketpair()
        ours.settimeout(POLL_SECONDS)
        self._socket = ours
        with contextlib.ExitStack() as failing, theirs:
            failing.callback(ours.close)
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and our own module
                [sys.executable, *_PROGRAM, str(descriptor), call, str(memory_bytes), ",".join(layers)],
                pass_fds=(descriptor,),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders in C print warnings about a file
                process_group=0,  # the terminal's Ctrl-C is for the host, which finishes its work
            )
            failing.pop_all()

    @property
    def alive(self) -> bool:
        """Whether it has not ended, as far as this process knows."""
        return self._process.returncode is None

    @property
    def idle(self) -> bool:
        """Whether the process is running, as the system says now, and has sent nothing unasked."""
        if self._process.poll() is not None:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            return not selector.select(0)

    def limit_cpu(self, seconds: float) -> None:
        """Let the system end the child once it has used so much more processor time, if the system has such limits.

        The parent sets the limit, because the child must not change it. It stays while the child is idle and uses none.
        """
        if not hasattr(resource, "prlimit"):
            return
        pid = self._process.pid
        try:
            used = time.clock_gettime((~pid << 3) | _PROCESS_CLOCK)
            hard = resource.prlimit(pid, resource.RLIMIT_CPU)[1]
            soft = int(used + seconds) + 1
            resource.prlimit(pid, resource.RLIMIT_CPU, (soft if hard < 0 else min(soft, hard), hard))
        except OSError:
            if self._process.poll() is None:
                raise
            # It died while idle: whoever sends to it learns why.

    def send(self, parts: tuple[bytes, bytes], check: Callable[[], None]) -> None:
        """Send all of it, and call ``check`` now and then, even if the child takes a little at a time."""
        for part in parts:
            view = memoryview(part)
            while view:
                with contextlib.suppress(TimeoutError):
                    view = view[self._socket.send(view) :]
                if view:
                    check()

    def receive(self, length: int, check: Callable[[], None]) -> bytes:
        """Receive exactly so many bytes, and call ``check`` now and then, even if the child sends a little at a time.

        Raises:
            EOFError: The child has closed its socket.
        """
        data = bytearray()
        while len(data) < length:
            with contextlib.suppress(TimeoutError):
                part = self._socket.recv(min(length - len(data), 1 << 20))
                if not part:
                    raise EOFError
                data += part
            if len(data) < length:
                check()
        return bytes(data)

    def exit_cause(self) -> tuple[str, str]:
        """Wait until the child has ended, and return why, as code and message."""
        self._socket.close()
        try:
            status = self._process.wait(EXIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return "analysis_crashed", "The analysis closed its connection, but did not exit."
        if status >= 0:
            return "analysis_crashed", f"The analysis exited with status {status}."
        name = _SIGNALS.get(-status, f"signal {-status}")
        return _BY_SIGNAL.get(name, ("analysis_crashed", f"The analysis was killed by {name}."))

    def kill(self) -> None:
        """End the child at once, and all that it has started; harmless when repeated."""
        self._socket.close()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()


def _environment() -> dict[str, str]:
    """Return what a child needs to find Python's modules, and nothing else of this process's environment."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    own = str(Path(shared.__path__[0]).parent)  # last: an editable installation has it in no list of places
    places = os.pathsep.join(str(Path(place).absolute()) for place in (*sys.path, own))
    return {**kept, "PYTHONPATH": places, **MALLOC}
