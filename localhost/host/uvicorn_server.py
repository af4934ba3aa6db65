"""Uvicorn, but for how it refuses and how it ends."""

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from localhost.host.kestrel import MAX_HEADER_BYTES, MAX_LINE_BYTES

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


def make(app: ASGIApp) -> uvicorn.Server:
    """Make a server of an app; it opens no port."""
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
    return uvicorn.Server(config)
