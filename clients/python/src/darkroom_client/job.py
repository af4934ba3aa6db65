"""A job, as the service tells it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any, Self


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job; docs/api.md says what each field means. Times are aware UTC.

    Attributes:
        params: Facts for the worker, fixed when the job was added.
        cursor: Where this attempt may go on, in the words of an earlier one; None for the beginning.
        etag: Of the version told; None in lists.
        created: Whether this very ``add`` has made it.
        purged: Whether only its uniqueness is left.
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
        """Whether only a redrive or a purge can move it on."""
        return self.state in ("COMPLETED", "FAILED", "CANCELED")

    @property
    def lease_seconds(self) -> float | None:
        """Protection given by the last claim or renewal: a span between two times of one clock; None when not held."""
        if self.lease_until is None or self.updated_at is None:
            return None
        return (self.lease_until - self.updated_at).total_seconds()

    @classmethod
    def read(cls, told: Mapping[str, Any], *, etag: str | None = None, created: bool = False) -> Self:
        """Take what is known here from JSON: a newer service may tell more, a key row tells less."""
        known = {one.name: told[one.name] for one in fields(cls) if told.get(one.name) is not None}
        times = {name for name in known if name.endswith("_at") or name in ("lease_until", "not_before")}
        known |= {name: datetime.fromisoformat(known[name]) for name in times}
        return cls(**known | {"etag": etag, "created": created})
