"""The check that every name of a container, blob, queue or table passes before it is sent to storage.

No other module builds a client of the SDK from a name; a test reads the sources for it. A name that the service would
change or refuse never leaves the process: the caller gets the reason, ``InvalidReference``.
"""

from azure.data.tables import TableClient
from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient

from shared.rules.names import Kind, check
from shared.storage.clients import QueueService, TableService
from shared.storage.queue_client import Queue


def blob(service: BlobServiceClient, container_name: str, name: str) -> BlobClient:
    """Build the client of one blob.

    Raises:
        InvalidReference: Container or blob can't have such a name.
    """
    return service.get_blob_client(check(Kind.CONTAINER, container_name), check(Kind.BLOB, name))


def container(service: BlobServiceClient, name: str) -> ContainerClient:
    """Build the client of a container; raise as ``blob`` does."""
    return service.get_container_client(check(Kind.CONTAINER, name))


def queue(service: QueueService, name: str) -> Queue:
    """Build the client of a queue; raise as ``blob`` does."""
    return service.get_queue_client(check(Kind.QUEUE, name))


def table(service: TableService, name: str) -> TableClient:
    """Build the client of a table; raise as ``blob`` does."""
    return service.get_table_client(check(Kind.TABLE, name))
