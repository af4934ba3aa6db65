"""Requests as bytes, which no client library would send; every response is searched for leaks."""

import contextlib
import re
import socket
from collections.abc import Iterable, Sequence

from tests.host.api.leaks import find_leaks
from tests.unit.http.client import Response

_SECONDS = 60.0
_HEAD = re.compile(rb"HTTP/1\.1 (\d{3}) [^\r\n]*\r\n(.*?)\r\n\r\n(.*)", re.DOTALL)
_CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
Header = tuple[str | bytes, str | bytes]


class RawResponse(Response):
    """A response, and its refusals by their codes alone."""

    @property
    def code(self) -> str:
        """The code of a problem; ``bare`` if the host itself refused."""
        if self.headers.get("content-type") == "application/problem+json":
            assert self.json["status"] == self.status
            return str(self.json["code"])
        assert self.body == b"", self
        return "bare"

    @property
    def fault(self) -> str:
        """The code of a refusal that is the client's fault; the whole response otherwise."""
        return self.code if self.status // 100 == 4 else f"{self.status} {self.body!r}"


class RawClient:
    """A client that sends bytes unchanged.

    Args:
        port: Of the host.
        secrets: What no response may contain.
    """

    def __init__(self, port: int, secrets: Sequence[str]) -> None:
        self._port = port
        self._secrets = secrets

    def exchange(self, request: bytes) -> RawResponse:
        """Send bytes, and read one response to its end."""
        with socket.create_connection(("127.0.0.1", self._port), _SECONDS) as connection:
            with contextlib.suppress(ConnectionError):  # refused before the end of the request: the response is there
                connection.sendall(request)
            whole = b"".join(iter(lambda: connection.recv(1 << 16), b"")).removeprefix(_CONTINUE)
        head = _HEAD.fullmatch(whole)
        assert head, whole[:2000]
        assert not find_leaks(whole.decode("latin-1"), self._secrets), whole
        lines = [line.partition(": ") for line in head[2].decode("ascii").split("\r\n")]
        headers = {name.lower(): value for name, _, value in lines}
        assert len(headers) == len(lines), lines
        return RawResponse(int(head[1]), headers, head[3])

    def ask(
        self, method: str, target: str | bytes, body: bytes | None = None, headers: Iterable[Header] = (), **kind: str
    ) -> RawResponse:
        """Send a request; JSON unless ``kind`` has another ``content_type``."""
        lines = [_bytes(method) + b" " + _bytes(target) + b" HTTP/1.1", b"Host: localhost", b"Connection: close"]
        if body is not None:
            declared = kind.get("content_type", "application/json")
            lines += [b"Content-Length: %d" % len(body)] + [b"Content-Type: " + _bytes(declared)] * bool(declared)
        lines += [_bytes(name) + b": " + _bytes(value) for name, value in headers]
        return self.exchange(b"\r\n".join(lines) + b"\r\n\r\n" + (body or b""))


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
