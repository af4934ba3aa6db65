"""Analyse in a child process that may crash, hang or run out of memory without its parent noticing more than a code.

A child is a plain interpreter at the other end of a socket, with limits of its own on address space and processor time,
and without this process's environment: connection strings are none of its business. It lives across images; one that
has died, or had to be killed, is replaced when it is needed.

Not ``multiprocessing`` and no pool on top of it: these import the main module again, which is the host's, and unpickle
what the child sends, which is code where a file has taken the child over.
"""

import contextlib
import itertools
import os
import queue
import signal
import socket
import subprocess
import sys
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared import clock
from shared.analysis import wire
from shared.analysis.admission import LOOK_SECONDS
from shared.analysis.facts import Analysis, Limits, Options, Source, ThumbnailSpec
from shared.errors import AnalysisDied, ImageRejected

ANALYZE = "shared.analysis:analyze"
#: A child that has not said within this time that it is ready never will.
START_SECONDS = 60.0
#: How long a child that has hung up may take to be gone.
END_SECONDS = 5.0
#: Beyond the decoder's memory: the file itself, the working image, the encoders.
OVERHEAD_BYTES = 128 * 1024 * 1024
_KEPT = ("PATH", "LD_LIBRARY_PATH", "PYTHONHOME", "LANG", "LC_ALL", "TZ", "TMPDIR")
#: One arena, as there is one thread. Large blocks apart from the heap, where a small one behind them would keep them
#: from being given back: a child has been seen to keep 200 MB of an image for good.
_MALLOC = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": str(8 * 1024 * 1024)}
#: Signals that have a name: most real-time signals have none.
_SIGNALS = {one.value: one.name for one in signal.Signals}
_TIMED_OUT = "The analysis took longer than it may."
_OPTIONS = Options()
_UNWANTED = "The result is not wanted any more."
_BY_SIGNAL = {
    "SIGXCPU": ("analysis_timeout", _TIMED_OUT),
    "SIGALRM": ("analysis_timeout", _TIMED_OUT),
    "SIGKILL": ("out_of_memory", "The analysis was killed from outside, as the system does when memory is short."),
}


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """What one child may take for one image.

    Args:
        seconds: By the clock.
        cpu_seconds: Of one processor.
        memory_bytes: Address space, beyond what an idle child has.
    """

    seconds: float
    cpu_seconds: float
    memory_bytes: int


class _Over(AnalysisDied):
    """The parent's patience is over; the child has to be killed."""


