"""A collector of spans on this machine: it takes OTLP over HTTP, and shows traces as text."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Node:
    """A span, wherever it comes from.

    Attributes:
        name: Its name.
        id: Its id, 16 hex digits.
        parent: That of the span above it; empty without one.
        trace: Id of the trace, 32 hex digits.
        start: Nanoseconds.
        service: Who has made it.
    """

    name: str
    id: str
    parent: str
    trace: str
    start: int
    service: str = ""


@dataclass
class Collector:
    """What came in.

    Attributes:
        endpoint: Its URL.
        nodes: Every span.
    """

    endpoint: str
    nodes: list[Node] = field(default_factory=list)

    def take(self, body: bytes) -> None:
        """Take in one request."""
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            facts = {each.key: each.value.string_value for each in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.nodes += [
                    Node(
                        *(span.name, span.span_id.hex(), span.parent_span_id.hex(), span.trace_id.hex()),
                        *(span.start_time_unix_nano, facts["service.name"]),
                    )
                    for span in scope.spans
                ]


@contextmanager
def collector() -> Iterator[Collector]:
    """Collect spans on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            made.take(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        made = Collector(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield made
        finally:
            server.shutdown()
            thread.join()


def tree(nodes: Sequence[Node]) -> list[str]:
    """Return the names of spans in the order in which they began, each further in than the one above it."""
    known, ordered, lines = {node.id for node in nodes}, sorted(nodes, key=lambda node: node.start), list[str]()

    def write(above: str, depth: int) -> None:
        for node in ordered:
            if above == (node.parent if node.parent in known else ""):
                lines.append("  " * depth + node.name)
                write(node.id, depth + 1)

    write("", 0)
    return lines
