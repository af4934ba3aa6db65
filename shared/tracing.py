"""Spans: what this process tells OpenTelemetry of its work, where tracing is on. docs/tracing.md has the whole picture.

Everything about one job is one trace: its row carries the context of the span that has added it. Nothing here knows
OpenTelemetry; without tracing ``OFF`` takes the place of all of it.
"""

import re
from collections.abc import Mapping
from contextlib import AbstractContextManager
from enum import StrEnum
from types import TracebackType
from typing import Protocol, Self

#: Of W3C Trace Context, version 00; ids of zeros alone are no ids.
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")

#: What a span may say, by its name here: the attribute, and what it means.
FACTS: Mapping[str, tuple[str, str]] = {
    "job": ("messaging.message.id", "job id"),
    "token": ("darkroom.token", "fencing token of the claim: the number of the attempt, mostly"),
    "owner": ("darkroom.owner", "who works: trigger and invocation, or the name of a worker"),
    "outcome": ("darkroom.outcome", "how the attempt ended"),
    "code": ("error.type", "the error code; the status is then an error"),
    "lapsed_token": ("darkroom.lapsed.token", "token of an attempt whose lease has lapsed: its worker crashed or hung"),
    "lapsed_owner": ("darkroom.lapsed.owner", "who worked then"),
    "size_bytes": ("darkroom.image.size", "bytes of the image"),
}


class Kind(StrEnum):
    """What a span is to the spans around it, as OpenTelemetry has it."""

    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"
    CLIENT = "CLIENT"
    INTERNAL = "INTERNAL"


class Operation(StrEnum):
    """What a span is about; the value begins its name. Those of a job's row are called like the event that moves it.

    Attributes:
        kind: What it is to the spans around it.
        messaging: ``messaging.operation.type`` of the semantic conventions; empty where they have none.
        meaning: What happens while it lasts.
    """

    kind: Kind
    messaging: str
    meaning: str

    def __new__(cls, operation: str, kind: Kind, messaging: str, meaning: str) -> Self:
        """Make a member of its four facts."""
        member = str.__new__(cls, operation)
        member._value_, member.kind, member.messaging, member.meaning = operation, kind, messaging, meaning
        return member

    ADD = (
        "add",
        Kind.PRODUCER,
        "create",
        "the job's row is written, for the first time; the job's other spans follow it",
    )
    SEND = "send", Kind.PRODUCER, "send", "a message of the job is put into the queue"
    CLAIM = "claim", Kind.CLIENT, "receive", "a worker claims the job: one for each attempt"
    PROCESS = "process", Kind.CONSUMER, "process", "this app makes an attempt, from its claim to its end"
    ANALYZE = "analyze", Kind.INTERNAL, "", "a child process analyses the image"
    COMPLETE = "complete", Kind.CLIENT, "settle", "the result is committed"
    RETRY = "retry", Kind.CLIENT, "settle", "the attempt has failed; the job waits for the next one"
    ABANDON = "abandon", Kind.CLIENT, "settle", "the job is given back, and the attempt does not count"
    FAIL = "fail", Kind.CLIENT, "settle", "the job ends by an error"
    CANCEL = "cancel", Kind.CLIENT, "settle", "the job is canceled, or its subject is gone"
    SUPERSEDE = "supersede", Kind.CLIENT, "settle", "a newer version of the image ends the job"
    EXHAUST = "exhaust", Kind.CLIENT, "settle", "the job ends, since its attempts or its time are used up"
    BURY = "bury", Kind.CLIENT, "settle", "the job ends, since its message became poison and its attempts are used up"
    REDRIVE = "redrive", Kind.PRODUCER, "create", "the job is opened again"
    RESCHEDULE = "reschedule", Kind.INTERNAL, "", "the sweep will look at the job later, or sooner"
    RETAG = "retag", Kind.INTERNAL, "", "the job comes to stand for a newer version with the same content"


class Span(Protocol):
    """One operation, while it lasts."""

    @property
    def traceparent(self) -> str | None:
        """W3C trace context of it, for whoever goes on; the one that was given to it where tracing is off."""

    def note(self, **facts: object) -> None:
        """Say more of it: facts of ``FACTS``."""

    def fail(self, code: str) -> None:
        """Say that it has failed, by an error code or the name of an error."""

    def end(self) -> None:
        """End it; one that never ends was never there."""


class Tracer(Protocol):
    """Where spans are made.

    A span whose operation is about a job belongs to the job's trace. The span that runs is above it if it is of that
    trace, and else is linked, and the one that has added the job is above it.
    """

    def start(self, operation: Operation, subject: str, *, trace: str | None = None, **facts: object) -> Span:
        """Begin an operation.

        Args:
            operation: What it is.
            subject: What it is done to, for its name: the type of a job, or a queue.
            trace: W3C trace context of the trace that it belongs to; that of the span that runs without it.
            facts: Of ``FACTS``; None ones are left out.
        """

    def span(
        self, operation: Operation, subject: str, *, trace: str | None = None, **facts: object
    ) -> AbstractContextManager[Span]:
        """Do what is in the ``with`` block as one operation. An error that leaves the block is its failure."""

    def under(self, traceparent: str) -> AbstractContextManager[object]:
        """Do what is in the ``with`` block as a part of the trace that a message names."""


class _NoSpan:
    """What tells nothing to nobody, as a span and as the ``with`` block of one."""

    def __init__(self, traceparent: str | None) -> None:
        self.traceparent = traceparent

    def note(self, **facts: object) -> None:
        """Say nothing."""

    def fail(self, code: str) -> None:
        """Say nothing."""

    def end(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        """Begin nothing."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End nothing."""


class _NoTracer:
    """Makes no spans. A trace context that came in goes on all the same, for others who make some."""

    def start(self, operation: Operation, subject: str, *, trace: str | None = None, **facts: object) -> _NoSpan:  # noqa: ARG002 - a tracer
        """Begin nothing."""
        return _NoSpan(trace)

    def span(self, operation: Operation, subject: str, *, trace: str | None = None, **facts: object) -> _NoSpan:  # noqa: ARG002 - a tracer
        """Begin nothing."""
        return _NoSpan(trace)

    def under(self, traceparent: str) -> _NoSpan:
        """Change nothing."""
        return _NoSpan(traceparent)


#: For processes that trace nothing.
OFF: Tracer = _NoTracer()


def valid_traceparent(value: object) -> str | None:
    """Return a W3C trace context, 55 characters; None for all else, which the standard has everybody ignore."""
    return value if isinstance(value, str) and _TRACEPARENT.fullmatch(value) else None


def is_sampled(traceparent: str) -> bool:
    """Say whether the span of a valid trace context is recorded by whoever has made it."""
    return int(traceparent[-2:], 16) & 1 == 1
