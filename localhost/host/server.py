"""The HTTP server on 127.0.0.1: a thread a connection, connections kept alive, and a drain that waits for none of them.

A request counts as taken on when its last byte is there. A drain lets those run and closes every other connection at
once: one that is idle, and one whose request is still on its way.
"""

import contextlib
import io
import socket
import socketserver
import threading
import traceback
from collections.abc import Callable

from localhost.host.activity import Activity
from localhost.host.log import Log
from localhost.host.wire import Answer, Malformed, Request, encode, read_request

ADDRESS = "127.0.0.1"
#: As the real host; larger requests get 413.
MOST_BYTES = 100 * 1024 * 1024
#: As Kestrel: how long a kept connection may be silent, and how long a client may pause within a request.
IDLE_SECONDS = 130.0
PAUSE_SECONDS = 30.0
#: How long the rest of a refused request is read for, so that the client sees the answer and no reset.
_LINGER_SECONDS = 2.0
#: How often the server looks whether it shall stop.
_POLL_SECONDS = 0.05

#: What answers a request; it never raises for a request's sake.
Site = Callable[[Request], Answer]


class Server:
    """The threaded server; listens as soon as it is made.

    Args:
        site: Answers requests.
        port: 0 takes a free one.
        activity: Counts requests until their last byte is written.
        log: Where a failure of the site goes.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, site: Site, port: int, *, activity: Activity, log: Log) -> None:
        self._listener = _Listener(port, site, activity, log)
        self._thread = threading.Thread(target=self._serve, name="http", daemon=True)

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._listener.server_address[1])

    def start(self) -> None:
        """Serve."""
        self._thread.start()

    def _serve(self) -> None:
        self._listener.serve_forever(poll_interval=_POLL_SECONDS)

    def close(self) -> None:
        """Take no more connections and requests; requests under way go on."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        self._listener.drain()


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 128
    daemon_threads = True
    block_on_close = False  # the host's own drain waits for what runs, with a deadline

    def __init__(self, port: int, site: Site, activity: Activity, log: Log) -> None:
        self.site = site
        self.activity = activity
        self.log = log
        self._lock = threading.Lock()
        self._waiting: set[socket.socket] = set()
        self._drains = False
        super().__init__((ADDRESS, port), _Connection)

    def expect(self, connection: socket.socket) -> bool:
        """Note that a connection waits for a request; False in a drain, when none may come."""
        with self._lock:
            if not self._drains:
                self._waiting.add(connection)
            return not self._drains

    def take_on(self) -> bool:
        """Count a request that has come; False when a drain was first."""
        with self._lock:
            if not self._drains:
                self.activity.begin()
            return not self._drains

    def forget(self, connection: socket.socket) -> None:
        """No longer count a connection among those that wait."""
        with self._lock:
            self._waiting.discard(connection)

    def drain(self) -> None:
        """Wake the connections that wait; they find their end."""
        with self._lock:
            self._drains = True
            for connection in self._waiting:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: object, client_address: object) -> None:  # noqa: ARG002 - the base's shape
        """Log what no client should be able to cause."""
        self.log.event("connection failed", level="error", error=traceback.format_exc())


class _Connection(socketserver.BaseRequestHandler):
    server: _Listener
    request: socket.socket

    def handle(self) -> None:
        """Answer requests until either side has had enough; a client that goes away is no event."""
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(ConnectionError, TimeoutError), self.request.makefile("rb") as stream:
            while self._answer_one(stream):
                pass

    def _answer_one(self, stream: io.BufferedReader) -> bool:
        """Answer one request; False when it was the last."""
        try:
            request = self._read(stream)
        except Malformed as refused:
            self.request.sendall(encode(Answer(status=refused.status), method="GET", keep=False))
            self._linger()
            return False
        if request is None:
            return False
        try:
            self.request.sendall(self._answer(request))
        finally:
            self.server.activity.end()
        return request.keeps_alive

    def _read(self, stream: io.BufferedReader) -> Request | None:
        """Return the next request, taken on; None when none comes."""
        if not self.server.expect(self.request):
            return None
        try:
            self.request.settimeout(IDLE_SECONDS)
            if not stream.peek(1):
                return None
            self.request.settimeout(PAUSE_SECONDS)
            request = read_request(stream, most_bytes=MOST_BYTES, proceed=self._proceed)
        except TimeoutError:
            return None
        finally:
            self.server.forget(self.request)
        return request if self.server.take_on() else None

    def _proceed(self) -> None:
        self.request.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    def _answer(self, request: Request) -> bytes:
        try:
            return encode(self.server.site(request), method=request.method, keep=request.keeps_alive)
        except Exception:  # noqa: BLE001 - the edge of a thread: the client must get an answer
            self.server.log.event("request failed", level="error", error=traceback.format_exc())
            return encode(Answer(status=500), method=request.method, keep=request.keeps_alive)

    def _linger(self) -> None:
        """Read on for a moment: closing a socket with unread bytes resets the connection, and the answer is lost."""
        self.request.shutdown(socket.SHUT_WR)
        self.request.settimeout(_LINGER_SECONDS)
        while self.request.recv(1 << 16):
            pass
