"""A query of the service may bring a page without rows, and go on."""

from io import BytesIO
from typing import Any

from azure.core.pipeline.transport import HttpTransport
from azure.core.rest._requests_basic import RestRequestsTransportResponse
from requests import Response
from urllib3 import HTTPResponse

from tests.contract.places import Place
from tests.doubles.transports import Passing


class _EmptyPage(Passing):
    """Give the first page of a list empty, with the service's own continuation: its row is left out."""

    def __init__(self, inner: HttpTransport[Any, Any]) -> None:
        super().__init__(inner)
        self.was_empty = False

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send, or leave the page empty."""
        if self.was_empty or "$top=" not in request.url or "NextRowKey" in request.url:
            return super().send(request, **kwargs)
        self.was_empty = True
        request.url = request.url.replace("$top=9", "$top=1")
        real = super().send(request, **kwargs)
        reply = Response()
        reply.status_code, reply.reason = 200, "OK"
        reply.headers.update({k: v for k, v in real.headers.items() if k.lower() != "content-length"})
        reply.raw = HTTPResponse(body=BytesIO(b'{"value":[]}'), preload_content=False)
        rest = RestRequestsTransportResponse(request=request, internal_response=reply)  # type: ignore[no-untyped-call] # the SDK's
        rest.read()
        return rest


def test_an_empty_page_is_not_the_end_of_a_list(place: Place) -> None:
    store = place.build(_EmptyPage(place.transport)).storage.rejections
    for text in "abc":
        store.reject(text, code="blob_not_found", message="There is none.")
    assert len(store.list(limit=9)) == 2
    assert len(store.list(limit=9)) == 3
