"""One JSON line an event: what operators search for.

``extra`` fields of a log record never reach Application Insights from a Python worker, so the fields are in the message
itself.
"""

import json
import logging
from collections.abc import Mapping
from enum import StrEnum
from logging import ERROR, INFO, WARNING
from typing import Self

LOGGER = logging.getLogger("darkroom")

#: What each field of an event means. ``…`` is one count for each outcome, by its name.
FIELDS: Mapping[str, str] = {
    "action": "what an operator does: cancel, redrive, delete, purge, walk, redrive_rejected or delete_rejected",
    "actions": "actions of operators that are deleted from their log",
    "chore": "what the worker does again and again: sweep, reconcile or purge",
    "code": "why a job has an error, or a message was rejected",
    "complete": "whether the walk has reached the end of the container",
    "conflicts": "jobs that purge has skipped: they have changed, or can't be read",
    "container": "the container of the blob",
    "count": "events of the message with this reason",
    "error": "what went wrong: a sentence, or the name of an exception",
    "flow": "the images whose names begin with the same path segment",
    "ignored": "blobs that mark a folder",
    "job": "job id",
    "jobs": "jobs that are deleted",
    "key": "role and name of the API key",
    "layers": "the layers of confinement that hold",
    "left": "whether more is due than the run had time for",
    "lock": "name of the lock",
    "locked_out": "whether another run holds the lock, so that this one did nothing",
    "missed": "images that no event has announced; they are recorded now",
    "messages": "messages that the worker has had in hand",
    "operation": "the `operationId` of the API's call",
    "oldest_due_age_seconds": "how long the oldest due job was due when the sweep began",
    "owner": "who works: trigger and invocation, or the name of a worker",
    "path": "path of the request",
    "pause": "seconds until it is started again",
    "principal": "role and name of who has signed in",
    "process": "number of a process, from 0",
    "raised": "exceptions in this sweep",
    "reason": "why the event is ignored",
    "ref": "container and name of the image, or the reference of another job",
    "refused": "the layers of confinement that the platform refuses, with its reasons",
    "rejected": "rejected messages that are deleted",
    "reopened": "jobs that run again, because their blobs have left the archive",
    "seconds": "how long the message is invisible",
    "seen": "blobs that the walk has passed",
    "slots": "messages that are worked on at once",
    "status": "exit status of a process, or a signal's number below 0",
    "thumbnails": "thumbnails that are deleted",
    "token": "fencing token of the claim",
    "unsent": "due jobs whose messages are not sent",
    "unstarted": "due jobs that the sweep had no time for",
    "vanished": "blobs that were deleted during the walk",
    "…": "one count for each outcome",
}


