"""Work for jobs of any type: a function that gets a context and returns the result.

A function is registered by type, before the first trigger is called: at the top of ``function_app.py``, or in a module
that is imported there::

    from shared.handlers import Context, handler_for

    @handler_for("word-count")
    def count_words(job: Context) -> dict[str, int]:
        return {"words": len(job.job.params["text"].split())}

Queue and timer then run its jobs as they run image analyses, which are work of the same kind. A function may be called
again for the same job, after a crash; what it returns is committed once. What it does elsewhere should bear
``idempotency_key``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Protocol

from shared.errors import DarkroomError, InvalidReference
from shared.rules.ids import TYPE
from shared.rules.jobs import Event, Job


class Context(Protocol):
    """One attempt at one job, as its handler sees it."""

    @property
    def job(self) -> Job:
        """The job: its ``ref``, its ``params`` and the rest."""

    @property
    def lost(self) -> bool:
        """Whether to stop: the claim has gone to another, or may go at any moment; the result may be refused."""

    @property
    def cursor(self) -> str | None:
        """Where an earlier attempt has left off, in its own words; None for the beginning."""

    @property
    def idempotency_key(self) -> str:
        """Text that is the same at every attempt at this job, and at no other job's."""

    def read(self, ref: str | None = None) -> bytes:
        """Read a blob, all of it, as it is stored now; never more than ``MAX_BYTES``.

        Args:
            ref: ``container/name`` in the account of the images; the job's own ``ref`` without it.

        Raises:
            FailJob: ``blob_gone``, ``too_many_bytes``, ``invalid_reference`` or ``blob_unreadable``.
            RetryJob: ``blob_unreadable``, where that may pass.
            StorageOut: Storage is out.

        Costs: 1 read.
        """

    def progress(self, share: float, *, cursor: str | None = None) -> None:
        """Tell how much is done, 0 to 1, and where another attempt may go on; stored at the next renewal."""


def _nothing() -> None:
    """Take nothing back."""


@dataclass(frozen=True)
class Completion:
    """What a handler returns that has more to say than its result.

    Attributes:
        result: JSON values; up to 32,768 UTF-16 units of them.
        thumbnail: Bytes that go into the job row beside it; at most 64 KiB.
        undo: Takes back what this attempt has published, called when another worker's commit stands.
    """

    result: Mapping[str, Any]
    thumbnail: bytes | None = None
    undo: Callable[[], None] = _nothing


#: Work of one type.
Handler = Callable[[Context], Completion | Mapping[str, Any] | None]


class FailJob(DarkroomError):
    """End the job as FAILED: another attempt would meet the same.

    Args:
        code: Why, lower case with underscores.
        message: One sentence for a person; no path, key or stack.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class RetryJob(DarkroomError):
    """Give the job back: the failure may pass.

    Args:
        code: Why, lower case with underscores.
        message: One sentence for a person; no path, key or stack.
        delay: Until the next attempt; by the back-off of the settings without it.
    """

    def __init__(self, code: str, message: str, *, delay: timedelta | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.delay = delay


class CancelJob(DarkroomError):
    """End the job as CANCELED: what it was about is gone or replaced.

    Args:
        code: Why, lower case with underscores.
        message: One sentence for a person; no path, key or stack.
        event: CANCEL or SUPERSEDE.
    """

    def __init__(self, code: str, message: str, *, event: Event = Event.CANCEL) -> None:
        super().__init__(message)
        self.code = code
        self.event = event


_handlers: dict[str, Handler] = {}


def handler_for(kind: str) -> Callable[[Handler], Handler]:
    """Register the decorated function for a type of job.

    Args:
        kind: The type, ``[a-z][a-z0-9-]{0,30}``.

    Raises:
        InvalidReference: The type is of another form, or has a handler already.
    """
    if not TYPE.fullmatch(kind):
        raise InvalidReference("The type must be a lower-case letter followed by up to 30 of a-z, 0-9 and hyphens.")
    if kind in _handlers:
        raise InvalidReference(f"The type {kind} already has a handler.")

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def all_handlers() -> Mapping[str, Handler]:
    """Return what is registered so far, by type."""
    return MappingProxyType(dict(_handlers))
