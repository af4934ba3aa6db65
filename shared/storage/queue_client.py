"""The client of a queue: the SDK's, with a shorter way for what each message needs."""

from typing import Any
from urllib.parse import quote

from azure.core.exceptions import HttpResponseError, ResourceNotFoundError, map_error
from azure.core.rest import HttpRequest
from azure.storage.queue import QueueClient
from azure.storage.queue._shared.response_handlers import process_storage_error

from shared.storage.policies import keep_useful

_DELETED = 204


class Queue(QueueClient):
    """The client of one queue."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - of the SDK
        super().__init__(*args, **kwargs)
        keep_useful(self._pipeline)
        self._url, _, self._query = self.url.partition("?")

    def delete_message(  # type: ignore[override] # it has none of the SDK's overloads
        self,
        message: str,
        pop_receipt: str,
        **options: Any,  # noqa: ANN401 - of the SDK
    ) -> None:
        """Delete a message in one's hand. Costs: 1 delete."""
        query = "&".join(filter(None, (f"popreceipt={quote(pop_receipt, safe='')}", self._query)))
        url = f"{self._url}/messages/{quote(message, safe='')}?{query}"
        request = HttpRequest("DELETE", url, headers={"x-ms-version": self.api_version})
        response = self._pipeline.run(request, stream=False, **options).http_response
        if response.status_code == _DELETED:
            return
        try:
            map_error(response.status_code, response, {404: ResourceNotFoundError})
            raise HttpResponseError(response=response)  # noqa: TRY301 - as the SDK's own
        except HttpResponseError as error:
            process_storage_error(error)
