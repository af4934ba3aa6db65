"""All adapters, by what they keep, over one transport."""

from collections.abc import Mapping
from functools import partial

from shared.clock import ServerClock
from shared.ports.storage import Storage
from shared.runtime import Runtime
from shared.settings.bindings import is_enabled
from shared.settings.settings import BLOB_POISON_QUEUE, Settings
from shared.storage import clients, connections, names
from shared.storage.action_table import ActionTable
from shared.storage.audit import AuditReader
from shared.storage.blob_listing import BlobListing
from shared.storage.blobs import BlobContainers
from shared.storage.clients import DatingTransport
from shared.storage.connections import Connection
from shared.storage.ended_table import EndedTable
from shared.storage.index_table import IndexTable
from shared.storage.job_table import JobTable
from shared.storage.lock_table import LockTable
from shared.storage.mark_table import MarkTable
from shared.storage.poison_queue import StoragePoisonQueue
from shared.storage.rejection_table import RejectionTable
from shared.storage.retries import RetryPolicy
from shared.storage.work_queue import StorageWorkQueue


def open_all(
    environ: Mapping[str, str],
    settings: Settings,
    *,
    clock: ServerClock,
    transport: DatingTransport,
    retry: RetryPolicy,
    runtime: Runtime,
) -> Storage:
    """Build the adapters over one transport; raise ``SettingsInvalid`` for a connection that can't be used."""
    draw, buckets = runtime.draw, settings.job_buckets
    to_images = connections.read(environ, settings.images_connection)
    to_jobs = connections.read(environ, settings.jobs_connection)
    tables = clients.TableService(to_jobs, transport)
    jobs, locks = (names.table(tables, name) for name in (settings.jobs_table, settings.locks_table))
    blobs = clients.blob_service(to_images, transport, runtime, single_get_bytes=settings.max_bytes)
    queues = clients.QueueService(to_jobs, transport, runtime)
    job_table = JobTable(jobs, buckets=buckets, clock=clock, retry=retry, draw=draw)
    lock_table = LockTable(locks, clock=clock, retry=retry, draw=draw)
    images = BlobContainers(blobs, thumbnails_container=settings.thumbnails_container, retry=retry)
    queue = StorageWorkQueue(names.queue(queues, settings.job_queue), retry=retry)
    return Storage(
        jobs=job_table,
        index=IndexTable(jobs, buckets=buckets, retry=retry, draw=draw),
        ended=EndedTable(jobs, buckets=buckets, retry=retry, draw=draw),
        locks=lock_table,
        images=images,
        listing=BlobListing(blobs, settings.images_container),
        marks=MarkTable(jobs, retry=retry, draw=draw),
        queue=queue,
        rejections=RejectionTable(jobs, retry=retry, draw=draw),
        actions=ActionTable(jobs, retry=retry, draw=draw),
        poison=StoragePoisonQueue(names.queue(queues, settings.poison_queue)),
        blob_poison=_blob_poison(environ, to_images, transport, runtime),
        audit=AuditReader(
            jobs, blobs, thumbnails_container=settings.thumbnails_container, buckets=buckets, retry=retry, draw=draw
        ),
        create=partial(_create, job_table, lock_table, images, queue, settings.images_container),
        check=job_table.check,
    )


def _create(jobs: JobTable, locks: LockTable, images: BlobContainers, queue: StorageWorkQueue, container: str) -> None:
    """Create the tables, the containers and the queue where they are missing. Costs: 6 requests."""
    jobs.create()
    locks.create()
    images.create(container)
    queue.create()


def _blob_poison(
    environ: Mapping[str, str], to_images: Connection, transport: DatingTransport, runtime: Runtime
) -> StoragePoisonQueue | None:
    """Build the queue of given-up blob events, which all apps share; None where this app may not read it."""
    reachable = to_images.text is not None or "queue" in to_images.endpoints
    if not reachable or not is_enabled(environ, "bury_blob_events"):
        return None
    return StoragePoisonQueue(names.queue(clients.QueueService(to_images, transport, runtime), BLOB_POISON_QUEUE))
