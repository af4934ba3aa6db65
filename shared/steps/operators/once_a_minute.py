"""Count what takes many requests at most once a minute among all instances: a mark keeps it for everybody."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from shared.clock import ServerClock
from shared.errors import Lost
from shared.ports.marks import Mark, Marks

#: For so long what was counted is good for everybody.
FRESH = timedelta(seconds=60)


class Figures(Protocol):
    """What was counted at a moment."""

    @property
    def as_of(self) -> datetime:
        """When, the service's time, aware UTC."""

    @property
    def value(self) -> Mapping[str, Any]:
        """As a mark keeps it."""


F = TypeVar("F", bound=Figures)


def once_a_minute(
    marks: Marks,
    clock: ServerClock,
    name: str,
    *,
    read: Callable[[Mapping[str, Any]], F | None],
    count: Callable[[datetime], F],
) -> F:
    """Return what anybody has counted less than a minute ago, or count.

    Args:
        marks: Keep it.
        clock: The service's time.
        name: Of the mark.
        read: Reads it from a mark's value; None where that says nothing that this release knows.
        count: Counts, as of a moment.

    Costs: 1 read; where it counts, also what that takes, and 1 transaction.
    """
    mark = marks.get(name)
    now = clock.now()
    kept = None if mark is None else read(mark.value)
    if kept is not None and abs(now - kept.as_of) < FRESH:
        return kept
    figures = count(now)
    _keep(marks, mark, name, figures)
    return figures


def _keep(marks: Marks, mark: Mark | None, name: str, figures: Figures) -> None:
    try:
        if mark is None:
            marks.insert(name, figures.value)
        else:
            marks.replace(mark, figures.value)
    except Lost:  # another has counted meanwhile, and both are right
        return
