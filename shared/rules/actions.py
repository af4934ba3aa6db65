"""What operators do by hand, and how it is counted. Pure; no I/O, no clock."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self

#: Digits in an action's id that tell those of one millisecond apart.
RANDOM_DIGITS = 16
#: The id of an action: when it began, so that later ones come first, and those digits.
ACTION_ID = re.compile(rf"[0-9]{{13}}-[0-9a-f]{{{RANDOM_DIGITS}}}")


class Action(StrEnum):
    """What an operator can do; the value is kept in the log of actions."""

    CANCEL = "cancel"
    REDRIVE = "redrive"
    DELETE = "delete"
    PURGE = "purge"
    WALK = "walk"
    REDRIVE_REJECTED = "redrive_rejected"
    DELETE_REJECTED = "delete_rejected"


class Outcome(StrEnum):
    """What came of an action at one id."""

    DONE = "done"  #: it is as was asked for
    REFUSED = "refused"  #: the state of the job forbids it, or it is not there; asked again, it is refused again
    UNKNOWN = "unknown"  #: storage failed before this was decided: ask again


@dataclass(frozen=True)
class Counts:
    """What came of an action.

    Attributes:
        done: At how many ids it was done.
        refused: At how many it was refused.
        unknown: Of how many nobody knows.
        codes: For each error code of the API, how often; of what was not done.
    """

    done: int = 0
    refused: int = 0
    unknown: int = 0
    codes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, outcomes: Iterable[tuple[Outcome, str | None]]) -> Self:
        """Count outcomes, each with its error code."""
        kinds, codes = Counter[Outcome](), Counter[str]()
        for outcome, code in outcomes:
            kinds[outcome] += 1
            if code is not None:
                codes[code] += 1
        return cls(kinds[Outcome.DONE], kinds[Outcome.REFUSED], kinds[Outcome.UNKNOWN], dict(codes))


def is_since(moment: datetime | None, as_of: datetime | None) -> bool:
    """Say whether something has happened since the moment that a caller means; never without such a moment.

    Args:
        moment: When it happened; None for what has not.
        as_of: What the caller has seen was before this.
    """
    return moment is not None and as_of is not None and moment >= as_of
