"""How a step ended. Outcomes are values; errors are for the host."""

from enum import StrEnum


class Outcome(StrEnum):
    """What became of a job in one call; each is an end that needs nothing more from the caller."""

    RECORDED = "recorded"  #: a new job stands in the table
    DUPLICATE = "duplicate"  #: this version was recorded before
    UNCHANGED = "unchanged"  #: a newer version of the same content: its job stands for it as well
    COMPLETED = "completed"  #: this call committed the report
    FAILED = "failed"  #: this call ended the job by an error
    CANCELED = "canceled"  #: this call ended the job: its blob is gone, or newer
    DEFERRED = "deferred"  #: its message went to the tail of the queue, so that others have their turn
    RETRIED = "retried"  #: this call gave the job back, to be claimed later
    LOST = "lost"  #: the claim went to another worker before this one had finished
    BUSY = "busy"  #: another worker holds the job; its due row brings it back if that one dies
    NOT_DUE = "not due"  #: its back-off is not over; its due row brings it back
    ENDED = "ended"  #: the job had ended before this call
    LEFT = "left"  #: left to its due row, or to instances of a newer release
    REJECTED = "rejected"  #: the message names nothing real; it is kept with the reason
    UNREADABLE = "unreadable"  #: the blob is there and is not given now; it is kept with the reason
    PAUSED = "paused"  #: ``DISPATCH=off``
    UNKNOWN = "unknown"  #: no such job
    GONE = "gone"  #: the blob has vanished since the event; nothing to record
    IGNORED = "ignored"  #: an event that asks for nothing, on purpose; the log has the reason
    ANNOUNCED = "announced"  #: this call moved the due row on and sent the job's message again
    REDRIVEN = "redriven"  #: this call opened the job again
    LIVE = "live"  #: the job waits or is worked on; there is nothing to open again
    OUTDATED = "outdated"  #: a newer version of the job's reference is recorded; that one counts
