"""``GET /health`` of a worker, or of a group of them, for whoever starts containers."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from shared import invocation
from shared.worker.health import Report

PATH = "/health"
#: A client that takes longer to say what it wants is not waited for.
_SECONDS = 5.0


@contextmanager
def serve(report: Report, host: str, port: int) -> Iterator[int]:
    """Serve the state beside what is in the ``with`` block.

    Args:
        report: Returns it.
        host: Address to listen at; all of them where it is empty.
        port: The port; 0 for any that is free.

    Yields:
        The port.

    Raises:
        OSError: Nobody may listen there.
    """
    with ThreadingHTTPServer((host, port), _handler(report)) as server:
        server.daemon_threads = True
        invocation.start(server.serve_forever, name="health")
        try:
            yield server.server_port
        finally:
            server.shutdown()


def _handler(report: Report) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answer one request."""

        timeout = _SECONDS
        server_version, sys_version = "darkroom", ""

        def do_GET(self) -> None:
            """Say how it is: 200 if all is well, else 503."""
            if self.path.partition("?")[0] != PATH:
                self.send_error(HTTPStatus.NOT_FOUND)
                return
            state = report()
            body = json.dumps(state).encode()
            self.send_response(HTTPStatus.OK if state["is_well"] else HTTPStatus.SERVICE_UNAVAILABLE)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the same

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as the library has it
            """Log nothing: who asks does so every few seconds."""

    return Handler
