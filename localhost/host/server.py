"""The HTTP server: uvicorn on 127.0.0.1, in a thread of the host's."""

import socket

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from localhost.host.kestrel import MAX_HEADER_BYTES, MAX_LINE_BYTES

ADDRESS = "127.0.0.1"
#: As Kestrel: how long a kept connection may be silent.
IDLE_SECONDS = 130


class Connection(H11Protocol):
    """Uvicorn's, but for how it refuses and how it ends."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's shape
        """Refuse malformed bytes without a body, as the real host does; an answer that has begun only breaks off."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self.transport.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        self.transport.close()

    def shutdown(self) -> None:
        """Close at once in the middle of a request too: it is taken on with its last byte."""
        if self.conn.their_state is h11.SEND_BODY:
            self.transport.close()
        else:
            super().shutdown()


class Server:
    """Serve an ASGI app; the port is open as soon as this is made.

    Args:
        app: Answers requests.
        port: 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, app: ASGIApp, port: int) -> None:
        self._socket = socket.create_server((ADDRESS, port), backlog=128)
        self.port: int = self._socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http=Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",  # its warnings are of what clients send
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_keep_alive=IDLE_SECONDS,
            h11_max_incomplete_event_size=MAX_LINE_BYTES + MAX_HEADER_BYTES,
        )
        self._uvicorn = uvicorn.Server(config)

    def run(self) -> None:
        """Serve until stopped, and answer what has been taken on by then."""
        self._uvicorn.run([self._socket])

    def stop(self) -> None:
        """Take on nothing new."""
        self._uvicorn.should_exit = True

    def close(self) -> None:
        """Give the port back, if it was never served."""
        self._socket.close()
