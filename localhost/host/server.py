"""The port of HTTP on 127.0.0.1, and what serves it from the first connection on, in a thread of the host's."""

import select
import socket
from collections.abc import Callable
from typing import Protocol

ADDRESS = "127.0.0.1"


class Web(Protocol):
    """What serves connections: ``uvicorn.Server``."""

    should_exit: bool

    def run(self, sockets: list[socket.socket]) -> None:
        """Serve until it should exit, and answer what has been taken on by then."""


class Server:
    """Serve HTTP; the port is open as soon as this is made, and holds connections until they are served.

    Args:
        make: Makes what serves, when the first connection has come.
        port: 0 takes a free one.

    Raises:
        OSError: The port is taken.
    """

    def __init__(self, make: Callable[[], Web], port: int) -> None:
        self._make = make
        self._socket = socket.create_server((ADDRESS, port), backlog=128)
        # Connections have it from here: asyncio sets it only where a socket names TCP as its protocol. Without it the
        # body of each response waits 40 ms for the acknowledgement of its head (RFC 896; RFC 1122, 4.2.3.2).
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._stops, self._stop = socket.socketpair()
        self._web: Web | None = None
        self._is_stopping = False
        self.port: int = self._socket.getsockname()[1]

    def run(self) -> None:
        """Serve until stopped, and answer what has been taken on by then."""
        select.select([self._socket, self._stops], [], [])
        if self._is_stopping:
            self._socket.close()
            return
        web = self._web = self._make()
        web.should_exit = self._is_stopping  # it may have become so meanwhile
        web.run([self._socket])

    def stop(self) -> None:
        """Take on nothing new."""
        self._is_stopping = True
        self._stop.send(b"\0")
        if self._web is not None:
            self._web.should_exit = True

    def close(self) -> None:
        """Give the port back, if it was never served."""
        for each in (self._socket, self._stops, self._stop):
            each.close()