class Sandbox:
    """A few children, started when they are first needed.

    Args:
        limits: What an image may cost.
        thumbnail: What thumbnail to make; None for none.
        options: What reports are to hold.
        bounds: Of each child.
        children: How many there are at most; who finds all of them busy waits.
        monotonic: Seconds that never go back.
        call: What the children call, ``module:function``.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        thumbnail: ThumbnailSpec | None,
        bounds: Bounds,
        children: int,
        monotonic: Callable[[], float] = clock.monotonic,
        call: str = ANALYZE,
        options: Options = _OPTIONS,
    ) -> None:
        self._limits = limits
        self._options = options
        self._thumbnail = thumbnail
        self._bounds = bounds
        self._monotonic = monotonic
        self._call = call
        self._free: queue.LifoQueue[_Child | None] = queue.LifoQueue()
        self._children: set[_Child] = set()
        self._numbers = itertools.count(1)
        for _ in range(children):
            self._free.put(None)
        self.close = weakref.finalize(self, _close, self._children)

    def __call__(self, data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:
        """Analyse one image.

        Args:
            data: The whole blob.
            source: What storage says about it.
            stop: Says that the result is not wanted any more; asked a few times a second.

        Raises:
            ImageRejected: As ``analysis.analyze``.
            AnalysisDied: The child was killed, or died: ``analysis_timeout``, ``analysis_crashed``, ``out_of_memory``;
                ``analysis_stopped`` when ``stop`` said so.
        """
        child = self._taken(stop)
        try:
            if child is None:
                child = _Child(self._call, self._bounds.memory_bytes)
                self._children.add(child)
                self._ask(child, None, b"", START_SECONDS, stop)
            return self._ask(child, self._request(source), data, self._bounds.seconds, stop)
        finally:
            if child is not None and not child.alive:
                self._children.discard(child)
                child = None
            self._free.put(child)

    def _request(self, source: Source) -> dict[str, Any]:
        bounds = self._bounds
        asked = wire.request(
            source,
            self._limits,
            self._thumbnail,
            self._options,
            cpu_seconds=bounds.cpu_seconds,
            seconds=bounds.seconds,
        )
        return {"number": next(self._numbers), **asked}

    def _taken(self, stop: Callable[[], bool]) -> "_Child | None":
        while True:
            try:
                return self._free.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if stop():
                    raise AnalysisDied("analysis_stopped", _UNWANTED) from None

    def _ask(
        self, child: "_Child", asked: dict[str, Any] | None, data: bytes, seconds: float, stop: Callable[[], bool]
    ) -> Analysis:
        """Send a request, or wait for a new child, and read what it has to say; it is dead after most errors."""
        until = self._monotonic() + seconds

        def look() -> None:
            if stop():
                raise _Over("analysis_stopped", _UNWANTED)
            if self._monotonic() >= until:
                raise _Over("analysis_timeout", _TIMED_OUT)

        try:
            if asked is not None:
                child.send(wire.frame(asked, data), look)
            head, body = wire.received(lambda length: child.receive(length, look), wire.REPLY_LIMITS)
            return _told(head, body, number=None if asked is None else asked["number"])
        except wire.Unspeakable as error:
            child.kill()
            raise AnalysisDied("analysis_crashed", f"The analysis has answered with {error}.") from error
        except (EOFError, ConnectionError) as error:
            raise AnalysisDied(*child.obituary()) from error
        except _Over as over:
            child.kill()
            raise AnalysisDied(over.code, str(over)) from None
        except (ImageRejected, AnalysisDied):
            raise
        except BaseException:  # stop's, or a Ctrl-C: the reply that is still to come would be the next image's
            child.kill()
            raise


class _Child:
    """One child and the socket to it."""

    def __init__(self, call: str, memory_bytes: int) -> None:
        ours, theirs = socket.socketpair()
        ours.settimeout(LOOK_SECONDS)
        self._socket = ours
        with theirs:
            descriptor = theirs.fileno()
            self._process = subprocess.Popen(  # noqa: S603 - this interpreter, and our own module
                [sys.executable, "-m", "shared.analysis.child", str(descriptor), call, str(memory_bytes)],
                pass_fds=(descriptor,),
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # decoders in C write what they think of a file there
                process_group=0,  # the terminal's Ctrl-C is for the host, which brings its work to an end
            )

    @property
    def alive(self) -> bool:
        """Whether it may be asked again."""
        return self._process.returncode is None

    def send(self, parts: tuple[bytes, bytes], look: Callable[[], None]) -> None:
        """Send all of it, and look up in between."""
        for part in parts:
            view = memoryview(part)
            while view:
                try:
                    view = view[self._socket.send(view) :]
                except TimeoutError:
                    look()

    def receive(self, length: int, look: Callable[[], None]) -> bytes:
        """Receive exactly so many bytes, and look up in between.

        Raises:
            EOFError: The child has hung up.
        """
        parts, left = [], length
        while left:
            try:
                part = self._socket.recv(min(left, 1 << 20))
            except TimeoutError:
                look()
                continue
            if not part:
                raise EOFError
            parts.append(part)
            left -= len(part)
        return b"".join(parts)

    def obituary(self) -> tuple[str, str]:
        """Say how it has died, as code and message; it is gone then."""
        self._socket.close()
        try:
            status = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return "analysis_crashed", "The analysis has hung up and did not end."
        if status >= 0:
            return "analysis_crashed", f"The analysis has ended with status {status}."
        name = _SIGNALS.get(-status, f"signal {-status}")
        return _BY_SIGNAL.get(name, ("analysis_crashed", f"The analysis was ended by {name}."))

    def kill(self) -> None:
        """End it at once, and what it may have started; harmless twice."""
        self._socket.close()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.kill()
            self._process.wait()


def _told(head: dict[str, Any], body: bytes, *, number: int | None) -> Analysis:
    """Turn a reply into what ``analyze`` returns or raises.

    Raises:
        Unspeakable: It is none, or one to another request.
    """
    if head.get("number") != number:
        raise wire.Unspeakable("a reply to what it was not asked")
    if "rejected" in head:
        raise ImageRejected(*wire.rejection(head))
    if "out_of_memory" in head:
        raise AnalysisDied("out_of_memory", "The analysis ran out of memory.")
    if "raised" in head:
        raise AnalysisDied("analysis_crashed", f"The analysis has raised {head['raised']}.")
    return wire.analysis(head, body)


def _environment() -> dict[str, str]:
    """Return what a child may know: how to find Python's modules, and nothing else of this process's."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    places = os.pathsep.join(str(Path(place).absolute()) for place in sys.path)
    return {**kept, "PYTHONPATH": places, **_MALLOC}


def _close(children: "set[_Child]") -> None:
    for child in list(children):
        child.kill()
