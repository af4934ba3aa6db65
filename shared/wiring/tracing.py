"""Whether this process traces, and where its spans go: the environment variables of OpenTelemetry alone say so.

Source:
    https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/; read 2026-11.
"""

import atexit
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from threading import Event, Lock
from typing import Any

from shared import invocation
from shared.analysis.analyst import Engine
from shared.ports.storage import Storage
from shared.telemetry import LogEvent, emit
from shared.tracing import OFF, Tracer

#: Seconds for which the end of a process waits until its last spans are sent.
LAST_SECONDS = 2.0
_ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PROTOCOLS = ("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL", "OTEL_EXPORTER_OTLP_PROTOCOL")
#: What the exporter of each protocol of OTLP is called by its package.
_OTLP = {"http/protobuf": "otlp_proto_http", "grpc": "otlp_proto_grpc"}
_PACKAGES = {
    "console": "opentelemetry-sdk",
    "otlp_proto_http": "opentelemetry-exporter-otlp-proto-http",
    "otlp_proto_grpc": "opentelemetry-exporter-otlp-proto-grpc",
    "azure_monitor_opentelemetry_exporter": "azure-monitor-opentelemetry-exporter",
}
_guard = Lock()


def exporters(environ: Mapping[str, str]) -> list[str]:
    """Return the names of the exporters that the environment asks for; none where tracing is off.

    The standard's default, OTLP to this machine, counts only where one of these variables is there: else every process
    that has the packages would look for a collector.
    """
    names = [name for each in environ.get("OTEL_TRACES_EXPORTER", "").split(",") if (name := each.strip())]
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true" or names == ["none"]:
        return []
    if not names and not any(environ.get(name) for name in _ENDPOINTS):
        return []
    protocol = next(filter(None, map(environ.get, _PROTOCOLS)), "http/protobuf")
    return [_OTLP.get(protocol, protocol) if name == "otlp" else name for name in names or ["otlp"]]


def open_tracer(environ: Mapping[str, str]) -> Tracer:
    """Return what makes the spans of this process. Whatever goes wrong is logged, and work goes on without spans."""
    names = exporters(environ)
    if not names:
        return OFF
    # The SDK reads its variables from the process alone, and ours may come from a file.
    for name, value in environ.items():
        if name.startswith("OTEL_"):
            os.environ.setdefault(name, value)
    with _guard:
        return _open_or_log(tuple(names))


@cache
def _open_or_log(names: Sequence[str]) -> Tracer:
    """Open it once a process: the API asks before its first request, the steps when they are built."""
    try:
        return _open(names)
    except ImportError:
        packages = dict.fromkeys(["opentelemetry-sdk", *(_PACKAGES.get(name, f"that of {name}") for name in names)])
        emit(LogEvent.UNTRACED, error=f"A package is missing. Install {', '.join(packages)}.")
    except Exception as error:  # noqa: BLE001 - of the SDK, or of an exporter of anybody's
        emit(LogEvent.UNTRACED, error=f"The exporter can't be built: {type(error).__name__}.")
    return OFF


def add_spans(storage: Storage, tracer: Tracer, *, queue: str) -> Storage:
    """Return the storage with a span around each move of a job, and around each message to the queue of this name."""
    if tracer is OFF:
        return storage
    from shared.wiring.traces import JobSpans, QueueSpans

    return replace(storage, jobs=JobSpans(storage.jobs, tracer), queue=QueueSpans(storage.queue, tracer, queue))


def add_engine_spans(engine: Engine, tracer: Tracer, *, kind: str) -> Engine:
    """Return what analyses with a span around each analysis, for jobs of this type."""
    if tracer is OFF:
        return engine
    from shared.wiring.traces import EngineSpans

    return EngineSpans(engine, tracer, kind)


def _open(names: Sequence[str]) -> Tracer:
    """Build what makes spans.

    Raises:
        ImportError: A package is missing.
    """
    from opentelemetry import trace

    from shared.wiring.spans import SpanTracer

    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider):
        provider = _build_provider(names)
        trace.set_tracer_provider(provider)
        _send_last_at_exit(provider.shutdown)
    return SpanTracer(provider)  # of whoever runs this process, where there is one: its spans are exported already


def _build_provider(names: Sequence[str]) -> Any:  # noqa: ANN401 - its package may be missing
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    exporters = [_exporter_class(name) for name in names]
    resource = Resource.create()
    if str(resource.attributes[SERVICE_NAME]).startswith("unknown_service"):
        resource = resource.merge(Resource({SERVICE_NAME: "darkroom"}))
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    for exporter in exporters:
        provider.add_span_processor(BatchSpanProcessor(exporter()))
    return provider


def _exporter_class(name: str) -> Callable[[], Any]:
    """Find an exporter by the name that its package gives it.

    Raises:
        ImportError: No package does.
    """
    if name == "console":
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter

        return partial(ConsoleSpanExporter, out=sys.stderr)  # on stdout a process of a group says how it is
    from importlib import metadata

    for entry in metadata.entry_points(group="opentelemetry_traces_exporter", name=name):
        found: Callable[[], Any] = entry.load()
        return found
    raise ImportError(name)


def _send_last_at_exit(send: Callable[[], object]) -> None:
    """Send at the end of the process what is left, and wait for that for a while, however long it may take.

    The thread that sends it begins now: at its end a process may start none any more.
    """
    is_over, is_empty = Event(), Event()

    def send_last() -> None:
        is_over.wait()
        send()
        is_empty.set()

    def wait() -> None:
        is_over.set()
        is_empty.wait(LAST_SECONDS)

    invocation.start(send_last, name="last spans")
    atexit.register(wait)
