"""The client of a queue: the SDK's, with a shorter way for what each message needs."""

from typing import Any
from urllib.parse import quote

from azure.core.exceptions import DecodeError, HttpResponseError, ResourceNotFoundError, map_error
from azure.core.pipeline.policies import ContentDecodePolicy
from azure.core.rest import HttpRequest
from azure.storage.queue import QueueClient
from azure.storage.queue._shared.response_handlers import process_storage_error

from shared.ports.queue import QueueMessage
from shared.storage.policies import keep_useful

_OK, _CREATED, _DELETED = 200, 201, 204
_FRAGMENT = b"<QueueMessage>"


class Queue(QueueClient):
    """The client of one queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - of the SDK
        super().__init__(*args, **kwargs)
        keep_useful(self._pipeline)
        self._url, _, self._query = self.url.partition("?")

    def take(self, most: int, seconds: int) -> list[QueueMessage]:
        """Take messages into one's hand. Costs: 1 request.

        Args:
            most: At most so many, 1 to 32.
            seconds: How long nobody else receives them.
        """
        answer = self._ask("GET", "", f"numofmessages={most}&visibilitytimeout={seconds}", expect=_OK)
        found = answer.context.get(ContentDecodePolicy.CONTEXT_NAME)
        try:
            return [_message(one) for one in found.iterfind("QueueMessage")]
        except (AttributeError, TypeError, ValueError) as error:
            raise DecodeError("The reply is no list of messages.", response=answer.http_response) from error

    def delete_message(  # type: ignore[override] # it has none of the SDK's overloads
        self,
        message: str,
        pop_receipt: str,
        **options: Any,  # noqa: ANN401 - of the SDK
    ) -> None:
        """Delete a message in one's hand. Costs: 1 delete."""
        path, query = f"/{quote(message, safe='')}", f"popreceipt={quote(pop_receipt, safe='')}"
        self._ask("DELETE", path, query, expect=_DELETED, **options)

    def send_fragment(self, **options: Any) -> None:  # noqa: ANN401 - of the SDK
        """Send the beginning of a message, which no queue can put in: who may send gets InvalidXmlDocument.

        Costs: 1 request.
        """
        self._ask("POST", "", "", expect=_CREATED, content=_FRAGMENT, **options)

    def _ask(
        self,
        method: str,
        path: str,
        query: str,
        *,
        expect: int,
        content: bytes | None = None,
        **options: Any,  # noqa: ANN401 - of the SDK
    ) -> Any:  # noqa: ANN401 - of the SDK's own making
        """Send a request about messages; raise what the SDK raises where another status answers."""
        url = f"{self._url}/messages{path}?{'&'.join(filter(None, (query, self._query)))}"
        headers = {"x-ms-version": self.api_version, "Accept": "application/xml"}
        request = HttpRequest(method, url, headers=headers, content=content)
        answer = self._pipeline.run(request, stream=False, **options)
        response = answer.http_response
        if response.status_code == expect:
            return answer
        try:
            map_error(response.status_code, response, {404: ResourceNotFoundError})
            raise HttpResponseError(response=response)  # noqa: TRY301 - as the SDK's own
        except HttpResponseError as error:
            process_storage_error(error)


def _message(found: Any) -> QueueMessage:  # noqa: ANN401 - an element of XML
    return QueueMessage(
        body=(found.findtext("MessageText") or "").encode(),
        id=str(found.findtext("MessageId")),
        receipt=str(found.findtext("PopReceipt")),
        dequeue_count=int(found.findtext("DequeueCount")),
    )
