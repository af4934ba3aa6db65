"""What timers do beside the work, how often, and at which age the last time is too long ago.

A timer that has stopped says nothing: Azure's are known to stop after a deployment while HTTP still works. Only the age
of what it did last tells.

Source:
    https://github.com/Azure/azure-functions-host/issues/11828, read 2026-11.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum


class Upkeep(StrEnum):
    """What timers do."""

    SWEEP = "sweep"  #: look at every job that is due
    RECONCILE = "reconcile"  #: one slice of the walk through the container
    PURGE = "purge"  #: delete what is past its retention
    WALK = "walk"  #: the whole walk, from its first slice to its last


#: What has a lock of the same name, whose row says when it was last done.
LOCKS = (Upkeep.SWEEP, Upkeep.RECONCILE, Upkeep.PURGE)

#: Without work, from one sweep of the function app to the next.
IDLE_TICKS = timedelta(minutes=15)
#: What a worker outside Functions does, from one time to the next: with work, and without.
SWEEP, IDLE_SWEEP = timedelta(minutes=1), timedelta(minutes=5)
RECONCILE, IDLE_RECONCILE = timedelta(minutes=5), timedelta(minutes=30)
PURGE, IDLE_PURGE = timedelta(hours=1), timedelta(hours=6)
#: So many pauses with a budget each: one that fails is no alarm, and neither is one that is slow.
_MOST_ROUNDS = 3


@dataclass(frozen=True)
class Age:
    """How long ago something was last done to its end.

    Attributes:
        seconds: None where it never was.
        limit_seconds: From which age on it is late; None where it has no limit.
        is_late: Whether its age is over the limit; of what was never done, whether it has been waited for so long.
    """

    seconds: float | None
    limit_seconds: float | None
    is_late: bool


def limit(pause: timedelta, budget: timedelta) -> timedelta:
    """Return from which age on something is late.

    Args:
        pause: The longest time from one to the next.
        budget: How long one may take.
    """
    return _MOST_ROUNDS * (pause + budget)


def upkeep_json(ages: Mapping[Upkeep, Age]) -> dict[str, dict[str, float | bool | None]]:
    """Return ages as the API and a worker's health give them."""
    return {
        each.value: {"age_seconds": age.seconds, "limit_seconds": age.limit_seconds, "late": age.is_late}
        for each, age in ages.items()
    }
