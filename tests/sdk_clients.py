"""The SDK clients that adapters keep to themselves, for tests that look into what is stored, or change it."""

from azure.data.tables import TableClient
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient

from shared.ports.images import ImageStore
from shared.ports.jobs import JobStore
from shared.ports.locks import LockStore
from shared.ports.poison import PoisonQueue
from shared.ports.queue import WorkQueue
from shared.storage.blobs import BlobContainers
from shared.storage.job_table import JobTable
from shared.storage.lock_table import LockTable
from shared.storage.poison_queue import StoragePoisonQueue
from shared.storage.work_queue import StorageWorkQueue


def table_of(port: JobStore | LockStore) -> TableClient:
    """Return the client of a table."""
    assert isinstance(port, JobTable | LockTable)
    return port._table


def blobs_of(port: ImageStore) -> BlobServiceClient:
    """Return the client of the containers."""
    assert isinstance(port, BlobContainers)
    return port._service


def queue_of(port: WorkQueue | PoisonQueue) -> QueueClient:
    """Return the client of a queue."""
    assert isinstance(port, StorageWorkQueue | StoragePoisonQueue)
    return port._queue
