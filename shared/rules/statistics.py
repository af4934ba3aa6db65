"""How many jobs there are and where: plain figures."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Self

from shared.rules.rhythms import Age, Upkeep
from shared.rules.timestamps import parse_moment, rfc3339

#: Of what a mark keeps; what another release has written is counted again.
SCHEMA = 2


@dataclass(frozen=True, kw_only=True)
class Stats:
    """What was counted.

    Attributes:
        as_of: When, the service's time, aware UTC.
        jobs: How many by type and state.
        capped: Whether there are more than were counted, or more live ones than were told apart: the rest of those
            counts as PENDING.
        oldest_due_age_seconds: How long the oldest due job is due; None when none is.
        lock: Who holds the sweep's lock, as ``holder``; None when nobody does.
        poison: Messages that the host has given up on and nobody has taken in.
        missed: Images that the last whole walk found and no event had announced; None before there was one.
        stale_reports_total: Reports that came too late and were refused.
        done_at: When each thing that timers do was last done to its end; what never was is missing.
        age_seconds: How long ago all of this was counted; 0 just now.
        upkeep: The ages of what timers do, now.
    """

    as_of: datetime
    jobs: Mapping[str, Mapping[str, int]]
    capped: bool
    oldest_due_age_seconds: float | None
    lock: Mapping[str, str | None]
    poison: int
    missed: int | None
    stale_reports_total: int
    done_at: Mapping[Upkeep, datetime] = field(default_factory=dict)
    age_seconds: float = 0.0
    upkeep: Mapping[Upkeep, Age] = field(default_factory=dict)

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self | None:
        """Read it from a mark's value; None where no release has written that, or another one."""
        if value.get("schema") != SCHEMA:
            return None
        try:
            age, missed = value["oldest_due_age_seconds"], value["missed"]
            return cls(
                as_of=parse_moment(value["as_of"]),
                jobs={str(kind): {str(state): int(n) for state, n in of.items()} for kind, of in value["jobs"].items()},
                capped=bool(value["capped"]),
                oldest_due_age_seconds=None if age is None else float(age),
                lock={"holder": _name(value["lock"]["holder"])},
                poison=int(value["poison"]),
                missed=None if missed is None else int(missed),
                stale_reports_total=int(value["stale_reports_total"]),
                done_at={Upkeep(name): parse_moment(text) for name, text in value["done_at"].items()},
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            return None

    @property
    def value(self) -> dict[str, Any]:
        """As a mark keeps it."""
        told = {name: value for name, value in vars(self).items() if name not in ("age_seconds", "upkeep")}
        told["done_at"] = {each.value: rfc3339(moment) for each, moment in self.done_at.items()}
        return {**told, "as_of": rfc3339(self.as_of), "schema": SCHEMA}


def _name(value: object) -> str | None:
    return value if isinstance(value, str) else None
