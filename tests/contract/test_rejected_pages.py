"""A query of the service may bring a page without rows, and go on."""

from typing import Any

from azure.core.pipeline.transport import HttpTransport

from tests.contract.places import Place
from tests.doubles.transports import Passing
from tests.simulation.service.exchange import Reply
from tests.simulation.service.transport import answer


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
        real.internal_response.close()  # nobody reads it
        headers = {name: value for name, value in real.headers.items() if name.lower() != "content-length"}
        return answer(request, Reply(200, headers | {"Content-Length": "12"}, b'{"value":[]}'))


def test_an_empty_page_is_not_the_end_of_a_list(place: Place) -> None:
    store = place.build(_EmptyPage(place.transport)).storage.rejections
    for text in "abc":
        store.reject(text, code="blob_not_found", message="There is none.")
    assert len(store.list(limit=9)) == 2
    assert len(store.list(limit=9)) == 3
