"""The account beneath the SDK clients, in place of a network."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from typing import Any

from azure.core.pipeline.transport import HttpTransport, RequestsTransportResponse
from azure.core.rest import HttpRequest
from azure.core.rest._requests_basic import RestRequestsTransportResponse
from azure.data.tables._base_client import TransportWrapper as TableWrapper
from azure.storage.blob._shared.base_client import TransportWrapper as BlobWrapper
from azure.storage.queue._shared.base_client import TransportWrapper as QueueWrapper
from requests import Response
from requests.cookies import RequestsCookieJar
from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse
from urllib3.exceptions import IncompleteRead, ProtocolError

from tests.simulation.service.account import Account
from tests.simulation.service.exchange import Reply, decode

#: Replies that have no body, whatever length they tell.
_BODILESS = (204, 304)
_NO_COOKIES = RequestsCookieJar()


def _pass_on(self: Any, duration: float) -> None:  # noqa: ANN401 - three classes that share no base of their own
    """Wait as the transport beneath does.

    The client of one table, queue or container wraps the transport of its service, and this wrapper does not pass
    ``sleep`` on: it would wait for real seconds between two tries of a read, whatever the transport beneath does.
    """
    self._transport.sleep(duration)


for _wrapper in (TableWrapper, QueueWrapper, BlobWrapper):
    _wrapper.sleep = _pass_on  # type: ignore[method-assign] # the SDKs leave no other way to their wrappers


class _Body:
    """A reply's body as ``urllib3`` gives it, as far as ``requests`` and the SDKs ask; nothing of it is decoded.

    Args:
        data: What has come.
        length: How much was announced.
    """

    def __init__(self, data: bytes, length: int) -> None:
        self._data = data
        self._at = 0
        self._missing = length - len(data)

    def read(self, amt: int | None = None, decode_content: bool | None = None) -> bytes:  # noqa: ARG002, FBT001 - as urllib3 has it
        """Read some of it, or all that is left.

        Raises:
            ProtocolError: It ends before it should.
        """
        begin, self._at = self._at, len(self._data) if amt is None else min(self._at + amt, len(self._data))
        if self._missing > 0 and self._at - begin < (amt or 1):
            broken = IncompleteRead(len(self._data), self._missing)
            raise ProtocolError(f"Connection broken: {broken!r}", broken)
        return self._data[begin : self._at]

    def stream(self, amt: int | None = None, decode_content: bool | None = None) -> Iterator[bytes]:  # noqa: FBT001 - as urllib3 has it
        """Give it piece by piece."""
        while piece := self.read(amt, decode_content):
            yield piece

    def close(self) -> None:
        """Let go."""

    release_conn = close


class _Response(Response):
    """A response of ``requests`` without its jar of cookies, which takes longer to make than all the rest."""

    #: What ``requests`` itself begins with: the same for each reply, until the body is read.
    _content: Any = False
    _content_consumed = False
    _next = None
    reason, encoding, elapsed, cookies = "", None, timedelta(0), _NO_COOKIES

    def __init__(self, request: Any, reply: Reply) -> None:  # noqa: ANN401 - two generations of request types
        self.status_code, self.url, self.request, self.history = reply.status, request.url, request, []
        self.headers = CaseInsensitiveDict(reply.headers)
        if "Content-Encoding" in self.headers:
            self.raw = HTTPResponse(
                BytesIO(reply.body),
                headers=reply.headers,
                status=reply.status,
                preload_content=False,
                request_method=request.method,
            )
        else:
            bodiless = request.method == "HEAD" or reply.status in _BODILESS
            self.raw = _Body(reply.body, 0 if bodiless else int(self.headers.get("Content-Length", len(reply.body))))


class OpenTransport(HttpTransport[Any, Any]):
    """A transport that has nothing to open and nothing to close."""

    def open(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def __exit__(self, *_: object) -> None:
        """Do nothing."""


class InProcess(OpenTransport):
    """Hand requests to an account, at once and in the caller's thread.

    Args:
        account: That answers.
        sleep: Waits for a number of seconds, as the SDK does between its tries of a read; moves the account's clock
            by default.
    """

    def __init__(self, account: Account, *, sleep: Callable[[float], object] | None = None) -> None:
        self.account = account
        self._sleep = sleep or account.clock.go

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401, ARG002 - two generations of request types
        """Send, and hand the reply over as the transport over ``requests`` does."""
        asked = decode(request.method, request.url, request.headers, content_of(request))
        return answer(request, self.account.serve(asked))

    def sleep(self, duration: float) -> None:
        """Wait."""
        self._sleep(duration)


def content_of(request: Any) -> bytes:  # noqa: ANN401 - two generations of request types
    """Return a request's body as it would be sent."""
    body = request.content if isinstance(request, HttpRequest) else request.body
    if body is None:
        return b""
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, bytes | bytearray | memoryview):
        return bytes(body)
    if hasattr(body, "read"):
        return bytes(body.read())
    return b"".join(body)


def answer(request: Any, reply: Reply) -> Any:  # noqa: ANN401 - two generations of request and reply types
    """Return a reply in the shape that the SDKs know, its body unread."""
    response = _Response(request, reply)
    if isinstance(request, HttpRequest):
        return RestRequestsTransportResponse(request=request, internal_response=response)  # type: ignore[no-untyped-call] # the SDK's
    return RequestsTransportResponse(request, response)
