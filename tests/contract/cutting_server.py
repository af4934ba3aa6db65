"""A server whose replies break off where a test says, and then the connection."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import parse_headers
from typing import Any

KEY = "a2V5"
_LAST_CHUNK = b"0\r\n\r\n"


class BreakingServer(socketserver.ThreadingTCPServer):
    """Answer every request by the same bytes.

    Attributes:
        reply: What is sent; the connection ends behind it.
        requests: Lines of the requests that have come.
    """

    allow_reuse_address, daemon_threads = True, True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.reply = b""
        self.requests: list[str] = []

    @property
    def connection(self) -> str:
        """A connection string that leads here."""
        host = f"http://127.0.0.1:{self.server_address[1]}"
        services = ("Blob", "Queue", "Table")
        endpoints = ";".join(f"{service}Endpoint={host}/devstoreaccount1" for service in services)
        return f"AccountName=devstoreaccount1;AccountKey={KEY};{endpoints}"

    def finish_request(self, request: Any, client_address: object) -> None:  # noqa: ANN401, ARG002 - as the library has it
        """Read one request whole, and answer."""
        with request.makefile("rb") as lines:
            line = lines.readline().decode()
            if not line:
                return
            lines.read(int(parse_headers(lines).get("Content-Length", 0)))
        self.requests.append(line.strip())
        request.sendall(self.reply)


@contextmanager
def breaking() -> Iterator[BreakingServer]:
    """Serve on a free port of this machine."""
    with BreakingServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def cuts(reply: bytes, *, step: int) -> Iterator[bytes]:
    """Yield the reply cut at some bytes of head and body, those at their borders among them; never whole.

    The empty chunk at the end of a reply in chunks is no part of the body: without it, all has come.
    """
    head, whole = reply.index(b"\r\n\r\n") + 4, len(reply.removesuffix(_LAST_CHUNK))
    borders = {1, head - 3, head - 2, head - 1, min(head, whole - 1), whole - 1}
    for end in sorted(borders.union(range(1, whole, step))):
        yield reply[:end]


def sized_reply(status: str, body: bytes, *headers: str) -> bytes:
    """Write a reply as the services do."""
    lines = [
        f"HTTP/1.1 {status}",
        "Connection: close",
        *headers,
        "Date: Sun, 29 Nov 2026 12:00:00 GMT",
        f"Content-Length: {len(body)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def chunked_reply(status: str, body: bytes, *headers: str) -> bytes:
    """Write a reply in two chunks."""
    lines = [
        f"HTTP/1.1 {status}",
        "Connection: close",
        "Date: Sun, 29 Nov 2026 12:00:00 GMT",
        *headers,
        "Transfer-Encoding: chunked",
    ]
    half = len(body) // 2
    parts = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in (body[:half], body[half:]))
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + parts + _LAST_CHUNK


Frame = Callable[..., bytes]
