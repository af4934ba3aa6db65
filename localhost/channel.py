"""What a host and its worker process say to each other: frames, each a JSON object and bytes as they are."""

import contextlib
import dataclasses
import json
import socket
import struct
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The lengths of a frame's JSON and of its bytes come first.
_LENGTHS = struct.Struct("!II")


@dataclass(frozen=True)
class Data:
    """A value with its type, as the protocol of the real worker has it.

    Attributes:
        type: ``string``, ``bytes``, ``json`` or ``http``.
        body: The value, texts in UTF-8; for ``http`` the body.
        fields: For ``http`` all but the body; nothing for the others.
    """

    type: str
    body: bytes = b""
    fields: Mapping[str, Any] = dataclasses.field(default_factory=dict)


class Channel:
    """One end of the socket. Any thread may send; one receives.

    Args:
        connection: A stream socket, which is closed with this.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._reader = connection.makefile("rb")
        self._turn = threading.Lock()

    def send(self, head: Mapping[str, Any], body: bytes = b"") -> None:
        """Send one frame.

        Raises:
            OSError: The other end is gone.
        """
        text = json.dumps(head).encode()
        with self._turn:
            self._connection.sendall(_LENGTHS.pack(len(text), len(body)) + text)
            if body:
                self._connection.sendall(body)

    def receive(self) -> tuple[dict[str, Any], bytes] | None:
        """Return the next frame; None when the other end is gone."""
        try:
            lengths = self._reader.read(_LENGTHS.size)
            if len(lengths) < _LENGTHS.size:
                return None
            size, body_size = _LENGTHS.unpack(lengths)
            text, body = self._reader.read(size), self._reader.read(body_size)
        except OSError:
            return None
        if len(text) + len(body) < size + body_size:
            return None
        head: dict[str, Any] = json.loads(text)
        return head, body

    def hang_up(self) -> None:
        """Let both ends see the end; what has come so far can still be received here."""
        with contextlib.suppress(OSError):
            self._connection.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Give the socket back; nobody may be receiving."""
        with self._turn:
            self._reader.close()
            self._connection.close()
