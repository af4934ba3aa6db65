"""The SDK clients of one process: built once, over one transport.

The transport is the seam. It reads the ``Date`` of every reply for ``ServerClock``, and tests put their own beneath
it: it survives ``get_table_client`` and its likes, which per-client policies do not.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self, TypeVar

from azure.core.exceptions import HttpResponseError, ServiceResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.data.tables import TableClient
from azure.storage import blob, queue
from azure.storage.blob import BlobServiceClient

from shared.clock import ServerClock
from shared.errors import SettingsInvalid
from shared.runtime import Runtime
from shared.storage import transport
from shared.storage.connections import Connection, credential
from shared.storage.policies import keep_useful
from shared.storage.queue_client import Queue
from shared.storage.server_date import date_of
from shared.storage.table_client import Table

Client = TypeVar("Client")

#: The newest that Azurite 3.35 knows; the SDKs' own default is ahead of every released emulator.
API_VERSION = "2024-11-04"
CONNECT_TIMEOUT = timedelta(seconds=5)
READ_TIMEOUT = timedelta(seconds=30)

#: How often the SDKs repeat a read; writes they never repeat (see ``cas``).
_RETRIES = 3
#: Of tables: they wait not at all, then twice this, then four times; or for what Retry-After says.
_FACTOR_SECONDS = 0.2
#: Of blobs and queues: each wait is drawn evenly from zero up to this. The SDKs' own first wait would be 15 s and more.
_LONGEST_WAIT_SECONDS = 0.4


def default_transport(environ: Mapping[str, str]) -> HttpTransport[Any, Any]:
    """Make the transport over connections of this process, with time-outs of our own.

    Args:
        environ: May name proxies, and a file of certificates.
    """
    return transport.PooledTransport(
        connect_seconds=CONNECT_TIMEOUT.total_seconds(), read_seconds=READ_TIMEOUT.total_seconds(), environ=environ
    )


class DatingTransport(HttpTransport[Any, Any]):
    """Pass requests on, read each reply to its end, and tell the clock its ``Date``."""

    def __init__(self, inner: HttpTransport[Any, Any], clock: ServerClock, *, pause: Callable[[float], object]) -> None:
        self._inner = inner
        self._clock = clock
        self._pause = pause

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
        """Wait, as the SDK does between its tries of a read."""
        self._pause(duration)

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


class _BlobRetry(blob.ExponentialRetry):
    """Repeats reads as often as we want, and waits as the process does."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(retry_total=_RETRIES)
        self._runtime = runtime

    def sleep(self, settings: Any, transport: Any) -> None:  # noqa: ANN401, ARG002 - as the SDK calls it
        """Wait before the next try."""
        self._runtime.pause(_LONGEST_WAIT_SECONDS * self._runtime.chance())


class _QueueRetry(queue.ExponentialRetry):
    """The same for queues."""

    def __init__(self, runtime: Runtime) -> None:
        super().__init__(retry_total=_RETRIES)
        self._runtime = runtime

    def sleep(self, settings: Any, transport: Any) -> None:  # noqa: ANN401, ARG002 - as the SDK calls it
        """Wait before the next try."""
        self._runtime.pause(_LONGEST_WAIT_SECONDS * self._runtime.chance())


class TableService:
    """The table service; its own API version is old enough for every emulator.

    Each client of a table uses the transport itself: one that a ``TableServiceClient`` makes has its own way to wait
    between two tries.
    """

    def __init__(self, connection: Connection, wire: HttpTransport[Any, Any]) -> None:
        self._connection = connection
        options = {"transport": wire, "retry_total": _RETRIES, "retry_backoff_factor": _FACTOR_SECONDS}
        self._client = _maker(Table, connection, "table", **options)

    def get_table_client(self, name: str) -> TableClient:
        """Build the client of one table; ``names`` calls this."""
        with _name_setting(self._connection):
            return self._client(table_name=name)


class QueueService:
    """The queue service."""

    def __init__(self, connection: Connection, wire: HttpTransport[Any, Any], runtime: Runtime) -> None:
        self._connection = connection
        options = {"transport": wire, "api_version": API_VERSION, "retry_policy": _QueueRetry(runtime)}
        self._client = _maker(Queue, connection, "queue", **options)

    def get_queue_client(self, name: str) -> Queue:
        """Build the client of one queue; ``names`` calls this."""
        with _name_setting(self._connection):
            return self._client(queue_name=name)


def blob_service(
    connection: Connection, wire: HttpTransport[Any, Any], runtime: Runtime, *, single_get_bytes: int
) -> BlobServiceClient:
    """Build the client of the blob service.

    Args:
        connection: The account.
        wire: Shared by all clients.
        runtime: Waits between two tries of a read.
        single_get_bytes: Blobs up to this size come in one request, and in one piece.
    """
    options: dict[str, Any] = {
        "transport": wire,
        "api_version": API_VERSION,
        "max_single_get_size": single_get_bytes,
        "max_chunk_get_size": single_get_bytes,
        "retry_policy": _BlobRetry(runtime),
    }
    with _name_setting(connection):
        client = _maker(BlobServiceClient, connection, "blob", **options)()
    keep_useful(client._pipeline)  # noqa: SLF001 - the SDK leaves no other way
    return client


def _maker(kind: type[Client], connection: Connection, service: str, **options: object) -> Callable[..., Client]:
    """Return what makes a client of a kind: it is called with the name of a table or queue."""
    make: Any = kind
    if connection.text is not None:
        return partial(make.from_connection_string, connection.text, **options)
    return partial(make, _endpoint(connection, service), credential=credential(connection), **options)


@contextmanager
def _name_setting(connection: Connection) -> Iterator[None]:
    """Refuse a connection string by the name of its setting; what the SDK says of it names none."""
    try:
        yield
    except ValueError:
        raise SettingsInvalid(
            [f"{connection.setting}: must be a connection string with AccountName and AccountKey, or an identity"]
        ) from None


def _endpoint(connection: Connection, service: str) -> str:
    try:
        return connection.endpoints[service]
    except KeyError:
        name = connection.setting
        raise SettingsInvalid(
            [f"{name}__{service}ServiceUri: must be set beside the other URIs, or {name}__accountName must be set"]
        ) from None
