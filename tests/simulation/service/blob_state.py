"""What the blob service keeps: containers, blobs, blocks."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.simulation.service.exchange import http_date
from tests.simulation.service.leases import Lease

_YEAR_1 = datetime(1, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class Stamp:
    """When something was written, and the ETag that it has of that.

    Attributes:
        moment: Of the write; no other write has the same.
    """

    moment: datetime

    @property
    def etag(self) -> str:
        """Without quotes: the ticks of 100 ns since the year 1, as real accounts have it."""
        return f"0x{(self.moment - _YEAR_1) // _MICROSECOND * 10:X}"

    @property
    def modified_at(self) -> datetime:
        """In whole seconds."""
        return self.moment.replace(microsecond=0)

    def headers(self) -> dict[str, str]:
        """Return what replies tell of it."""
        return {"ETag": f'"{self.etag}"', "Last-Modified": http_date(self.moment)}


@dataclass
class Block:
    """A part of a blob.

    Attributes:
        name: Its id, in base64.
        data: Its bytes.
    """

    name: str
    data: bytes


@dataclass
class Blob:
    """A block blob.

    Attributes:
        stamp: Of the last write.
        created: When its name was taken.
        body: None while there are blocks alone.
        properties: Standard headers by their name; only those that are set.
        metadata: Keys as they were written.
        blocks: That the body is made of, in order; none of a blob that was put whole.
        lease: Who may write.
        tier: ``Hot``, ``Cool``, ``Cold``, ``Archive``; None before there is a body.
        is_tier_inferred: Whether nobody has named the tier.
        tier_changed_at: When the tier was changed; None where it is not told.
        next_tier: What it is being rehydrated to.
        tier_at: When it will be there, in seconds of the service's clock.
    """

    stamp: Stamp
    created: datetime
    body: bytes | None = None
    properties: Mapping[str, str] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    blocks: tuple[Block, ...] = ()
    lease: Lease = field(default_factory=Lease)
    tier: str | None = None
    is_tier_inferred: bool = True
    tier_changed_at: datetime | None = None
    next_tier: str | None = None
    tier_at: float = 0.0

    @property
    def size(self) -> int:
        """In bytes."""
        return len(self.body or b"")

    @property
    def validators(self) -> tuple[str | None, datetime | None]:
        """The ETag and Last-Modified that conditions see: none of a blob that has blocks alone."""
        return (None, None) if self.body is None else (self.stamp.etag, self.stamp.modified_at)

    def go(self, now: float, moment: datetime) -> None:
        """Let its lease run out, and its rehydration end.

        Args:
            now: Seconds of the service's clock.
            moment: The same, aware UTC.
        """
        self.lease = self.lease.at(now)
        if self.next_tier is not None and now >= self.tier_at:
            self.tier, self.next_tier = self.next_tier, None
            self.tier_changed_at = moment - timedelta(seconds=now - self.tier_at)


@dataclass
class Container:
    """A container.

    Attributes:
        stamp: Of the last write of its own.
        metadata: Keys as they were written.
        blobs: By name.
        staged_blocks: Blocks that are not part of a blob yet, by blob and id, in the order of their arrival.
    """

    stamp: Stamp
    metadata: Mapping[str, str]
    blobs: dict[str, Blob] = field(default_factory=dict)
    staged_blocks: dict[str, dict[str, Block]] = field(default_factory=dict)


def md5(data: bytes) -> str:
    """Return the MD5 as ``Content-MD5`` has it."""
    return base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()


def in_order(name: str) -> bytes:
    """Return what to sort names by: their UTF-16 code units, as the service compares them."""
    return name.encode("utf-16-be", "surrogatepass")
