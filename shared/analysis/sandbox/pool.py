"""Analyse in child processes that may crash, hang or run out of memory: their parent gets a code.

A child is a plain interpreter at the other end of a socket, with limits of its own on address space and processor time,
and without this process's environment, which has connection strings. It analyses many images. One that has died, or was
killed, is replaced when the next image needs it.

This is not ``multiprocessing``, nor a pool built on it: those import the main module again, which is the host's, and
unpickle what a child sends, which runs code of a child that a file has taken over.
"""

import itertools
import logging
import weakref
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from shared import clock
from shared.analysis import report
from shared.analysis.admission import RESULT_UNWANTED
from shared.analysis.interface import Analysis, Limits, Options, Source, ThumbnailSpec
from shared.analysis.sandbox import protocol, replies, starter
from shared.analysis.sandbox.child_process import TIMED_OUT, ChildProcess
from shared.analysis.sandbox.layers import REQUIRED, Confinement, Layer, Policy
from shared.errors import AnalysisDied, ImageRejected, NoSandbox
from shared.rules import sizing
from shared.telemetry import LogEvent, emit

ANALYZE = "shared.analysis:analyze"
#: A child that is not ready within this time never will be.
START_SECONDS = 60.0
OVERHEAD_BYTES = sizing.OVERHEAD_BYTES
#: How many images one child analyses. Starting a child takes as long as analysing 10 small images, so this costs 5 %,
#: and a child that was taken over unnoticed sees no more images of others than this.
CHILD_IMAGES = 200
_OPTIONS = Options()
_POLICY = Policy()
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class ChildLimits:
    """What one child may use for one image.

    Args:
        seconds: Of time.
        cpu_seconds: Of one processor.
        memory_bytes: Of address space, beyond what an idle child has.
        images: After so many, the child is replaced.
    """

    seconds: float
    cpu_seconds: float
    memory_bytes: int
    images: int = CHILD_IMAGES


