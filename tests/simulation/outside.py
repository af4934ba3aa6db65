"""Clients of the storage account that are not Darkroom: those who upload images, and those who send messages."""

from xml.sax.saxutils import escape

from azure.core.exceptions import AzureError

from tests.simulation import entry_points
from tests.simulation.clocks import Watch
from tests.simulation.service.exchange import Request
from tests.simulation.wire import Wire

_OK, _NOT_FOUND = 300, 404


class Client:
    """Sends raw requests from the running task; one that fails is not repeated."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._watch = Watch(wire.account.clock)

    def put_image(self, name: str, data: bytes) -> bool:
        """Upload an image."""
        headers = {"x-ms-blob-type": "BlockBlob", "content-type": "image/png", "content-length": str(len(data))}
        return self._is_sent(Request("PUT", "blob", (entry_points.IMAGES, name), {}, headers, data))

    def mark_image(self, name: str, number: int) -> bool:
        """Change an image's metadata."""
        query, headers = {"comp": "metadata"}, {"x-ms-meta-number": str(number)}
        return self._is_sent(Request("PUT", "blob", (entry_points.IMAGES, name), query, headers))

    def put_tier(self, name: str, tier: str) -> bool:
        """Put an image into another access tier; there may be none of that name."""
        query, headers = {"comp": "tier"}, {"x-ms-access-tier": tier}
        status = self._status(Request("PUT", "blob", (entry_points.IMAGES, name), query, headers))
        return 0 < status < _OK or status == _NOT_FOUND

    def delete_image(self, name: str) -> bool:
        """Delete an image."""
        return self._is_sent(Request("DELETE", "blob", (entry_points.IMAGES, name), {}, {}))

    def clear(self, queue: str) -> bool:
        """Take all messages away, as an operator may."""
        return self._is_sent(Request("DELETE", "queue", (queue, "messages"), {}, {}))

    def send(self, queue: str, text: str) -> bool:
        """Send a message; a queue that is missing is made."""
        body = f"<QueueMessage><MessageText>{escape(text)}</MessageText></QueueMessage>".encode()
        request = Request("POST", "queue", (queue, "messages"), {"messagettl": "-1"}, {}, body)
        status = self._status(request)
        if status == _NOT_FOUND and self._is_sent(Request("PUT", "queue", (queue,), {}, {})):
            status = self._status(request)
        return 0 < status < _OK

    def _is_sent(self, request: Request) -> bool:
        return 0 < self._status(request) < _OK

    def _status(self, request: Request) -> int:
        """Send a request, and return the status of its reply; 0 where none has come."""
        try:
            passage = self._wire.send(request, monotonic=self._watch)
        except AzureError:
            return 0
        return 0 if passage.reply is None else passage.reply.status
