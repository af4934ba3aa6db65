"""What can happen at one storage request, and how long a lease and all that waits for it takes."""

from datetime import timedelta
from enum import Enum

from shared.settings.settings import Settings

SETTINGS = Settings()
GRACE = timedelta(seconds=3)
#: After this much every lease has lapsed and every due row has come up, whatever the whole seconds of a Date hide.
LAPSE_SECONDS = (SETTINGS.lease + SETTINGS.margin + GRACE).total_seconds() + 3.0


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
#: At a read, each of these makes the SDK ask again, and nothing else.
ASKED_AGAIN = (Strike.REPLY_LOST, Strike.BUSY_BEFORE, Strike.THROTTLED, Strike.UNREACHABLE)
PAUSES = (Strike.PAUSED_BEFORE, Strike.PAUSED_AFTER)
_APPLIED = (*WRITES_ONLY, Strike.REPLY_LOST, Strike.REPLY_AND_LOOK_LOST, Strike.PAUSED_AFTER)


class Died(BaseException):
    """The process is no more: nothing but its own end may follow, and no ``except Exception`` stops it."""
