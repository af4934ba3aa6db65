"""Late and failed jobs by what keeps them: plain figures, of a size that a mark can keep."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Self

from shared.rules.causes import Cause, mend_of_many, title_of_many
from shared.rules.timestamps import parse_moment, rfc3339

#: Of what a mark keeps; what another release has written is read anew.
SCHEMA = 1
#: Groups of one answer, types and ids of one group: the largest, the most frequent, the oldest.
MOST_GROUPS, MOST_TYPES, MOST_IDS = 16, 16, 10
#: An error's code, which a worker chooses, is cut to so many characters.
CODE_CHARACTERS = 64


@dataclass(frozen=True)
class LateJob:
    """A job that is late, or has failed.

    Attributes:
        id: Of the job.
        type: Of the job.
        cause: What keeps it.
        code: Of the error of one that has failed; None of others, and where it is not known.
        since: Since when it is due, or when it failed.
    """

    id: str
    type: str
    cause: Cause
    code: str | None
    since: datetime


@dataclass(frozen=True, kw_only=True)
class CauseGroup:
    """Jobs that the same keeps.

    Attributes:
        cause: What keeps them.
        code: Of their error; None of live ones, and where it is not known.
        count: How many there are, as far as they were read.
        oldest_age_seconds: How long the oldest is due, or how long ago it failed.
        first_ids: The oldest.
        types: How many there are of each type, the most frequent ones.
    """

    cause: Cause
    code: str | None
    count: int
    oldest_age_seconds: float
    first_ids: tuple[str, ...]
    types: Mapping[str, int]

    @property
    def title(self) -> str:
        """What keeps them, for people."""
        return title_of_many(self.cause, self.code)

    @property
    def value(self) -> dict[str, Any]:
        """As the API gives it, and a mark keeps it."""
        return {
            "cause": self.cause.value,
            "code": self.code,
            "title": self.title,
            "count": self.count,
            "oldest_age_seconds": self.oldest_age_seconds,
            "first_ids": [*self.first_ids],
            "types": dict(self.types),
            "mend": mend_of_many(self.cause, self.code),
        }


@dataclass(frozen=True, kw_only=True)
class CauseGroups:
    """What keeps jobs.

    Attributes:
        as_of: When it was read, the service's time, aware UTC.
        groups: The largest first.
        complete: Whether all late and failed jobs were read, and all groups are here.
    """

    as_of: datetime
    groups: Sequence[CauseGroup] = field(default_factory=tuple)
    complete: bool = True

    @classmethod
    def of(cls, value: Mapping[str, Any]) -> Self | None:
        """Read it from a mark's value; None where no release has written that, or another one."""
        if value.get("schema") != SCHEMA:
            return None
        try:
            groups = tuple(_group(each) for each in value["groups"])
            return cls(as_of=parse_moment(value["as_of"]), groups=groups, complete=bool(value["complete"]))
        except (KeyError, ValueError, TypeError, AttributeError, OverflowError):
            return None

    @property
    def value(self) -> dict[str, Any]:
        """As a mark keeps it."""
        return {**self.json, "schema": SCHEMA}

    @property
    def json(self) -> dict[str, Any]:
        """As the API gives it."""
        groups = [each.value for each in self.groups]
        return {"as_of": rfc3339(self.as_of), "groups": groups, "complete": self.complete}


def group(jobs: Iterable[LateJob], *, now: datetime, complete: bool) -> CauseGroups:
    """Group jobs by what keeps them.

    Args:
        jobs: In any order.
        now: The service's time, aware UTC.
        complete: Whether these are all.
    """
    by_cause: dict[tuple[Cause, str | None], list[LateJob]] = {}
    for job in jobs:
        code = None if job.code is None else job.code[:CODE_CHARACTERS]
        by_cause.setdefault((job.cause, code), []).append(job)
    groups = [_summary(cause, code, found, now) for (cause, code), found in by_cause.items()]
    groups.sort(key=lambda each: (-each.count, each.cause.value, each.code or ""))
    is_complete = complete and len(groups) <= MOST_GROUPS
    return CauseGroups(as_of=now, groups=tuple(groups[:MOST_GROUPS]), complete=is_complete)


def _summary(cause: Cause, code: str | None, jobs: list[LateJob], now: datetime) -> CauseGroup:
    jobs.sort(key=lambda job: (job.since, job.id))
    return CauseGroup(
        cause=cause,
        code=code,
        count=len(jobs),
        oldest_age_seconds=max(timedelta(0), now - jobs[0].since).total_seconds(),
        first_ids=tuple(job.id for job in jobs[:MOST_IDS]),
        types=dict(Counter(job.type for job in jobs).most_common(MOST_TYPES)),
    )


def _group(value: Mapping[str, Any]) -> CauseGroup:
    code = value["code"]
    return CauseGroup(
        cause=Cause(value["cause"]),
        code=None if code is None else str(code),
        count=int(value["count"]),
        oldest_age_seconds=float(value["oldest_age_seconds"]),
        first_ids=tuple(str(each) for each in value["first_ids"]),
        types={str(kind): int(count) for kind, count in value["types"].items()},
    )
