"""One JSON line an event: what operators search for.

``extra`` fields of a log record never reach Application Insights from a Python worker, so the fields stand in the
message itself.
"""

import json
import logging
from enum import StrEnum

LOGGER = logging.getLogger("darkroom")


class LogEvent(StrEnum):
    """Every event that Darkroom logs, with what it means."""

    RECORDED = "job recorded"
    DUPLICATE = "event was a duplicate"
    UNCHANGED = "only metadata has changed: not analysed again"
    VANISHED = "blob vanished before it was recorded"
    IGNORED = "event ignored, on purpose"
    DEFERRED = "message sent to the tail: its prefix takes more than its share"
    CLAIMED = "analysis started"
    COMPLETED = "job completed"
    ENDED = "job ended"
    RETRIED = "job will be retried"
    REDRIVEN = "job opened again by hand"
    REOPENED = "job opened again: its blob has left the archive"
    ABANDONED = "job given back, uncounted: storage was out"
    CRASHED = "handler raised"
    REFUSED = "report refused: the claim was lost"
    RENEWAL_FAILED = "lease could not be renewed"
    REJECTED = "message rejected"
    LEFT = "message left to its due row"
    SWEPT = "sweep done"
    PURGED = "purge done"
    OPERATED = "call for operators alone"
    BACKLOG = "queue is long: messages are held back"
    RECONCILED = "reconcile walked"
    NOT_CREATED = "storage could not be prepared"
    LOCKED_OUT = "skipped: the lock is held"
    CONFINED = "first child process started: how it is confined"
    UNWRITABLE = "storage refuses what a row would hold"
    UNANNOUNCED = "message could not be sent: the sweep will find the job"


def emit(event: LogEvent, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one event.

    Args:
        event: What happened.
        level: Of ``logging``.
        fields: Facts, None ones left out; never bytes of an image, EXIF, keys or paths of a machine.
    """
    if LOGGER.isEnabledFor(level):
        given = {name: value for name, value in fields.items() if value is not None}
        line = json.dumps({"event": event.value, **given}, default=str, ensure_ascii=False)
        LOGGER.log(level, "%s", line)
