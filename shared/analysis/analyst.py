"""Analyse an image when there is a place for it, in a child process or in this one."""

from collections.abc import Callable
from typing import Protocol

from shared import clock
from shared.analysis import pipeline
from shared.analysis.admission import Admission
from shared.analysis.interface import Analysis, Limits, Options, Source, ThumbnailSpec
from shared.analysis.sandbox.layers import Confinement
from shared.errors import AnalysisDied
from shared.rules.flows import flow_of

_OPTIONS = Options()


class Engine(Protocol):
    """What analyses one image: ``Inline`` or a ``Sandbox``."""

    @property
    def confinement(self) -> Confinement | None:
        """How child processes are confined; None before the first of them has started."""

    def analyze(self, data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:
        """Analyse; see ``Sandbox``."""


class Analyst:
    """Analyse as many images at once as memory allows; all threads of a process share one.

    Args:
        engine: Where an image is analysed.
        places: How many images may be analysed at once.
    """

    def __init__(self, engine: Engine, *, places: int) -> None:
        self._engine = engine
        self._admission = Admission(places)

    @property
    def confinement(self) -> Confinement | None:
        """How child processes are confined; None before the first of them has started."""
        return self._engine.confinement

    def analyze(self, data: bytes, *, source: Source, alone: bool, stop: Callable[[], bool]) -> Analysis:
        """Analyse one image when its turn comes.

        Args:
            data: The whole blob.
            source: What storage says about it.
            alone: Whether nothing else may be analysed in this process meanwhile.
            stop: Whether the result is no longer wanted; asked a few times a second.

        Raises:
            ImageRejected: As ``analysis.analyze``.
            AnalysisDied: The analysis was stopped, or died.
        """
        with self._admission.admit(alone=alone, stop=stop, flow=flow_of(f"{source.container}/{source.name}")):
            return self._engine.analyze(data, source=source, stop=stop)


class Inline:
    """Analyse in the caller's own thread, where nothing stops an image that hangs or crashes.

    Args:
        limits: What an image may cost.
        thumbnail: Which thumbnail to make; None to make no thumbnail.
        options: What a report contains.
        monotonic: Seconds that never go back.
    """

    confinement: Confinement | None = None

    def __init__(
        self,
        *,
        limits: Limits,
        thumbnail: ThumbnailSpec | None,
        options: Options = _OPTIONS,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self._limits = limits
        self._thumbnail = thumbnail
        self._options = options
        self._monotonic = monotonic

    def analyze(self, data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:  # noqa: ARG002 - an engine
        """Analyse one image; see ``Engine``."""
        try:
            return pipeline.analyze(
                data,
                source=source,
                limits=self._limits,
                thumbnail=self._thumbnail,
                options=self._options,
                monotonic=self._monotonic,
            )
        except MemoryError:
            raise AnalysisDied("out_of_memory", "The analysis ran out of memory.") from None
