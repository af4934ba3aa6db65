"""Workers whose clocks are off and run at another speed, over an account whose time a test moves."""

from dataclasses import dataclass

from tests.faults.enumeration import SETTINGS

LEASE, MARGIN = SETTINGS.lease, SETTINGS.margin


@dataclass(frozen=True)
class Skew:
    """How one worker's monotonic clock differs from the service's time.

    Attributes:
        offset: Seconds that it is ahead at the beginning.
        rate: Its seconds to one of the service's.
    """

    offset: float = 0.0
    rate: float = 1.0

    def __str__(self) -> str:
        return f"{self.offset:+.0f} s at {self.rate:g}×"


OFFSETS = (-10.0, 0.0, 10.0)
#: Clocks at half speed believe in a lease for twice as long.
SLOW = tuple(Skew(offset, 0.5) for offset in OFFSETS)
RATES = (1.0, 2.0, 0.5)
#: A holder who dies, and a rival who follows: each sound speed with each speed.
PAIRS = tuple(
    (Skew(OFFSETS[number % 3], mine), Skew(OFFSETS[(number + 1) % 3], other))
    for number, (mine, other) in enumerate((mine, other) for mine in (1.0, 2.0) for other in RATES)
)