class Sandbox:
    """As many children as there are callers at once, each started when it is first needed.

    Args:
        limits: What an image may cost.
        thumbnail: Which thumbnail to make; None to make no thumbnail.
        options: What a report contains.
        child_limits: What each child may use.
        policy: How each child is confined.
        monotonic: Seconds that never go back.
        call: What the children call, ``module:function``.
    """

    def __init__(
        self,
        *,
        limits: Limits,
        thumbnail: ThumbnailSpec | None,
        child_limits: ChildLimits,
        policy: Policy = _POLICY,
        monotonic: Callable[[], float] = clock.monotonic,
        call: str = ANALYZE,
        options: Options = _OPTIONS,
    ) -> None:
        self._limits = limits
        self._options = options
        self._thumbnail = thumbnail
        self._child_limits = child_limits
        self._policy = policy
        self._monotonic = monotonic
        self._call = call
        self._children: set[ChildProcess] = set()
        self._idle: list[ChildProcess] = []
        self._numbers = itertools.count(1)
        #: How the children are confined; None before the first.
        self.confinement: Confinement | None = None
        self.close = weakref.finalize(self, _close, self._children)

    def analyze(self, data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:
        """Analyse one image.

        Args:
            data: The whole blob. Nothing of it is parsed in this process.
            source: What storage says about it.
            stop: Whether the result is no longer wanted; asked a few times a second.

        Raises:
            ImageRejected: As ``analysis.analyze``.
            AnalysisDied: The child died or was killed: ``analysis_timeout``, ``analysis_crashed``, ``out_of_memory``;
                ``analysis_stopped`` because ``stop`` said so.
            NoSandbox: A child is needed, but can't be started or confined as the policy requires.
        """
        child = self._take_idle() or self._start(stop)
        try:
            return self._analyze_in(child, data, source, stop)
        finally:
            if child.alive and child.images < self._child_limits.images:
                self._idle.append(child)
            else:
                self._drop(child)

    def _take_idle(self) -> ChildProcess | None:
        """Return an idle child; None if every child is busy.

        A child that died while idle, or sent something unasked, gets no further image: the next one is not at fault.
        """
        with suppress(IndexError):
            while not (child := self._idle.pop()).idle:
                self._drop(child)
            return child
        return None

    def _drop(self, child: ChildProcess) -> None:
        child.kill()
        self._children.discard(child)

    def _start(self, stop: Callable[[], bool]) -> ChildProcess:
        """Start a child and wait until it is ready. If that fails, this machine is at fault, not an image.

        Raises:
            NoSandbox: It can't be started, did not get ready, or is not confined as the policy requires.
            AnalysisDied: ``analysis_stopped``.
        """
        child = self._spawn()
        self._children.add(child)
        try:
            confinement = self._exchange(child, START_SECONDS, stop, lambda head, _: replies.read_ready(head))
            self._check_confinement(confinement)
        except BaseException as error:
            self._drop(child)
            if isinstance(error, AnalysisDied) and error.code != "analysis_stopped":
                raise NoSandbox(f"A child process ended before its first image. {error}") from error
            raise
        return child

    def _spawn(self) -> ChildProcess:
        """Start a process."""
        layers = sorted(self._policy.layers)
        try:
            return starter.start(lambda: ChildProcess(self._call, self._child_limits.memory_bytes, layers))
        except OSError as error:
            raise NoSandbox(f"No child process can be started: {error.strerror or type(error).__name__}.") from error
        except RuntimeError as error:  # the interpreter is exiting and starts no more threads
            raise NoSandbox("No child process can be started: this process is ending.") from error

    def _check_confinement(self, found: Confinement) -> None:
        """Refuse a child that lacks a required layer; log how the first child is confined.

        Raises:
            NoSandbox: The platform refuses a required layer.
        """
        if self.confinement is None:
            own = _hide_parent(self._policy)
            self.confinement = Confinement({**found.layers, **own.layers}, {**found.refusals, **own.refusals})
            refused = self.confinement.refusals
            level = logging.WARNING if REQUIRED & refused.keys() else logging.INFO
            emit(LogEvent.CONFINED, level=level, layers=self.confinement.layers, refused=refused)
        missing = {name: found.refusals.get(name, "off") for name in self._policy.minimum - found.layers.keys()}
        if missing:
            reasons = ", ".join(f"{name} ({reason})" for name, reason in sorted(missing.items()))
            raise NoSandbox(
                f"ANALYSIS_CONFINEMENT is require, but this platform does not offer {reasons}. No image is analysed "
                "here. Use another platform, or set ANALYSIS_CONFINEMENT to try."
            )

    def _analyze_in(self, child: ChildProcess, data: bytes, source: Source, stop: Callable[[], bool]) -> Analysis:
        source = replace(source, sha256=report.digest(data))  # here, once: nothing that a child says of it is believed
        request = replies.Request(
            number=next(self._numbers),
            source=source,
            data=data,
            thumbnail=self._thumbnail,
            sections=frozenset(self._options.analyzers),
        )
        child.images += 1
        seconds = self._child_limits.seconds
        head = protocol.encode_request(source, self._limits, self._thumbnail, self._options, seconds=seconds)
        frame = protocol.encode_frame({"number": request.number, **head}, data)
        try:
            child.limit_cpu(self._child_limits.cpu_seconds)
        except OSError as error:
            child.kill()
            raise NoSandbox(f"The processor time of a child process can't be limited: {error.strerror}.") from error
        return self._exchange(child, seconds, stop, lambda reply, body: replies.read(reply, body, request), frame)

    def _exchange(
        self,
        child: ChildProcess,
        seconds: float,
        stop: Callable[[], bool],
        read: Callable[[dict[str, Any], bytes], T],
        frame: tuple[bytes, bytes] = (b"", b""),
    ) -> T:
        """Send a request, or nothing to a new child, and read the reply; the child is dead after most errors."""
        until = self._monotonic() + seconds

        def check() -> None:
            if stop():
                child.kill()
                raise AnalysisDied("analysis_stopped", RESULT_UNWANTED)
            if self._monotonic() >= until:
                child.kill()
                raise AnalysisDied("analysis_timeout", TIMED_OUT)

        try:
            child.send(frame, check)
            return read(*protocol.read_frame(lambda length: child.receive(length, check), protocol.MAX_REPLY))
        except protocol.ProtocolError as error:
            child.kill()
            raise AnalysisDied("analysis_crashed", f"The analysis sent an invalid reply: {error}.") from error
        except (EOFError, ConnectionError) as error:
            raise AnalysisDied(*child.exit_cause()) from error
        except (ImageRejected, AnalysisDied):
            raise
        except BaseException:  # from stop, or a Ctrl-C: the reply would be taken for the next image's
            child.kill()
            raise


def _hide_parent(policy: Policy) -> Confinement:
    """Hide this process's memory from its children, if the policy wants that."""
    if Layer.PARENT not in policy.layers:
        return Confinement()
    from shared.analysis.sandbox.confinement import hide_memory  # noqa: PLC0415 - ctypes, which most starts don't need

    return hide_memory()


def _close(children: set[ChildProcess]) -> None:
    for child in list(children):
        child.kill()
