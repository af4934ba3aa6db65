"""Workers whose clocks are off and run at another speed, over a service whose time a test moves."""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from shared.clock import ServerClock
from tests.faults.enumeration import SETTINGS

_TIMESTAMP = re.compile(rb'"Timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})\d?Z"')


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
#: What the promises are made for: a clock that is right, or too fast.
SOUND = tuple(Skew(offset, rate) for offset in OFFSETS for rate in (1.0, 2.0))
#: Clocks at half speed believe in a lease for twice as long.
SLOW = tuple(Skew(offset, 0.5) for offset in OFFSETS)


class Service:
    """The storage service's time; it stands still until a test moves it.

    Azurite's own clock can't be moved. So each of its replies is told anew: ``Date`` as it is here now, and the
    ``Timestamp`` of rows in it as it was here when they were written.
    """

    def __init__(self) -> None:
        self.seconds = 1000.0
        self._epoch = datetime(2026, 1, 1, tzinfo=UTC) - timedelta(seconds=self.seconds)
        self._moved_at = [_real()]
        self._stood = [self.now]

    def __call__(self) -> float:
        """Return seconds that never go back, at the speed that is right."""
        return self.seconds

    @property
    def now(self) -> datetime:
        """What the service writes into ``Timestamp``."""
        return self._epoch + timedelta(seconds=self.seconds)

    @property
    def date(self) -> datetime:
        """What it writes into ``Date``: whole seconds, rounded down."""
        return self.now.replace(microsecond=0)

    def go(self, seconds: float) -> None:
        """Let time pass, for everybody."""
        self.seconds += seconds
        self._note()

    def correct(self, seconds: float) -> None:
        """Set the service's clock forward, or back, while no time passes."""
        self._epoch += timedelta(seconds=seconds)
        self._note()

    def tell(self, reply: Any) -> None:  # noqa: ANN401 - as the transports have it
        """Move a reply of Azurite to this time."""
        reply.headers["Date"] = format_datetime(self.date, usegmt=True)
        if reply.request.method == "GET" and reply._content is not None:
            reply._content = _TIMESTAMP.sub(self._stamped, reply._content)

    def _note(self) -> None:
        self._moved_at.append(_real())
        self._stood.append(self.now)

    def _stamped(self, found: re.Match[bytes]) -> bytes:
        written = datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC)
        told = self._stood[max(0, bisect_right(self._moved_at, written) - 1)]
        return b'"Timestamp":"%s0Z"' % told.strftime("%Y-%m-%dT%H:%M:%S.%f").encode()


class Watch:
    """One worker's clock, in the shape of ``FakeClock``: what doubles and steps read.

    Attributes:
        server: What this worker believes the service's time to be.
    """

    def __init__(self, service: Service, skew: Skew) -> None:
        self._service, self._skew = service, skew
        self.server = ServerClock(self)

    def __call__(self) -> float:
        """Return this worker's monotonic seconds."""
        return self._skew.offset + self._skew.rate * self._service()

    @property
    def now(self) -> datetime:
        """The service's true time, for the doubles alone."""
        return self._service.now

    def reply(self) -> datetime:
        """Return the ``Date`` of a reply that this worker gets now."""
        self.server.observe(self._service.date)
        return self._service.date


def _real() -> datetime:
    """Return Azurite's own time, of whole milliseconds as it has them."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)
