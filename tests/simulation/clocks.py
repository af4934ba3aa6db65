"""The monotonic clock of one process, which is never compared with another."""

from dataclasses import dataclass
from random import Random

from tests.simulation.service.clock import ServiceClock


@dataclass(frozen=True)
class Watch:
    """Seconds since the process began, or since whenever: it runs a little fast or slow.

    Attributes:
        time: The services' own.
        offset: What it says at the beginning of the world.
        rate: Its seconds to one of the services'.
    """

    time: ServiceClock
    offset: float = 0.0
    rate: float = 1.0

    def __call__(self) -> float:
        """Return the process's monotonic second."""
        return self.offset + self.rate * self.time.seconds

    def span(self, seconds: float) -> float:
        """Return how long so many of its seconds are."""
        return seconds / self.rate


def draw_watch(time: ServiceClock, luck: Random, *, lease: float, margin: float, drift: float) -> Watch:
    """Draw a clock for which the promises hold: fast, or as slow as the lease and the drift of the front ends allow.

    A holder stops ``lease - margin`` of its own seconds after its last write, and the first moment at which another may
    take over is ``lease + margin - drift`` after it.
    """
    slowest = min(1.0, (lease - margin) / (lease + margin - drift)) + 0.001
    return Watch(time, luck.uniform(-1e4, 1e4), luck.choice((1.0, 1.0, luck.uniform(slowest, 1.0), 2.0)))
