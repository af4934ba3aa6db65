"""Compare the clocks of the services with each other, and with that of this machine."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.clock import DATE_STEP
from shared.ports.places import ServiceTime
from shared.rules.diagnoses import Diagnosis
from shared.rules.symptoms import Symptom
from shared.rules.timestamps import span

CLOCKS = "clocks"
#: Of a laptop; requests that are signed by a key are refused from 15 minutes on.
TOLERANCE = timedelta(minutes=1)


@dataclass(frozen=True)
class _Span:
    """Between which bounds a clock is ahead of the monotonic one, as far as its replies tell."""

    least: timedelta
    most: timedelta

    @classmethod
    def of(cls, times: Sequence[ServiceTime]) -> "_Span":
        """A date is rounded down, and was written while the request was on its way."""
        return cls(
            max(time.date.replace(tzinfo=None) - _ZERO - timedelta(seconds=time.seen_at) for time in times),
            min(time.date.replace(tzinfo=None) + DATE_STEP - _ZERO - timedelta(seconds=time.sent_at) for time in times),
        )

    def apart(self, other: "_Span") -> timedelta:
        """Return by how much they differ at least; zero where they may agree."""
        return max(self.least - other.most, other.least - self.most, timedelta(0))


_ZERO = datetime(1970, 1, 1)  # noqa: DTZ001 - differences are taken of it alone


def check_clocks(
    times: Mapping[str, Sequence[ServiceTime]],
    *,
    margin: timedelta,
    wall: Callable[[], datetime],
    monotonic: Callable[[], float],
) -> Iterator[Diagnosis]:
    """Compare them.

    Args:
        times: What replies said, by service; those without replies are left out.
        margin: By how much clocks of one account may differ.
        wall: Tells the time of this machine, aware UTC.
        monotonic: Seconds that never go back, as in ``times``.
    """
    spans = [_Span.of(each) for each in times.values() if each]
    if not spans:
        return
    now = wall().replace(tzinfo=None) - _ZERO - timedelta(seconds=monotonic())
    own = _Span(now, now)
    apart = max(one.apart(other) for one in spans for other in spans)
    off = max(own.apart(one) for one in spans)
    if apart > margin:
        facts = {"skew": span(apart), "margin": f"{margin.total_seconds():g}"}
        yield Diagnosis(Symptom.SERVICES_APART, CLOCKS, facts)
    if off > TOLERANCE:
        yield Diagnosis(Symptom.CLOCK_OFF, CLOCKS, {"skew": span(off)})
    if apart <= margin and off <= TOLERANCE:
        yield Diagnosis(Symptom.CLOCKS_AGREE, CLOCKS)
