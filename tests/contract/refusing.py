"""Transports whose service refuses: to list, or what concerns one blob."""

from io import BytesIO
from typing import Any

from azure.core.pipeline.transport import HttpTransport, RequestsTransportResponse
from azure.core.rest import HttpRequest
from azure.core.rest._requests_basic import RestRequestsTransportResponse
from requests import Response
from urllib3 import HTTPResponse

from shared.runtime import Runtime
from tests.doubles.transports import Passing

#: Does not wait between the tries of a read.
IMPATIENT = Runtime(pause=lambda _: None)


class Refusing(Passing):
    """Answer listings by a status of one's own, and pass the rest.

    Args:
        inner: What is beneath.
        status: Of the answer.

    Attributes:
        left: How many listings are still to be refused.
    """

    def __init__(self, inner: HttpTransport[Any, Any], *, status: int) -> None:
        super().__init__(inner)
        self._status = status
        self.left = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Refuse, or send."""
        if self.left <= 0 or "comp=list" not in request.url or "restype=container" not in request.url:
            return super().send(request, **kwargs)
        self.left -= 1
        return _refusal(request, self._status, "")


class RefusingBlobs(Passing):
    """Answer requests whose URL holds a text by a status and a code, and pass the rest.

    Attributes:
        answers: Status and code by the text.
        sent: Requests so far, those that were refused among them.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.answers: dict[str, tuple[int, str]] = {}
        self.sent = 0

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Refuse, or send."""
        self.sent += 1
        for text, (status, code) in self.answers.items():
            if text in request.url:
                return _refusal(request, status, code)
        return super().send(request, **kwargs)


def _refusal(request: Any, status: int, code: str) -> Any:  # noqa: ANN401 - as above
    reply = Response()
    reply.status_code, reply.reason = status, "Refused"
    reply.raw = HTTPResponse(body=BytesIO(b""), preload_content=False)
    reply.headers["Content-Type"] = "text/plain"
    if code:
        reply.headers["x-ms-error-code"] = code
    if isinstance(request, HttpRequest):
        rest = RestRequestsTransportResponse(request=request, internal_response=reply)  # type: ignore[no-untyped-call]
        rest.read()
        return rest
    return RequestsTransportResponse(request, reply)
