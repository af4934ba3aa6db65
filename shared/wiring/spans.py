"""Spans of OpenTelemetry. Loaded only where tracing is on: see ``shared.wiring.tracing``."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry import context as contexts
from opentelemetry import trace as api
from opentelemetry.context import Context
from opentelemetry.trace import Link, NonRecordingSpan, SpanContext, SpanKind, StatusCode, TraceFlags, TracerProvider

from shared import invocation
from shared.errors import DarkroomError
from shared.tracing import FACTS, Operation, is_sampled, valid_traceparent

#: Of the semantic conventions that the attributes are from.
SCHEMA = "https://opentelemetry.io/schemas/1.37.0"
#: The job table, as a system of messages.
SYSTEM = "darkroom"


class OpenSpan:
    """A span that has begun; see ``shared.tracing.Span``."""

    def __init__(self, span: api.Span) -> None:
        self.span = span

    @property
    def traceparent(self) -> str:
        """W3C trace context of it."""
        context = self.span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"

    def note(self, **facts: object) -> None:
        """Say more of it."""
        self.span.set_attributes(_attributes(facts))

    def fail(self, code: str) -> None:
        """Say that it has failed."""
        self.note(code=code)
        self.span.set_status(StatusCode.ERROR)

    def end(self) -> None:
        """End it."""
        self.span.end()


class SpanTracer:
    """Makes spans; see ``shared.tracing.Tracer``.

    Args:
        provider: Who samples and exports them.
    """

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("darkroom", schema_url=SCHEMA)

    def start(self, operation: Operation, subject: str, *, trace: str | None = None, **facts: object) -> OpenSpan:
        """Begin an operation."""
        parent, links = _cause(trace)
        conventions = {
            "messaging.system": SYSTEM,
            "messaging.destination.name": subject,
            "messaging.operation.name": operation.value,
            "messaging.operation.type": operation.messaging,
        }
        span = self._tracer.start_span(
            f"{operation.value} {subject}",
            context=parent,
            kind=SpanKind[operation.kind.value],
            attributes={**(conventions if operation.messaging else {}), **_attributes(facts)},
            links=links,
        )
        return OpenSpan(span)

    @contextmanager
    def span(
        self, operation: Operation, subject: str, *, trace: str | None = None, **facts: object
    ) -> Iterator[OpenSpan]:
        """Do what is in the ``with`` block as one operation."""
        begun = self.start(operation, subject, trace=trace, **facts)
        try:
            with api.use_span(begun.span, record_exception=False, set_status_on_exception=False):
                yield begun
        except Exception as error:
            # Neither its text nor its trace: they may name what no log line does.
            code = getattr(error, "code", None) if isinstance(error, DarkroomError) else None
            begun.fail(code if isinstance(code, str) else type(error).__name__)
            raise
        finally:
            begun.end()

    @contextmanager
    def under(self, traceparent: str) -> Iterator[None]:
        """Do what is in the ``with`` block as a part of the trace that a message names."""
        token = contexts.attach(_within(_context_of(traceparent)))
        try:
            yield
        finally:
            contexts.detach(token)


def _cause(trace: str | None) -> tuple[Context | None, tuple[Link, ...]]:
    """Return what is above a span, and what is linked to it."""
    running, own = _running(), None if valid_traceparent(trace) is None else _context_of(str(trace))
    if own is not None and (running is None or running.trace_id != own.trace_id):
        return _within(own), () if running is None else (Link(running),)
    return None if running is None else _within(running), ()


def _running() -> SpanContext | None:
    """Return the span that runs here: one of this process, or else the one under which the host runs the invocation."""
    found = api.get_current_span().get_span_context()
    if found.is_valid:
        return found
    # A host that exports nothing itself says that nothing is sampled: then there is no span of its to be under.
    outer = valid_traceparent(invocation.traceparent())
    return _context_of(outer) if outer is not None and is_sampled(outer) else None


def _context_of(traceparent: str) -> SpanContext:
    _, trace_id, span_id, flags = traceparent.split("-")
    return SpanContext(int(trace_id, 16), int(span_id, 16), is_remote=True, trace_flags=TraceFlags(int(flags, 16)))


def _within(parent: SpanContext) -> Context:
    running = api.get_current_span()
    span = running if running.get_span_context() == parent else NonRecordingSpan(parent)
    return api.set_span_in_context(span)


def _attributes(facts: Mapping[str, object]) -> dict[str, str | int]:
    return {
        FACTS[name][0]: value if isinstance(value, int) else str(value)
        for name, value in facts.items()
        if value is not None
    }
