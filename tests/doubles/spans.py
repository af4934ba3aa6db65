"""Spans as a collector would get them, and a world that makes some."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from shared.handlers import Handler
from shared.wiring.analyst import build_analyst
from shared.wiring.spans import SpanTracer
from shared.wiring.tracing import add_spans
from tests.collector import Node
from tests.doubles.world import World


class SpanWorld(World):
    """A world whose process traces.

    Args:
        handlers: As ``World`` has them.
        provider: Whose exporters get its spans too; one without any by default.
        environ: App settings.

    Attributes:
        provider: Has its spans exported.
        tracer: Makes them.
    """

    def __init__(
        self, handlers: dict[str, Handler] | None = None, /, *, provider: TracerProvider | None = None, **environ: str
    ) -> None:
        super().__init__(handlers, **environ)
        self._exporter, self.provider = InMemorySpanExporter(), provider or TracerProvider(shutdown_on_exit=False)
        self.provider.add_span_processor(SimpleSpanProcessor(self._exporter))
        self.tracer = SpanTracer(self.provider)
        self.darkroom = replace(
            self.darkroom,
            analyst=build_analyst(self.settings, self.clock, self.tracer),
            storage=add_spans(self.storage, self.tracer, queue=self.settings.job_queue),
            tracer=self.tracer,
        )

    def spans(self, name: str = "") -> list[ReadableSpan]:
        """Return the spans that have ended, in the order of their beginning, perhaps only those of an operation."""
        spans = sorted(self._exporter.get_finished_spans(), key=lambda span: span.start_time or 0)
        return [span for span in spans if not name or span.name.split()[0] == name]

    def span(self, name: str) -> ReadableSpan:
        """Return the only span of an operation."""
        (span,) = self.spans(name)
        return span


def nodes(spans: Iterable[ReadableSpan]) -> list[Node]:
    """Return spans as a collector knows them."""
    return [
        Node(
            *(span.name, f"{span.context.span_id:016x}", f"{span.parent.span_id:016x}" if span.parent else ""),
            *(f"{span.context.trace_id:032x}", span.start_time or 0),
        )
        for span in spans
        if span.context
    ]


def facts(span: ReadableSpan) -> dict[str, object]:
    """Return the attributes of a span that the conventions do not have."""
    return {name: value for name, value in (span.attributes or {}).items() if not name.startswith("messaging.")}


def traces(spans: Sequence[ReadableSpan]) -> set[int]:
    """Return the ids of the traces that spans belong to."""
    return {span.context.trace_id for span in spans if span.context}


def traceparent(span: ReadableSpan) -> str:
    """Return the W3C trace context of a span."""
    context = span.context
    assert context is not None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{context.trace_flags:02x}"
