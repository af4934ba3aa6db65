"""How many jobs there are and where: plain figures."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from shared.rules.timestamps import rfc3339

#: Of what a mark keeps; what another release has written is counted again.
SCHEMA = 1


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
        age_seconds: How long ago all of this was counted; 0 just now.
    """

    as_of: datetime
    jobs: Mapping[str, Mapping[str, int]]
    capped: bool
    oldest_due_age_seconds: float | None
    lock: Mapping[str, str | None]
    poison: int
    missed: int | None
    stale_reports_total: int
    age_seconds: float = 0.0

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self | None:
        """Read it from a mark's value; None where no release has written that, or another one."""
        if value.get("schema") != SCHEMA:
            return None
        try:
            age, missed = value["oldest_due_age_seconds"], value["missed"]
            return cls(
                as_of=datetime.fromisoformat(value["as_of"]).astimezone(UTC),
                jobs={str(kind): {str(state): int(n) for state, n in of.items()} for kind, of in value["jobs"].items()},
                capped=bool(value["capped"]),
                oldest_due_age_seconds=None if age is None else float(age),
                lock={"holder": _name(value["lock"]["holder"])},
                poison=int(value["poison"]),
                missed=None if missed is None else int(missed),
                stale_reports_total=int(value["stale_reports_total"]),
            )
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            return None

    @property
    def value(self) -> dict[str, Any]:
        """As a mark keeps it."""
        told = {name: value for name, value in vars(self).items() if name != "age_seconds"}
        return {**told, "as_of": rfc3339(self.as_of), "schema": SCHEMA}


def _name(value: object) -> str | None:
    return value if isinstance(value, str) else None