class LogEvent(StrEnum):
    """Every event that Darkroom logs; the value is ``event`` in the log.

    Attributes:
        level: At which it is logged, where the caller says nothing else.
        fields: Names of what it may say, all of them in ``FIELDS``.
        meaning: What has happened.
        advice: What an operator does about it; empty for nothing.
    """

    level: int
    fields: frozenset[str]
    meaning: str
    advice: str

    def __new__(cls, event: str, level: int, fields: str, meaning: str, advice: str = "") -> Self:
        """Make a member of its five facts."""
        member = str.__new__(cls, event)
        member._value_, member.level, member.meaning, member.advice = event, level, meaning, advice
        member.fields = frozenset(fields.split())
        return member

    RECORDED = "job recorded", INFO, "job ref", "The table has a new job."
    DUPLICATE = "event was a duplicate", INFO, "job ref", "The image version has a job already."
    UNCHANGED = (
        *("only metadata has changed: not analysed again", INFO, "job ref"),
        "The blob has a new ETag and the same content. The earlier job counts for it too.",
    )
    VANISHED = "blob vanished before it was recorded", INFO, "ref", "The blob was deleted right after its event."
    IGNORED = (
        *("event ignored", INFO, "reason ref container count"),
        "The event does not ask for an analysis.",
        "If you did not expect the reason, check the event subscription.",
    )
    DEFERRED = (
        *("message sent to the tail: its prefix takes more than its share", INFO, "job flow seconds"),
        "Many slow images have the same prefix, so that others go first.",
        "If it goes on for hours, add instances or lower the limits on images.",
    )
    CLAIMED = "job claimed", INFO, "job ref owner token", "A worker has claimed the job and begins to work."
    COMPLETED = "job completed", INFO, "job ref token", "The report is committed."
    ENDED = (
        *("job ended", INFO, "job ref token code"),
        "The job is FAILED or CANCELED.",
        "Look the code up in design.md, remove the cause, and redrive the job.",
    )
    RETRIED = "job will be retried", INFO, "job ref token code", "The attempt failed. The job waits for the next one."
    REDRIVEN = "job redriven", INFO, "job ref", "An operator has opened the job again."
    REOPENED = "job reopened: its blob has left the archive", INFO, "job ref", "The blob can be read again."
    ABANDONED = (
        *("job given back: the attempt does not count", WARNING, "job ref token code"),
        "A worker gave the job back: storage failed, no child process could be started, or a worker outside stopped.",
        "Look the code up in design.md.",
    )
    CRASHED = (
        *("handler raised an exception", ERROR, "job error"),
        "The code of a handler is wrong. The attempt counts.",
        "Read the traceback in the line before, and correct the code.",
    )
    REFUSED = (
        *("report refused: the claim was lost", WARNING, "job token"),
        "A worker reported too late. Another worker has the job, so that nothing is done twice.",
        "If it happens often, give workers more processor time, or raise LEASE_SECONDS.",
    )
    RENEWAL_FAILED = (
        *("lease could not be renewed", WARNING, "error"),
        "Storage did not answer. The lease lapses unless a later renewal works.",
        "If it happens often, check the storage account.",
    )
    REJECTED = (
        *("message rejected", WARNING, "code"),
        "A message names nothing that exists. The table keeps it, with the reason.",
        "Run `darkroom rejected`.",
    )
    LEFT = "poison message left to the sweep", INFO, "job", "Its job lives. The sweep makes the next attempt."
    SWEPT = (
        *("sweep done", INFO, "unstarted raised oldest_due_age_seconds …"),
        "The sweep has worked on due jobs.",
        "If `unstarted` stays above 0, or `oldest_due_age_seconds` grows, add instances or raise SWEEP_PARALLELISM.",
    )
    PURGED = (
        *("purge done", INFO, "jobs rejected actions thumbnails conflicts left locked_out"),
        "Jobs, rejected messages and actions past their retention are deleted.",
        "If `left` stays true, raise PURGE_BUDGET_SECONDS.",
    )
    OPERATED = (
        *("operator call", INFO, "operation key principal path"),
        "A call was allowed that only operators may make.",
        "If you do not know the key, remove it from API_KEYS; who has signed in, take the role away from.",
    )
    BACKLOG = (
        *("queue is long: messages are held back", INFO, "unsent"),
        "The queue has MAX_BACKLOG messages. The next sweeps send the rest.",
    )
    RECONCILED = (
        *("reconcile done", INFO, "seen missed vanished ignored reopened complete"),
        "One slice of the walk through the container is done. It is a warning if `missed` is above 0.",
        "If `missed` is above 0 after the first walk, check how blob events are delivered.",
    )
    NOT_CREATED = (
        *("storage could not be prepared", WARNING, "error"),
        "A table, queue or container is missing and could not be created.",
        "Run `darkroom init` with an identity that may create it.",
    )
    LOCKED_OUT = "skipped: the lock is held", INFO, "lock", "Another instance does the timer's work."
    CONFINED = (
        *("first child process started", INFO, "layers refused"),
        "The instance is ready to analyse. It is a warning if a layer is missing that containers usually grant.",
        "Run on a platform that grants the missing layer.",
    )
    REQUEST_FAILED = (
        *("request failed", ERROR, "error"),
        "A request has met a bug in the API. The response is 500.",
        "Report it, with the name of the error.",
    )
    UNWRITABLE = (
        *("storage refused the content of a row", ERROR, "job error"),
        "The job can't be written as it is. Its lease lapses, and the attempt counts.",
        "Report it, with the error.",
    )
    NOT_POLLED = (
        *("queue could not be read", WARNING, "error"),
        "The worker looks again soon.",
        "If it happens often, check the storage account.",
    )
    MESSAGE_FAILED = (
        *("message failed: it comes back", WARNING, "error"),
        "What the message asks for has met an outage or a bug. It is received again after 10 seconds.",
        "If the error is no outage, report it.",
    )
    CHORE_FAILED = (
        *("chore of the worker failed", WARNING, "chore error"),
        "A sweep, walk or purge has met an outage or a bug. The next one goes on.",
        "If the error is no outage, report it.",
    )
    WORKER_STARTED = "worker started", INFO, "owner slots", "A worker outside Functions consumes the queue."
    WORKER_STOPPED = "worker stopped", INFO, "owner messages", "Nothing is under way in it any more."
    WORKER_CUT_SHORT = (
        *("worker ended before all was settled", WARNING, ""),
        "The time to drain was over, or a second signal came. Leases bring back what it had in hand.",
        "If it happens often, raise --drain.",
    )
    PROCESS_ENDED = (
        *("process of the worker ended: it is started again", WARNING, "process status pause"),
        "One of --processes has died.",
        "If it happens often, look at the lines before, or give the worker more memory.",
    )
    ACTION_OPEN = (
        *("end of an action could not be kept", WARNING, "action"),
        "Storage did not answer when an operator's action was over. `GET /actions` shows it without a result.",
        "The caller was told what came of it. If it happens often, check the storage account.",
    )
    UNTRACED = (
        *("tracing is off, although it was asked for", WARNING, "error"),
        "A package is missing, or an exporter can't be built. No spans are made. All else works.",
        "Install the package that `error` names, or correct the variables of the exporter: see tracing.md.",
    )
    UNANNOUNCED = (
        *("message could not be sent: the sweep will find the job", WARNING, "job error"),
        "The queue did not take the message. The job starts later.",
        "If it happens often, check the queue.",
    )


def emit(event: LogEvent, *, level: int | None = None, **fields: object) -> None:
    """Log one event.

    Args:
        event: What happened.
        level: Of ``logging``; the event's own by default.
        fields: Facts, None ones left out; never bytes of an image, EXIF, keys or paths of a machine.
    """
    level = event.level if level is None else level
    if LOGGER.isEnabledFor(level):
        facts = {name: value for name, value in fields.items() if value is not None}
        LOGGER.log(level, "%s", json.dumps({"event": event.value, **facts}, default=str, ensure_ascii=False))
