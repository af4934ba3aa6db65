"""Analyse in a child process that may crash, hang or run out of memory without its parent noticing more than a code.

A child is a plain interpreter at the other end of a socket, with limits of its own on address space and processor time,
and without this process's environment: connection strings are none of its business. It lives across images; one that
has died, or had to be killed, is replaced when it is needed.

Not ``multiprocessing`` and no pool on top of it: these import the main module again, which is the host's, and unpickle
what the child sends, which is code where a file has taken the child over.
"""

import itertools
import queue
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from shared import clock
from shared.analysis import wire
from shared.analysis.admission import LOOK_SECONDS
from shared.analysis.facts import Analysis, Limits, Options, Source, ThumbnailSpec
from shared.analysis.spawned import TIMED_OUT, Child
from shared.errors import AnalysisDied, ImageRejected, NoSandbox

ANALYZE = "shared.analysis:analyze"
#: A child that has not said within this time that it is ready never will.
START_SECONDS = 60.0
#: Beyond the decoder's memory: the file itself, the working image, the encoders.
OVERHEAD_BYTES = 128 * 1024 * 1024
_OPTIONS = Options()
_UNWANTED = "The result is not wanted any more."


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
        self._free: queue.LifoQueue[Child | None] = queue.LifoQueue()
        self._children: set[Child] = set()
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
            NoSandbox: A child is needed, and none can be started.
        """
        child = self._taken(stop)
        try:
            child = child or self._started(stop)
            return self._ask(child, self._request(source), data, self._bounds.seconds, stop)
        finally:
            if child is not None and not child.alive:
                self._children.discard(child)
                child = None
            self._free.put(child)

    def _started(self, stop: Callable[[], bool]) -> Child:
        """Start a child; what is wrong with one that has seen no image yet is wrong with this machine.

        Raises:
            NoSandbox: It can't be started, or did not say that it is ready.
            AnalysisDied: ``analysis_stopped``.
        """
        try:
            child = Child(self._call, self._bounds.memory_bytes)
        except OSError as error:
            raise NoSandbox(f"no child process can be started: {error.strerror or type(error).__name__}") from error
        self._children.add(child)
        try:
            self._ask(child, None, b"", START_SECONDS, stop)
        except AnalysisDied as died:
            self._children.discard(child)
            if died.code == "analysis_stopped":
                raise
            raise NoSandbox(f"a child process has ended before its first image: {died}") from died
        return child

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

    def _taken(self, stop: Callable[[], bool]) -> Child | None:
        while True:
            try:
                return self._free.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                if stop():
                    raise AnalysisDied("analysis_stopped", _UNWANTED) from None

    def _ask(
        self, child: Child, asked: dict[str, Any] | None, data: bytes, seconds: float, stop: Callable[[], bool]
    ) -> Analysis:
        """Send a request, or wait for a new child, and read what it has to say; it is dead after most errors."""
        until = self._monotonic() + seconds

        def look() -> None:
            if stop():
                raise _Over("analysis_stopped", _UNWANTED)
            if self._monotonic() >= until:
                raise _Over("analysis_timeout", TIMED_OUT)

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


def _close(children: set[Child]) -> None:
    for child in list(children):
        child.kill()
