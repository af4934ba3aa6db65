"""Models of responses about the state of the service, for the OpenAPI document only."""

from datetime import datetime

from pydantic import BaseModel, Field

from shared.rules.causes import Cause


class Explanation(BaseModel):
    """Why a job is not done, or how it ended; the code of its last error, and a command that helps, if there is one."""

    why: str
    cause: Cause
    code: str | None
    mend: str | None


class CauseGroup(BaseModel):
    """Jobs that the same keeps; `types` has the most frequent ones, `first_ids` the oldest."""

    cause: Cause
    code: str | None
    title: str
    count: int
    oldest_age_seconds: float
    first_ids: list[str]
    types: dict[str, int]
    mend: str | None


class Causes(BaseModel):
    """Late jobs, and those that failed in the last 24 hours; not complete if there are more than were read."""

    as_of: datetime
    groups: list[CauseGroup]
    complete: bool


class Lock(BaseModel):
    """The lock of what a timer does."""

    name: str
    holder: str | None
    lease_until: datetime | None
    done_at: datetime | None


class Locks(BaseModel):
    """All of them."""

    items: list[Lock]


class Point(BaseModel):
    """What ended in one step, and how long the last attempts of completed jobs took."""

    start: datetime = Field(alias="from")
    completed: int
    failed: int
    canceled: int
    p50_seconds: float | None
    p95_seconds: float | None


class History(BaseModel):
    """What ended in the last hours. The last step is not over. If it is not complete, the earliest ends are missing."""

    as_of: datetime
    step_seconds: int
    points: list[Point]
    complete: bool
