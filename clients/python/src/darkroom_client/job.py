"""A job, as the service describes it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job. The fields are those of the API; times are aware UTC.

    Attributes:
        params: The worker's input, fixed when the job was added.
        cursor: Where this attempt can continue, as an earlier one wrote it; None for the beginning.
        etag: Version of the job's row; None in lists and claims.
        created: Whether this call of ``add`` created the job.
        purged: Whether only the uniqueness of the job is left.
    """

    id: str
    type: str = ""
    ref: str = ""
    state: str = ""
    attempts: int = 0
    token: int = 0
    owner: str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    cursor: str | None = None
    progress: float | None = None
    lease_until: datetime | None = None
    not_before: datetime | None = None
    created_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    updated_at: datetime | None = None
    error: Mapping[str, Any] | None = None
    image: Mapping[str, Any] | None = None
    report: Mapping[str, Any] | None = None
    result: Mapping[str, Any] | None = None
    traceparent: str | None = None
    etag: str | None = None
    created: bool = False
    purged: bool = False

    @property
    def ended(self) -> bool:
        """Whether the job is over. Only a redrive opens it again."""
        return self.state in ("COMPLETED", "FAILED", "CANCELED")

    @property
    def lease_seconds(self) -> float | None:
        """How long the last claim or renewal protects, by the service's clock; None when nobody holds the job."""
        if self.lease_until is None or self.updated_at is None:
            return None
        return (self.lease_until - self.updated_at).total_seconds()

    @classmethod
    def from_json(cls, body: Mapping[str, Any], *, etag: str | None = None, created: bool = False) -> Self:
        """Read the fields known here: a newer service may send more, a purged job has less."""
        known = {one.name: body[one.name] for one in fields(cls) if body.get(one.name) is not None}
        times = {name for name in known if name.endswith("_at") or name in ("lease_until", "not_before")}
        known |= {name: datetime.fromisoformat(known[name]) for name in times}
        return cls(**known | {"etag": etag, "created": created})
