"""One child process, as its parent sees it: a socket, and how it ends."""

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

from shared.analysis.admission import POLL_SECONDS
from shared.analysis.sandbox.layers import Layer

try:
    import resource
except ImportError:  # no POSIX: the wall clock of the parent is the only limit of time
    resource = None  # type: ignore[assignment]

TIMED_OUT = "The analysis exceeded its time limit."
#: How long a child that has hung up may take to be gone.
EXIT_SECONDS = 5.0
#: Run with -P: whatever lies in the folder that the host was started in is no module of ours.
_MODULE = "shared.analysis.sandbox.child"
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
#: One arena, as there is one thread. Large blocks apart from the heap, where a small one behind them would keep them
#: from being given back: a child has been seen to keep 200 MB of an image for good. What smaller ones leave free at the
#: heap's end stays for the next image: to give it back and to ask for it again costs some 10 ms an image.
_MALLOC = {
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
    """One child and the socket to it: the only descriptor that it has beside three to the null device.

    Args:
        call: What it calls, ``module:function``.
        memory_bytes: Address space beyond what it has taken at its start.
        layers: Of its confinement.
    """

    def __init__(self, call: str, memory_bytes: int, layers: Iterable[Layer]) -> None:
        #: How many images it was given.
        self.images = 0
        ours, theirs = socket.socketpair()
        ours.settimeout(POLL_SECONDS)
        self._socket = ours
        with contextlib.ExitStack() as failing, theirs:
            failing.callback(ours.close)
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and our own module
                [sys.executable, "-P", "-m", _MODULE, str(descriptor), call, str(memory_bytes), ",".join(layers)],
                pass_fds=(descriptor,),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders in C write what they think of a file there
                process_group=0,  # the terminal's Ctrl-C is for the host, which brings its work to an end
            )
            failing.pop_all()

    @property
    def alive(self) -> bool:
        """Whether it may be asked again."""
        return self._process.returncode is None

    @property
    def idle(self) -> bool:
        """Whether the process is there, by what the system says now, and has said nothing unasked."""
        if self._process.poll() is not None:
            return False
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            return not selector.select(0)

    def limit_cpu(self, seconds: float) -> None:
        """End the child once it takes so much more of a processor, where processes have such limits.

        Set from here: the child is not allowed to. It is not lifted either; a child at rest takes none.
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
            # It has died at rest: whoever sends to it finds out how.

    def send(self, parts: tuple[bytes, bytes], check: Callable[[], None]) -> None:
        """Send all of it, and check up in between: also at a child that takes a little at a time."""
        for part in parts:
            view = memoryview(part)
            while view:
                with contextlib.suppress(TimeoutError):
                    view = view[self._socket.send(view) :]
                if view:
                    check()

    def receive(self, length: int, check: Callable[[], None]) -> bytes:
        """Receive exactly so many bytes, and check up in between: also at a child that sends a little at a time.

        Raises:
            EOFError: The child has hung up.
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
        """Say how it has died, as code and message; it is gone then."""
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
        """End it at once, and what it may have started; harmless twice."""
        self._socket.close()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()


def _environment() -> dict[str, str]:
    """Return what a child may know: how to find Python's modules, and nothing else of this process's."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    places = os.pathsep.join(str(Path(place).absolute()) for place in sys.path)
    return {**kept, "PYTHONPATH": places, **_MALLOC}
