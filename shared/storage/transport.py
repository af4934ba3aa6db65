"""The connections beneath all SDK clients: as many as threads may use, and no half reply comes up from them.

A reply counts when all of it has come. Left alone, the layers above take a head that breaks off for a whole one, and
hand a body that breaks off to whoever happens to read it, as an error that none of them owns. Here both are what they
are: no reply, so nobody knows whether a write was applied (``cas`` decides).
"""

import http.client
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

from azure.core.exceptions import (
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.pipeline.transport import HttpTransport, RequestsTransportResponse
from azure.core.pipeline.transport._requests_basic import StreamDownloadGenerator
from azure.core.rest import HttpRequest
from azure.core.rest._http_response_impl import HttpResponseImpl
from requests import Response
from requests.cookies import RequestsCookieJar
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from shared.storage.pools import BODILESS, NotSent, Pool, Reply

#: What is read of a reply whose request names no range of bytes; a page of rows or names is far smaller.
LARGEST_REPLY = 64 * 1024 * 1024
_PIECE = 64 * 1024
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")
_WITH_BODY = frozenset({"PATCH", "POST", "PUT"})
_REFUSAL = 400


class ReplyTooLong(ServiceResponseError):
    """The service sends more than it was asked for; the rest is not read."""


class _Response(Response):
    """A response of ``requests``, as far as the SDKs ask; its jar of cookies would take longer than all the rest."""

    #: What ``requests`` itself begins with: the same for each reply, until the body is read.
    _content: Any = False
    _content_consumed = False
    _next = None
    encoding = None
    cookies = RequestsCookieJar()

    def __init__(self, request: Any, reply: Reply, end: Callable[[bool], object]) -> None:  # noqa: ANN401 - two generations of request types
        self.request, self.url, self.history = request, request.url, []
        self.status_code, self.reason = reply.status, reply.reason
        self.headers = reply.fields
        self.raw = _Body(reply, end)


class _Body:
    """The body of a reply, on its connection.

    Args:
        reply: With its head read.
        end: Called once, with whether the connection may be used again.
    """

    def __init__(self, reply: Reply, end: Callable[[bool], object]) -> None:
        self._reply = reply
        self._on_end = end
        self._is_over = False
        if reply.length == 0:
            self._end(whole=True)

    def read(self, size: int | None = None, decode_content: bool = False) -> bytes:  # noqa: ARG002, FBT001, FBT002 - as urllib3 has it
        """Read some bytes, none at the end; all of them without a size.

        Raises:
            http.client.HTTPException: It broke off; or an ``OSError``.
        """
        if self._is_over:
            return b""
        try:
            piece = self._reply.read(size)
            if size is not None and len(piece) < size and self._reply.length:
                raise http.client.IncompleteRead(piece, self._reply.length)
        except (OSError, http.client.HTTPException):
            self.close()
            raise
        if size is None or not piece or self._reply.length == 0:
            self._end(whole=True)
        return piece

    def close(self) -> None:
        """Give the connection up."""
        self._end(whole=False)

    def _end(self, *, whole: bool) -> None:
        if not self._is_over:
            self._is_over = True
            self._reply.close()
            self._on_end(whole and not self._reply.will_close)


class PooledTransport(HttpTransport[Any, Any]):
    """Send requests of the SDKs over connections that are kept: no redirects, no repetitions of its own.

    ``requests``, by which the SDKs send, prepares each request again, and four layers beneath it read the reply: more
    than half of what the client does for a read of a row (measured: 1.0 ms with them, 0.4 without). It sends the URL
    that was signed.

    Args:
        connect_seconds: To wait for a connection, where a request has no time of its own.
        read_seconds: To wait for bytes of the reply, likewise.
        environ: May name proxies: see ``pools.pool_of``.
    """

    def __init__(self, *, connect_seconds: float, read_seconds: float, environ: Mapping[str, str]) -> None:
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._environ = environ
        self._pools: dict[tuple[str, str], Pool] = {}

    def send(self, request: Any, **options: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send, and read the head of the reply.

        Args:
            request: As the SDKs make it.
            options: Of them all, ``connection_timeout`` and ``read_timeout`` count.

        Raises:
            ServiceRequestError: No connection came about: the request was not sent.
            ServiceResponseError: No whole head has come: whether the request was obeyed is not known.
        """
        pool, text = self._compose(request)
        try:
            connection = pool.take(options.get("connection_timeout", self._connect_seconds))
        except NotSent as error:
            late = isinstance(error.__cause__, TimeoutError)
            raise (ServiceRequestTimeoutError if late else ServiceRequestError)(error, error=error) from error
        try:
            connection.sock.settimeout(options.get("read_timeout", self._read_seconds))
            connection.sock.sendall(text)
            reply = Reply(connection.sock, method=request.method)
            reply.begin()
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            late = isinstance(error, TimeoutError)
            raise (ServiceResponseTimeoutError if late else ServiceResponseError)(error, error=error) from error
        response = _Response(request, reply, partial(pool.give, connection))
        if isinstance(request, HttpRequest):
            return _answer(request, response)
        return RequestsTransportResponse(request, response)

    def _compose(self, request: Any) -> tuple[Pool, bytes]:  # noqa: ANN401 - as above
        """Return the connections to a request's host, and the request as it goes over one of them."""
        parts = urlsplit(request.url)
        place = (parts.scheme, parts.netloc)
        pool = self._pools.get(place)
        if pool is None:  # of threads that come first together one wins, and its pool is everybody's
            pool = self._pools.setdefault(place, Pool(parts, self._environ))
        target = request.url[len(parts.scheme) + len("://") + len(parts.netloc) :]
        target = target if target.startswith("/") else f"/{target}"
        return pool, _write(request, request.url if pool.asks_proxy else target, parts.netloc, pool.headers)

    def open(self) -> None:
        """Open nothing yet: the first request does."""

    def close(self) -> None:
        """Close the connections that wait for a request."""
        for pool in self._pools.values():
            pool.close()
        self._pools = {}

    def __exit__(self, *_: object) -> None:
        """Close."""
        self.close()


class _Answer(HttpResponseImpl):
    """A response as azure-core has it; it would look up the older name of each attribute that it sets."""

    __setattr__ = object.__setattr__

    def read(self) -> bytes:
        """Return the body; one that has come whole as it is."""
        raw = self._internal_response.raw
        if self._content is None and isinstance(raw, _Memory) and raw.encoding is None:
            self._content = raw.whole
        return super().read()


def _answer(request: HttpRequest, response: _Response) -> HttpResponseImpl:
    """Return a response as azure-core has it; its own for ``requests`` would copy the headers twice."""
    return _Answer(
        request=request,
        internal_response=response,
        status_code=response.status_code,
        reason=response.reason,
        content_type=response.headers.get("Content-Type"),
        headers=response.headers,
        stream_download_generator=StreamDownloadGenerator,
    )


def _write(request: Any, target: str, host: str, more: Mapping[str, str]) -> bytes:  # noqa: ANN401 - as above
    """Return a request as it is sent: in one write, for which the service wakes once."""
    body = request.data
    body = body.read() if hasattr(body, "read") else body
    body = body.encode() if isinstance(body, str) else bytes(body or b"")
    headers = {"Host": host.rpartition("@")[2], "Accept-Encoding": "identity", **more, **request.headers}
    if "Content-Length" not in request.headers and (body or request.method in _WITH_BODY):
        headers["Content-Length"] = str(len(body))
    lines = [f"{request.method} {target} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if any("\r" in line or "\n" in line for line in lines):
        raise ServiceRequestError("A header must be one line.")
    return "\r\n".join((*lines, "", "")).encode("latin-1") + body


def read_whole(request: Any, reply: Any) -> None:  # noqa: ANN401 - two generations of request and reply types
    """Read a reply to its end, as its bytes are: whoever reads it later reads memory.

    Raises:
        ServiceResponseError: It broke off, or does not say where it ends.
        ReplyTooLong: It is longer than the request has asked for.
    """
    response = reply.internal_response
    if request.method == "HEAD" or response.status_code in BODILESS:
        return
    headers = response.headers
    refused = response.status_code >= _REFUSAL
    body = _body(response, LARGEST_REPLY if refused else _most(request))
    if body and not refused and "Content-Length" not in headers and "Transfer-Encoding" not in headers:
        raise ServiceResponseError("The reply does not say where it ends.")
    response.raw = _Memory(body, headers.get("Content-Encoding"))


class _Memory:
    """A body that has come whole, in one piece: the SDKs would cut it up and join it again, at twice its size.

    Args:
        body: As it came.
        encoding: How it is encoded; None where it is not.
    """

    def __init__(self, body: bytes, encoding: str | None) -> None:
        self.whole = body
        self.encoding = encoding

    def stream(
        self,
        amt: int = _PIECE,
        decode_content: bool | None = None,  # noqa: FBT001 - as urllib3 has it
    ) -> Iterator[bytes]:
        """Give all of it at once, unless it is to be decoded."""
        if decode_content is False or self.encoding is None:
            return iter((self.whole,))
        headers = {"Content-Encoding": self.encoding}
        return HTTPResponse(BytesIO(self.whole), headers=headers, preload_content=False).stream(amt, decode_content)

    def close(self) -> None:
        """Keep it: nothing is open."""


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
    except (HTTPError, OSError, http.client.HTTPException) as error:
        raise ServiceResponseError("The reply broke off in its body.", error=error) from error
    return b"".join(pieces)


def _piece(length: str, most: int) -> int:
    """Return how much to read at once: all of it, where its length is known and not too much."""
    return max(int(length), _PIECE) if length.isdecimal() and int(length) <= most else _PIECE


def _most(request: Any) -> int:  # noqa: ANN401 - as above
    """Return how many bytes a request has asked for at most."""
    asked = _RANGE.fullmatch(request.headers.get("x-ms-range") or request.headers.get("Range") or "")
    return int(asked[2]) - int(asked[1]) + 1 if asked else LARGEST_REPLY
