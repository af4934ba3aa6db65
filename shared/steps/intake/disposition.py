"""What became of a message, or of one thing that it names, where no image was recorded and no job worked on."""

from enum import StrEnum


class Disposition(StrEnum):
    """Each is an end that needs nothing more from the caller."""

    IGNORED = "ignored"  #: an event that asks for nothing, on purpose; the log has the reason
    GONE = "gone"  #: the blob has vanished since the event; nothing to record
    REJECTED = "rejected"  #: it names nothing real; it is kept with the reason
    UNREADABLE = "unreadable"  #: the blob is there and is not given now; it is kept with the reason
    LIVE = "live"  #: the job waits or is worked on; its message was sent again
    ENDED = "ended"  #: the job had ended before
    LEFT = "left"  #: left to the job's due row, or to instances of a newer release
    DEFERRED = "deferred"  #: its message went to the tail of the queue, so that others have their turn
    UNKNOWN = "unknown"  #: no such text
