"""The queue side of blob triggers, on every instance: one message a blob version, the whole blob into the call."""

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobClient, BlobProperties
from azure.storage.queue import QueueClient

from localhost.channel import Data
from localhost.host import delivery
from localhost.host.app_settings import SettingsWrong
from localhost.host.connections import DEFAULT
from localhost.host.host_context import HostContext
from localhost.host.index import Function
from localhost.host.message_lease import MessageLease
from localhost.host.queues import make_queue
from localhost.host.receipts import unquote_etag

POISON_QUEUE = "webjobs-blobtrigger-poison"
#: The source that gets its events from Event Grid, without a scan.
EVENT_GRID = "EventGrid"


def queue_name(host_id: str) -> str:
    """Return the name of the queue that all instances of one host id share."""
    return f"azure-webjobs-blobtrigger-{host_id}"


def is_event_grid(function: Function) -> bool:
    """Tell whether a blob function is fed by Event Grid."""
    return str(function.trigger.get("source", "")).lower() == EVENT_GRID.lower()


@dataclass(frozen=True)
class BlobMessage:
    """One blob version for one function; the ETag without quotes."""

    function_id: str
    container: str
    name: str
    etag: str

    def dump(self) -> bytes:
        """Return the JSON that the real host writes."""
        fields = {
            "Type": "BlobTrigger",
            "FunctionId": self.function_id,
            "BlobType": "BlockBlob",
            "ContainerName": self.container,
            "BlobName": self.name,
            "ETag": f'"{self.etag}"',
        }
        return json.dumps(fields).encode()

    @classmethod
    def load(cls, body: bytes) -> "BlobMessage":
        """Read such a message.

        Raises:
            ValueError: It is something else.
        """
        fields = json.loads(body)
        try:
            function_id, container, name = (str(fields[key]) for key in ("FunctionId", "ContainerName", "BlobName"))
            etag = str(fields.get("ETag", ""))
        except (KeyError, TypeError, AttributeError):
            raise ValueError(
                "A blob trigger message is a JSON object with FunctionId, ContainerName, BlobName."
            ) from None
        return cls(function_id, container, name, unquote_etag(etag))


class BlobQueue:
    """Put blob messages on the queue, and turn them into calls."""

    def __init__(self, functions: Mapping[str, Function], context: HostContext) -> None:
        self._functions = functions
        self._context = context
        self.queue = context.connections.queues().get_queue_client(queue_name(context.state.host_id))
        #: Tells this instance's listener that a message is there; the others find it by their next poll.
        self.notify: Callable[[], None] = lambda: None

    def send(self, message: BlobMessage) -> None:
        """Put a message on the queue, which is made when it is missed, and tell the listener."""
        content = delivery.encode(message.dump(), base64_mode=self._context.host_json.base64_mode)
        try:
            self.queue.send_message(content)
        except ResourceNotFoundError:
            make_queue(self.queue)
            self.queue.send_message(content)
        self.notify()

    def deliver(self, lease: MessageLease, body: bytes) -> bool:
        """Call the function of a message; True also when there is nothing to call or the version is gone."""
        message = BlobMessage.load(body)
        function = self._functions.get(message.function_id)
        if function is None:
            self._log_skip(message, "no function with this name listens")
            return True
        blob = self._blob(function, message)
        try:
            properties = blob.get_blob_properties()
        except ResourceNotFoundError:
            self._log_skip(message, "the blob is gone")
            return True
        if not is_event_grid(function) and unquote_etag(str(properties.etag)) != message.etag:
            self._log_skip(message, "the blob has changed; the scan announces the new version")
            return True
        reason = f"New blob detected: {message.container}/{message.name} ({lease.dequeue_count})"
        return self._call(function, message, blob, reason)

    def call(self, function: Function, container: str, name: str, *, reason: str) -> bool:
        """Call a function with a blob as it is now.

        Raises:
            ResourceNotFoundError: There is no such blob.
        """
        message = BlobMessage(function.id, container, name, "")
        return self._call(function, message, self._blob(function, message), reason)

    def poison(self, body: bytes | None) -> QueueClient:
        """Return the poison queue of a message: in the blob's own account, or the host's where that has no queues."""
        connection = DEFAULT
        try:
            function = None if body is None else self._functions.get(BlobMessage.load(body).function_id)
            connection = function.connection if function is not None else DEFAULT
            return self._context.connections.queues(connection).get_queue_client(POISON_QUEUE)
        except (ValueError, SettingsWrong):
            return self._context.connections.queues().get_queue_client(POISON_QUEUE)

    def _call(self, function: Function, message: BlobMessage, blob: BlobClient, reason: str) -> bool:
        download = blob.download_blob()
        content = download.readall()
        metadata: dict[str, Any] = dict(function.pattern.match(message.name) or {})
        metadata |= {
            "BlobTrigger": f"{message.container}/{message.name}",
            "Uri": blob.url.partition("?")[0],
            "Properties": _properties(download.properties),
            "Metadata": dict(download.properties.metadata),
        }
        return self._context.worker.invoke(function, Data("bytes", content), metadata, reason=reason).success

    def _blob(self, function: Function, message: BlobMessage) -> BlobClient:
        service = self._context.connections.blobs(function.connection)
        return service.get_blob_client(message.container, message.name)

    def _log_skip(self, message: BlobMessage, why: str) -> None:
        self._context.log.event(
            "blob skipped", function=message.function_id, blob=f"{message.container}/{message.name}", reason=why
        )


def _properties(blob: BlobProperties) -> dict[str, Any]:
    """Return what Python sees as ``blob_properties``; the ETag is an empty object there, as on the real host."""
    md5 = blob.content_settings.content_md5
    return {
        "Length": blob.size,
        "ContentLength": blob.size,
        "ContentType": blob.content_settings.content_type,
        "ContentHash": None if md5 is None else base64.b64encode(bytes(md5)).decode(),
        "ETag": {},
        "LastModified": None if blob.last_modified is None else blob.last_modified.isoformat(),
        "CreatedOn": None if blob.creation_time is None else blob.creation_time.isoformat(),
        "BlobType": 0,
    }
