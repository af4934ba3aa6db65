"""The account beneath the SDK clients, in place of a network."""

from collections.abc import Callable
from io import BytesIO
from types import TracebackType
from typing import Any, Self

from azure.core.pipeline.transport import HttpTransport, RequestsTransportResponse
from azure.core.rest import HttpRequest
from azure.core.rest._requests_basic import RestRequestsTransportResponse
from azure.data.tables._base_client import TransportWrapper as TableWrapper
from azure.storage.blob._shared.base_client import TransportWrapper as BlobWrapper
from azure.storage.queue._shared.base_client import TransportWrapper as QueueWrapper
from requests import Response
from urllib3 import HTTPResponse

from tests.simulation.service.account import Account
from tests.simulation.service.exchange import Reply, decode


def _pass_on(self: Any, duration: float) -> None:  # noqa: ANN401 - three classes that share no base of their own
    """Wait as the transport beneath does.

    The client of one table, queue or container wraps the transport of its service, and this wrapper does not pass
    ``sleep`` on: it would wait for real seconds between two tries of a read, whatever the transport beneath does.
    """
    self._transport.sleep(duration)


for _wrapper in (TableWrapper, QueueWrapper, BlobWrapper):
    _wrapper.sleep = _pass_on


class InProcess(HttpTransport[Any, Any]):
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

    def open(self) -> None:
        """Do nothing."""

    def close(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Do nothing."""


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
    response = Response()
    response.status_code, response.reason = reply.status, ""
    response.headers.update(reply.headers)
    response.raw = HTTPResponse(
        BytesIO(reply.body),
        headers=reply.headers,
        status=reply.status,
        preload_content=False,
        request_method=request.method,
    )
    response.url = request.url
    if isinstance(request, HttpRequest):
        return RestRequestsTransportResponse(request=request, internal_response=response)  # type: ignore[no-untyped-call]
    return RequestsTransportResponse(request, response)
