"""The requests of ``darkroom doctor`` by the act that they try, and a transport that refuses some of them."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from azure.core.pipeline.transport import HttpTransport

from shared.rules.access import Act
from tests.doubles.transports import Passing
from tests.simulation.service.exchange import decode, refusal
from tests.simulation.service.transport import answer, content_of

#: Method, and what stands in the URL or the body.
_SIGNS: dict[Act, tuple[str, str]] = {
    Act.READ_ROWS: ("GET", "PartitionKey='doctor'"),
    Act.ADD_ROWS: ("POST", "-absent"),
    Act.UPDATE_ROWS: ("PATCH", "PartitionKey='doctor'"),
    Act.DELETE_ROWS: ("DELETE", "PartitionKey='doctor'"),
    Act.COUNT_MESSAGES: ("GET", "comp=metadata"),
    Act.SEND_MESSAGES: ("POST", "/messages?"),
    Act.RECEIVE_MESSAGES: ("DELETE", "/messages/"),
    Act.HIDE_MESSAGES: ("PUT", "/messages/"),
    Act.LIST_BLOBS: ("GET", "comp=list"),
    Act.READ_BLOBS: ("HEAD", "/darkroom-doctor/"),
    Act.WRITE_BLOBS: ("PUT", "/darkroom-doctor/"),
    Act.KEEP_HOST_STATE: ("PUT", "/azure-webjobs-hosts/"),
    Act.DELETE_BLOBS: ("DELETE", "/darkroom-doctor/"),
}


def tries(request: Any, act: Act) -> bool:  # noqa: ANN401 - two generations of request types
    """Whether a request tries an act."""
    method, sign = _SIGNS[act]
    return request.method == method and (sign in request.url or sign.encode() in content_of(request))


class RefusingActs(Passing):
    """Refuse requests by a status and a code, or let them fail, and pass the rest.

    Args:
        inner: What is beneath.

    Attributes:
        refuses: Says which requests.
        status: Of the answer.
        code: The service's own.
        error: Raised in place of an answer, if there is one.
    """

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.refuses: Callable[[Any], bool] = lambda _: False
        self.status, self.code = 403, "AuthorizationPermissionMismatch"
        self.error: Exception | None = None

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Refuse, or send."""
        if not self.refuses(request):
            return super().send(request, **kwargs)
        if self.error is not None:
            raise self.error
        parts = urlsplit(request.url)
        service = decode(request.method, f"{parts.scheme}://{parts.netloc}/a/b", {}, b"").service
        return answer(request, refusal(service, self.status, self.code))
