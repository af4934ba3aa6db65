"""Make the script of a world that fails shorter: leave out one decision after the other, as long as it still fails."""

import re
from collections.abc import Callable, Sequence

from tests.simulation.world import Outcome, World

_DRAWN = re.compile(r"[0-9a-f]{8,}|0x[0-9A-F]+|\d+(\.\d+)?")


def kind_of(outcome: Outcome) -> str:
    """Return what is wrong first, without what differs from world to world."""
    return _DRAWN.sub("…", outcome.wrong[0]) if outcome.wrong else ""


def shrink(outcome: Outcome, *, over: Callable[[], bool]) -> Outcome:
    """Return a world of the same seed that fails in the same way, of as few faults and acts as time allows.

    Args:
        outcome: Of the whole world.
        over: Says that the time is over.
    """
    omitted: tuple[str, ...] = ()
    size = max(1, len(outcome.decisions) // 2)
    while size and not over():
        shorter = _shorter(outcome, omitted, size, over)
        if shorter is None:
            size //= 2
        else:
            outcome, omitted = shorter
            size = min(size, max(1, len(outcome.decisions) // 2))
    return outcome


def _shorter(
    outcome: Outcome, omitted: Sequence[str], size: int, over: Callable[[], bool]
) -> tuple[Outcome, tuple[str, ...]] | None:
    """Leave out one piece of the script of this size; None where each is needed."""
    decisions = outcome.decisions
    for begin in range(0, len(decisions), size):
        if over():
            return None
        without = (*omitted, *decisions[begin : begin + size])
        tried = World(outcome.seed, without).run()
        if kind_of(tried) == kind_of(outcome):
            return tried, without
    return None
