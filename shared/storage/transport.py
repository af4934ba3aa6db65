"""The connections beneath all SDK clients: as many as threads may use, and no half reply comes up from them.

A reply counts when all of it has come. Left alone, the layers above take a head that breaks off for a whole one, and
hand a body that breaks off to whoever happens to read it, as an error that none of them owns. Here both are what they
are: no reply, so nobody knows whether a write was applied (``cas`` decides).
"""

import http.client
import re
from collections.abc import Generator, Mapping
from io import BytesIO
from typing import Any

from azure.core.exceptions import ServiceResponseError
from azure.core.pipeline.transport import HttpTransport, RequestsTransport
from requests import Session
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

#: Connections that one host may keep: more than threads that ask at once, or each one beyond is thrown away after a
#: single request. 25 functions of the host; 40 requests of the API, each with the 8 threads of a list; at most 32
#: threads of a sweep and of a walk each. A connection is opened only when it is needed.
CONNECTIONS = 449
#: What is read of a reply whose request names no range of bytes; a page of rows or names is far smaller.
LARGEST_REPLY = 64 * 1024 * 1024
_PIECE = 64 * 1024
_BLOCK = 32 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_BODILESS = frozenset({204, 304})
_REFUSAL = 400


class ReplyTooLong(ServiceResponseError):
    """The service sends more than it was asked for; the rest is not read."""


class _Lines:
    """A reply's bytes, and the last line that was read of them."""

    def __init__(self, reply: Any) -> None:  # noqa: ANN401 - a file of the standard library's own making
        self._reply = reply
        self.last = b""

    def readline(self, limit: int = -1) -> bytes:
        """Read a line, and keep it."""
        self.last = self._reply.readline(limit)
        return self.last

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of the file
        """Give what is not a line from the file itself."""
        return getattr(self._reply, name)


class _WholeHead(http.client.HTTPResponse):
    """A reply whose head has come to its empty line; the standard library takes the end of the stream for one."""

    def begin(self) -> None:
        """Read the head."""
        reply = self.fp
        lines = _Lines(reply)
        self.fp = lines  # type: ignore[assignment] # it is read by lines alone
        super().begin()
        self.fp = reply
        if lines.last.strip(b"\r\n") or not lines.last:
            raise http.client.RemoteDisconnected("The reply broke off in its head.")


class _Connection(HTTPConnection):
    response_class = _WholeHead


class _SecureConnection(HTTPSConnection):
    response_class = _WholeHead


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class _Adapter(HTTPAdapter):
    """Connections of ours, without repetitions of its own."""

    def __init__(self) -> None:
        super().__init__(pool_maxsize=CONNECTIONS, max_retries=Retry(total=False, redirect=False))

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as requests calls it
        """Make the pools of connections, which read in larger pieces than by default."""
        super().init_poolmanager(*args, **kwargs, blocksize=_BLOCK)
        self.poolmanager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}


def connect(*, connect_seconds: float, read_seconds: float) -> HttpTransport[Any, Any]:
    """Make the transport over ``requests``.

    The environment is not looked through for proxies at every request: that is a third of the client's time (measured:
    1.3–1.6 ms a table read with it, 1.0 without).
    """
    session = Session()
    session.trust_env = False
    for scheme in ("https://", "http://"):
        session.mount(scheme, _Adapter())
    transport: HttpTransport[Any, Any] = RequestsTransport(
        session=session, connection_timeout=connect_seconds, read_timeout=read_seconds, use_env_settings=False
    )
    return transport


def read_whole(request: Any, reply: Any) -> None:  # noqa: ANN401 - two generations of request and reply types
    """Read a reply to its end, as its bytes are: whoever reads it later reads memory.

    Raises:
        ServiceResponseError: It broke off, or does not say where it ends.
        ReplyTooLong: It is longer than the request has asked for.
    """
    response = reply.internal_response
    if request.method == "HEAD" or response.status_code in _BODILESS:
        return
    headers = {name.lower(): value for name, value in response.headers.items()}
    refused = response.status_code >= _REFUSAL
    body = _body(response, LARGEST_REPLY if refused else _most(request))
    if body and not refused and not {"content-length", "transfer-encoding"} & headers.keys():
        raise ServiceResponseError("The reply does not say where it ends.")
    encoding = {name: value for name, value in headers.items() if name == "content-encoding"}
    response.raw = _Memory(body, encoding)


class _Memory(HTTPResponse):
    """A body that has come whole, in one piece: the SDKs would cut it up and join it again, at twice its size."""

    def __init__(self, body: bytes, headers: Mapping[str, str]) -> None:
        super().__init__(BytesIO(body), headers=headers, preload_content=False)
        self._whole = body

    def stream(
        self,
        amt: int | None = _PIECE,
        decode_content: bool | None = None,  # noqa: FBT001 - as urllib3 has it
    ) -> Generator[bytes, None, None]:
        """Give all of it at once, unless it is to be decoded."""
        if decode_content is False or not self.headers:
            yield self._whole
        else:
            yield from super().stream(amt, decode_content)


def _body(response: Any, most: int) -> bytes:  # noqa: ANN401 - of requests, which has no types
    if response._content is not False:  # noqa: SLF001 - requests has it already, and says so nowhere else
        return bytes(response.content)
    pieces, left, size = [], most, _piece(response.headers.get("Content-Length", ""), most)
    try:
        while piece := response.raw.read(size, decode_content=False):
            pieces.append(piece)
            left -= len(piece)
            if left < 0:
                response.raw.close()
                raise ReplyTooLong(f"The reply is longer than {most:,} bytes.")
    except HTTPError as error:
        raise ServiceResponseError("The reply broke off in its body.", error=error) from error
    return b"".join(pieces)


def _piece(length: str, most: int) -> int:
    """Return how much to read at once: all of it, where its length is known and not too much."""
    return max(int(length), _PIECE) if length.isdecimal() and int(length) <= most else _PIECE


def _most(request: Any) -> int:  # noqa: ANN401 - as above
    """Return how many bytes a request has asked for at most."""
    asked = _RANGE.fullmatch(request.headers.get("x-ms-range") or request.headers.get("Range") or "")
    return int(asked[2]) - int(asked[1]) + 1 if asked else LARGEST_REPLY
