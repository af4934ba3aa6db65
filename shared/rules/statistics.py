"""How many jobs there are and where: plain figures, and Prometheus' text of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from shared.rules.timestamps import rfc3339

#: Of what a mark keeps; another release's is counted anew.
SCHEMA = 1

Sample = tuple[Mapping[str, str], float]


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


def whole(value: object) -> int | None:
    """Return a count that a mark keeps; None for what is none."""
    return value if type(value) is int and value >= 0 else None


def prometheus(stats: Stats) -> str:
    """Return the figures in Prometheus' text format; what is not known has no sample.

    Source:
        Prometheus, "Exposition formats", text-based format 0.0.4, 2014.
    """
    of_jobs = [
        ({"type": kind, "state": state}, number)
        for kind, states in sorted(stats.jobs.items())
        for state, number in sorted(states.items())
    ]
    families = (
        _family("jobs", "gauge", "Jobs by type and state.", of_jobs),
        _single("oldest_due_age_seconds", "How long the oldest due job is due.", stats.oldest_due_age_seconds),
        _single("poison_messages", "Messages that the host has given up on.", stats.poison),
        _single("missed_images", "Images that no event had announced, in the last whole walk.", stats.missed),
        _family("stale_reports_total", "counter", "Late reports that were refused.", [({}, stats.stale_reports_total)]),
        _single("statistics_age_seconds", "How long ago these figures were counted.", stats.age_seconds),
    )
    return "".join(families)


def _name(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _single(name: str, told: str, figure: float | None) -> str:
    return _family(name, "gauge", told, [] if figure is None else [({}, figure)])


def _family(name: str, kind: str, told: str, samples: Iterable[Sample]) -> str:
    name = f"darkroom_{name}"
    lines = [f"# HELP {name} {told}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{_labels(labels)} {figure}" for labels, figure in samples]
    return "".join(f"{line}\n" for line in lines)


def _labels(labels: Mapping[str, str]) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}" if labels else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
