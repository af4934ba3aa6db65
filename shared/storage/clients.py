"""The SDK clients of one process: built once, over one transport.

The transport is the seam. It reads the ``Date`` of every reply for ``ServerClock``, and tests put their own beneath
it: it survives ``get_table_client`` and its likes, which per-client policies do not.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.data.tables import TableServiceClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueServiceClient

from shared.clock import ServerClock
from shared.errors import SettingsInvalid
from shared.storage import transport
from shared.storage.connections import Connection, credential
from shared.storage.replies import date_of

#: The newest that Azurite 3.35 knows; the SDKs' own default is ahead of every released emulator.
API_VERSION = "2024-11-04"
CONNECT_TIMEOUT = timedelta(seconds=5)
READ_TIMEOUT = timedelta(seconds=30)

#: Reads only: writes are never repeated by the SDK (see ``cas``). Its own first wait would be 15 s and more; for blobs
#: and queues it waits ``initial_backoff + increment_base ** n`` seconds, give or take the jitter.
_RETRIES = {
    "retry_total": 3,
    "retry_backoff_factor": 0.2,
    "initial_backoff": 0.2,
    "increment_base": 0,
    "random_jitter_range": 0.2,
}


def default_transport() -> HttpTransport[Any, Any]:
    """Make the transport over ``requests``, with time-outs of our own."""
    return transport.connect(connect_seconds=CONNECT_TIMEOUT.total_seconds(), read_seconds=READ_TIMEOUT.total_seconds())


class DatingTransport(HttpTransport[Any, Any]):
    """Pass requests on, read each reply to its end, and tell the clock its ``Date``."""

    def __init__(self, inner: HttpTransport[Any, Any], clock: ServerClock) -> None:
        self._inner = inner
        self._clock = clock

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Send, and read the reply, its ``Date`` among the rest.

        Raises:
            ServiceResponseError: The reply broke off: whether the request was obeyed is not known.
        """
        sent_at = self._clock.monotonic()
        try:
            reply = self._inner.send(request, **kwargs)
        except HttpResponseError as error:  # of a body that broke off; without a response, the SDKs trip over it
            raise ServiceResponseError("The reply broke off in its body.", error=error) from error
        date = date_of(reply.headers)
        if date is not None:
            self._clock.observe(date, sent_at=sent_at)
        transport.read_whole(request, reply)
        return reply

    def sleep(self, duration: float) -> None:
        """Wait, as the SDK does between its tries of a read; how is the transport's own affair beneath."""
        self._inner.sleep(duration)

    def open(self) -> None:
        """Open the transport beneath."""
        self._inner.open()

    def close(self) -> None:
        """Close the transport beneath."""
        self._inner.close()

    def __enter__(self) -> Self:
        """Open."""
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        """Close."""
        self.close()


def table_service(connection: Connection, wire: HttpTransport[Any, Any]) -> TableServiceClient:
    """Build the client of the table service; its own API version is old enough for every emulator."""
    options: dict[str, Any] = {"transport": wire, **_RETRIES}
    if connection.text is not None:
        with _named(connection):
            return TableServiceClient.from_connection_string(connection.text, **options)
    return TableServiceClient(_endpoint(connection, "table"), credential=credential(connection), **options)


def queue_service(connection: Connection, wire: HttpTransport[Any, Any]) -> QueueServiceClient:
    """Build the client of the queue service."""
    options: dict[str, Any] = {"transport": wire, "api_version": API_VERSION, **_RETRIES}
    if connection.text is not None:
        with _named(connection):
            return QueueServiceClient.from_connection_string(connection.text, **options)
    return QueueServiceClient(_endpoint(connection, "queue"), credential=credential(connection), **options)


def blob_service(connection: Connection, wire: HttpTransport[Any, Any], *, single_get_bytes: int) -> BlobServiceClient:
    """Build the client of the blob service.

    Args:
        connection: The account.
        wire: Shared by all clients.
        single_get_bytes: Blobs up to this size come in one request.
    """
    options: dict[str, Any] = {
        "transport": wire,
        "api_version": API_VERSION,
        "max_single_get_size": single_get_bytes,
        **_RETRIES,
    }
    if connection.text is not None:
        with _named(connection):
            return BlobServiceClient.from_connection_string(connection.text, **options)
    return BlobServiceClient(_endpoint(connection, "blob"), credential=credential(connection), **options)


@contextmanager
def _named(connection: Connection) -> Iterator[None]:
    """Refuse a connection string by the name of its setting; what the SDK says of it names none."""
    try:
        yield
    except ValueError:
        raise SettingsInvalid(
            [f"{connection.setting}: want a connection string with AccountName and AccountKey, or an identity"]
        ) from None


def _endpoint(connection: Connection, service: str) -> str:
    try:
        return connection.endpoints[service]
    except KeyError:
        name = connection.setting
        raise SettingsInvalid(
            [f"{name}__{service}ServiceUri: want it beside the other URIs, or {name}__accountName"]
        ) from None
