"""How many jobs ended when, and how long their work took: plain figures, of a size that a mark can keep."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from shared.rules.jobs import State
from shared.rules.timestamps import parse_moment, rfc3339

#: Of what a mark keeps; what another release has written is counted again.
SCHEMA = 1
#: Hours that may be asked for, and how many if nobody says.
MOST_HOURS, HOURS = 24, 6
#: Steps that people read easily. Each divides a day, so that steps begin at the same moments whenever they are counted.
_STEPS = tuple(timedelta(seconds=seconds) for seconds in (60, 120, 300, 600, 1200))
MOST_POINTS = 72
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ENDED = (State.COMPLETED, State.FAILED, State.CANCELED)


@dataclass(frozen=True)
class End:
    """How and when a job ended.

    Attributes:
        state: In which it ended.
        at: When.
        took: How long its last attempt took; None where that is not known.
    """

    state: State
    at: datetime
    took: timedelta | None = None


@dataclass(frozen=True, kw_only=True)
class Point:
    """What ended in one step.

    Attributes:
        start: When it begins; it ends where the next begins.
        counts: Jobs by the state in which they ended.
        p50_seconds: Half of the completed ones took no longer than this; None where none tells it.
        p95_seconds: 95 of 100 took no longer than this.
    """

    start: datetime
    counts: Mapping[State, int] = field(default_factory=dict)
    p50_seconds: float | None = None
    p95_seconds: float | None = None

    @property
    def json(self) -> dict[str, Any]:
        """As the API gives it, and a mark keeps it."""
        counts = {state.value.lower(): self.counts.get(state, 0) for state in _ENDED}
        return {"from": rfc3339(self.start), **counts, "p50_seconds": self.p50_seconds, "p95_seconds": self.p95_seconds}


@dataclass(frozen=True, kw_only=True)
class History:
    """What ended in the last hours, step by step.

    Attributes:
        as_of: When it was counted, the service's time, aware UTC.
        step: How long a step is.
        points: The earliest first; the last step is not over.
        complete: Whether all ends were read; the earliest are missing otherwise.
    """

    as_of: datetime
    step: timedelta
    points: Sequence[Point]
    complete: bool

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self | None:
        """Read it from a mark's value; None where no release has written that, or another one."""
        if value.get("schema") != SCHEMA:
            return None
        try:
            return cls(
                as_of=parse_moment(value["as_of"]),
                step=timedelta(seconds=value["step_seconds"]),
                points=[_point(each) for each in value["points"]],
                complete=bool(value["complete"]),
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            return None

    @property
    def value(self) -> dict[str, Any]:
        """As a mark keeps it."""
        return {**self.json, "schema": SCHEMA}

    @property
    def json(self) -> dict[str, Any]:
        """As the API gives it."""
        return {
            "as_of": rfc3339(self.as_of),
            "step_seconds": int(self.step.total_seconds()),
            "points": [point.json for point in self.points],
            "complete": self.complete,
        }


def step_of(hours: int) -> timedelta:
    """Return the shortest step by which so many hours have no more than ``MOST_POINTS``.

    Args:
        hours: 1 to ``MOST_HOURS``.
    """
    return next(step for step in _STEPS if timedelta(hours=hours) <= MOST_POINTS * step)


def starts_of(hours: int, now: datetime) -> list[datetime]:
    """Return when each step begins, the earliest first: the last one lasts still.

    Args:
        hours: 1 to ``MOST_HOURS``.
        now: The service's time, aware UTC.
    """
    step = step_of(hours)
    last = now - (now - _EPOCH) % step
    return [last - number * step for number in reversed(range(timedelta(hours=hours) // step))]


def history(ends: Iterable[End], *, hours: int, now: datetime, complete: bool) -> History:
    """Count ends by steps.

    Args:
        ends: In any order; what is before the first step is left out, and what is later than now is in the last.
        hours: 1 to ``MOST_HOURS``.
        now: The service's time, aware UTC.
        complete: Whether these are all.
    """
    starts, step = starts_of(hours, now), step_of(hours)
    steps: list[list[End]] = [[] for _ in starts]
    for end in ends:
        if end.at >= starts[0]:
            steps[min((end.at - starts[0]) // step, len(starts) - 1)].append(end)
    points = [_summary(start, found) for start, found in zip(starts, steps, strict=True)]
    return History(as_of=now, step=step, points=points, complete=complete)


def _summary(start: datetime, ends: Sequence[End]) -> Point:
    took = sorted(end.took.total_seconds() for end in ends if end.state is State.COMPLETED and end.took is not None)
    counts = Counter(end.state for end in ends)
    return Point(start=start, counts=counts, p50_seconds=_percentile(took, 50), p95_seconds=_percentile(took, 95))


def _percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the least of sorted values than which so many of a hundred are not larger (nearest rank)."""
    return values[-(-percent * len(values) // 100) - 1] if values else None


def _point(value: Mapping[str, Any]) -> Point:
    p50, p95 = value["p50_seconds"], value["p95_seconds"]
    return Point(
        start=parse_moment(value["from"]),
        counts={state: int(value[state.value.lower()]) for state in _ENDED},
        p50_seconds=None if p50 is None else float(p50),
        p95_seconds=None if p95 is None else float(p95),
    )
