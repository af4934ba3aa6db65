"""The processes of a case: each is wired over its own line, and does everything in one thread."""

import copy
from collections.abc import Callable, Mapping
from concurrent.futures import Executor, Future
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

from shared.analysis import Analysis, Limits, Source, ThumbnailSpec, analyst
from shared.analysis.analyst import Analyst
from shared.runtime import Runtime
from shared.storage.retries import RetryPolicy
from shared.wiring.steps import Darkroom
from tests.faults.enumeration_wire import Line
from tests.simulation.service.clock import ServiceClock

Build = Callable[..., Darkroom]
T = TypeVar("T")


@dataclass
class Worker:
    """A process: its wiring and its line to storage."""

    darkroom: Darkroom
    line: Line


class Inline(Executor):
    """Calls that run one after the other in their caller's thread, so that a process has one thread."""

    def __init__(self, workers: int, name: str) -> None:
        """Take what a pool of threads takes."""

    def submit(self, call: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:  # noqa: ANN401
        """Call at once."""
        done = Future[T]()
        try:
            done.set_result(call(*args, **kwargs))
        except Exception as error:  # noqa: BLE001 - whoever asks for the result is told
            done.set_exception(error)
        return done


class CachedAnalyst(analyst.Inline):
    """Analyses each version of an image once: what comes of it depends on nothing else, and schedules repeat it."""

    def __init__(self) -> None:
        super().__init__(limits=Limits(), thumbnail=ThumbnailSpec())
        self._analyses: dict[tuple[bytes, Source], Analysis] = {}

    def analyze(self, data: bytes, *, source: Source, stop: Callable[[], bool]) -> Analysis:
        """Analyse one image; see ``Engine``."""
        known = self._analyses.get((data, source))
        if known is None:
            known = self._analyses[data, source] = super().analyze(data, source=source, stop=stop)
        return copy.deepcopy(known)


_KNOWN = CachedAnalyst()


def start(build: Build, environ: Mapping[str, str], line: Line, clock: ServiceClock) -> Worker:
    """Wire a process."""
    darkroom = build(
        environ,
        transport=line,
        runtime=Runtime(monotonic=clock.monotonic, pause=clock.go, pool=Inline),
        retry=RetryPolicy(within=timedelta(seconds=10), monotonic=clock.monotonic, pause=clock.go),
        threaded=False,
        analyst=Analyst(_KNOWN, places=1),
    )
    darkroom.sweep._is_prepared = True
    return Worker(darkroom, line)
