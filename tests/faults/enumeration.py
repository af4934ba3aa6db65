"""What can happen at one storage request, and a time that can be moved on for a worker and for the service together."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from enum import Enum
from typing import Any

from shared import clock
from shared.settings import Settings

SETTINGS = Settings()
GRACE = timedelta(seconds=3)
#: After this much every lease has lapsed and every due row has come up, whatever the whole seconds of a Date hide.
LAPSE_SECONDS = (SETTINGS.lease + SETTINGS.margin + GRACE).total_seconds() + 3.0
_TIMESTAMP = re.compile(rb'"Timestamp":"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})\d?Z"')
_LISTED = re.compile(rb"<Last-Modified>([^<]+)</Last-Modified><Etag>([^<]+)</Etag>")


class Strike(Enum):
    """What happens at one request of a worker, once."""

    DIED_BEFORE = "the process dies before it"
    DIED_AFTER = "applied, and the process dies"
    REPLY_LOST = "applied, and the connection breaks before the reply"
    REPLY_AND_LOOK_LOST = "the same, and the next request does not arrive either"
    CUT_EARLY = "applied, and the reply breaks off behind the first byte of its body"
    CUT_LATE = "applied, and the reply breaks off before the last byte of its body"
    ARRIVES_TWICE = "the request arrives twice, and the second answer is heard"
    BUSY_BEFORE = "not applied, and answered 503"
    BUSY_AFTER = "applied, and answered 503"
    THROTTLED = "not applied, and answered 429 with Retry-After"
    UNREACHABLE = "not applied: no connection"
    PAUSED_BEFORE = "the process sleeps past its lease before it, and a rival works"
    PAUSED_AFTER = "applied, the process sleeps past its lease before it sees the reply, and a rival works"
    PAUSED_UNHEARD = "the same, and then the connection breaks before the reply"
    OUT_BEFORE = "not applied, and nothing gets through until the worker gives up"
    OUT_AFTER = "applied, and nothing gets through after that until the worker gives up"

    @property
    def applies(self) -> bool:
        """Whether the service has the request before anything happens."""
        return self in _APPLIED

    @property
    def kills(self) -> bool:
        """Whether the process ends."""
        return self in (Strike.DIED_BEFORE, Strike.DIED_AFTER)

    @property
    def pauses(self) -> bool:
        """Whether a rival has its turn."""
        return self in (*PAUSES, Strike.PAUSED_UNHEARD)

    @property
    def lasts(self) -> bool:
        """Whether every later request of the worker fails too."""
        return self in (Strike.OUT_BEFORE, Strike.OUT_AFTER)


CUTS = (Strike.CUT_EARLY, Strike.CUT_LATE)
#: A read leaves nothing behind: for it, these are what they are before it.
WRITES_ONLY = (
    Strike.DIED_AFTER,
    *CUTS,
    Strike.ARRIVES_TWICE,
    Strike.BUSY_AFTER,
    Strike.PAUSED_UNHEARD,
    Strike.OUT_AFTER,
)
PAUSES = (Strike.PAUSED_BEFORE, Strike.PAUSED_AFTER)
_APPLIED = (
    Strike.DIED_AFTER,
    Strike.REPLY_LOST,
    Strike.REPLY_AND_LOOK_LOST,
    *CUTS,
    Strike.ARRIVES_TWICE,
    Strike.BUSY_AFTER,
    Strike.PAUSED_AFTER,
    Strike.PAUSED_UNHEARD,
    Strike.OUT_AFTER,
)


class Died(BaseException):
    """The process is no more: nothing but its own end may follow, and no ``except Exception`` stops it."""


class Time:
    """One time for all parties of a case, which can be moved on.

    Azurite's own clock can't be moved. So each reply is told anew: its ``Date``, and the ``Timestamp`` of rows and the
    ``Last-Modified`` of blobs listed in it by as much as time had been moved when they were written.
    """

    def __init__(self) -> None:
        self._moved: list[tuple[datetime, float]] = []
        self._blobs: dict[bytes, float] = {}
        self._seconds = 0.0

    def __call__(self) -> float:
        """Return monotonic seconds."""
        return clock.monotonic() + self._seconds

    def go(self, seconds: float) -> None:
        """Move on, for everybody."""
        self._seconds += seconds
        now = datetime.now(UTC)
        self._moved.append((now.replace(microsecond=now.microsecond // 1000 * 1000), self._seconds))

    def tell(self, reply: Any) -> None:  # noqa: ANN401 - as the transports have it
        """Move a reply's ``Date``, ``Timestamp`` and ``Last-Modified`` to this time."""
        reply.headers["Date"] = _later(reply.headers["Date"], self._seconds)
        if reply.request.method == "PUT" and "ETag" in reply.headers:
            self._blobs[reply.headers["ETag"].strip('"').encode()] = self._seconds
        if reply.request.method == "GET" and reply._content is not None:
            reply._content = _LISTED.sub(self._listed, _TIMESTAMP.sub(self._stamped, reply._content))

    def _listed(self, found: re.Match[bytes]) -> bytes:
        """Tell when a blob was written: a whole second, too coarse to look it up, so its ETag says by how much."""
        moved = self._blobs.get(found[2], 0.0)
        return found[0].replace(found[1], _later(found[1].decode(), moved).encode())

    def _stamped(self, found: re.Match[bytes]) -> bytes:
        written = datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC)
        moved = max((seconds for at, seconds in self._moved if at <= written), default=0.0)
        told = written + timedelta(seconds=moved)
        return b'"Timestamp":"%s0Z"' % told.strftime("%Y-%m-%dT%H:%M:%S.%f").encode()


def _later(date: str, seconds: float) -> str:
    """Move a date as HTTP has it, by whole seconds."""
    return format_datetime(parsedate_to_datetime(date) + timedelta(seconds=int(seconds)), usegmt=True)
