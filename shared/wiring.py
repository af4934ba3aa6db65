"""The composition root: settings in, ready steps out. Built on first use, once a process."""

import logging
import os
import random
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import clock
from shared.analysis import Limits, ThumbnailSpec
from shared.clock import ServerClock
from shared.heartbeat import Heartbeat
from shared.ports import ImageStore
from shared.settings import Settings, Thumbnails
from shared.steps.analyze import Analyze
from shared.steps.attempt import Attempts
from shared.steps.bury import Bury
from shared.steps.follow import Follow
from shared.steps.locking import TableLock
from shared.steps.operate import Operate
from shared.steps.receive import Receive
from shared.steps.record import Record
from shared.steps.sweep import Sweep
from shared.steps.verify import Verify
from shared.storage import clients, connections
from shared.storage.audit import AuditReader
from shared.storage.blobs import BlobContainers
from shared.storage.clients import DatingTransport
from shared.storage.job_table import JobTable
from shared.storage.lock_table import LockTable
from shared.storage.patience import Patience
from shared.storage.queue import StorageQueue


@dataclass(frozen=True)
class Storage:
    """The adapters, by what they keep."""

    jobs: JobTable
    locks: LockTable
    images: BlobContainers
    queue: StorageQueue
    audit: AuditReader
    images_container: str

    def create(self) -> None:
        """Create the tables, the containers and the queue where they are missing. Costs: 6 requests."""
        self.jobs.create()
        self.locks.create()
        self.images.create(self.images_container)
        self.queue.create()


@dataclass(frozen=True)
class Darkroom:
    """Everything, wired: what the triggers call, and what tools look into.

    Attributes:
        settings: As read.
        storage: The adapters.
        record: Records an image.
        analyze: Analyses a job.
        receive: Takes in a message of the job queue.
        sweep: Looks at what is due.
        bury: Takes in a message of the poison queue.
        operate: Cancels a job, or opens it again.
        verify: Proves the invariants.
    """

    settings: Settings
    storage: Storage
    record: Record
    analyze: Analyze
    receive: Receive
    sweep: Sweep
    bury: Bury
    operate: Operate
    verify: Verify


def build(
    environ: Mapping[str, str],
    *,
    transport: HttpTransport[Any, Any] | None = None,
    monotonic: Callable[[], float] = clock.monotonic,
    patience: Patience | None = None,
    threaded: bool = True,
) -> Darkroom:
    """Wire everything.

    Args:
        environ: App settings.
        transport: Beneath all SDK clients; a new one over ``requests`` without it.
        monotonic: Seconds that never go back.
        patience: With writes that are not decided.
        threaded: Whether the heartbeat has a thread of its own.

    Raises:
        SettingsInvalid: With every setting that can't be used.
    """
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDKs log every request, which is paid for by the line
    settings, server = Settings.read(environ), ServerClock(monotonic)
    dated = clients.DatingTransport(transport or clients.default_transport(), server)
    storage = _storage(environ, settings, server, dated, patience or Patience(monotonic=monotonic))
    heartbeat = Heartbeat(margin=settings.margin, monotonic=monotonic, threaded=threaded)
    return _wired(settings, storage, server, heartbeat, monotonic)


def _storage(
    environ: Mapping[str, str], settings: Settings, server: ServerClock, transport: DatingTransport, patience: Patience
) -> Storage:
    """Build the adapters over one transport."""
    to_images = connections.read(environ, settings.images_connection)
    to_jobs = connections.read(environ, settings.jobs_connection)
    tables = clients.table_service(to_jobs, transport)
    jobs, locks = (tables.get_table_client(name) for name in (settings.jobs_table, settings.locks_table))
    blobs = clients.blob_service(to_images, transport, single_get_bytes=settings.max_bytes)
    queue = clients.queue_service(to_jobs, transport).get_queue_client(settings.job_queue)
    return Storage(
        jobs=JobTable(jobs, buckets=settings.job_buckets, clock=server, patience=patience, draw=draw),
        locks=LockTable(locks, clock=server, patience=patience, draw=draw),
        images=BlobContainers(blobs, thumbnails_container=settings.thumbnails_container, patience=patience),
        queue=StorageQueue(queue, patience=patience),
        audit=AuditReader(
            jobs,
            blobs,
            thumbnails_container=settings.thumbnails_container,
            buckets=settings.job_buckets,
            patience=patience,
            draw=draw,
        ),
        images_container=settings.images_container,
    )


def _wired(
    settings: Settings,
    storage: Storage,
    server: ServerClock,
    heartbeat: Heartbeat,
    monotonic: Callable[[], float],
) -> Darkroom:
    """Build the steps over the adapters."""
    jobs, images, queue = storage.jobs, storage.images, storage.queue
    record = Record(jobs=jobs, images=images, queue=queue, settings=settings, clock=server, draw=draw)
    attempts = Attempts(
        jobs=jobs,
        queue=queue,
        heartbeat=heartbeat,
        settings=settings,
        clock=server,
        monotonic=monotonic,
        draw=draw,
        chance=random.random,
    )
    analyze = _analyze(settings, attempts, record, images, monotonic)
    follow = Follow(jobs=jobs, images_container=settings.images_container)
    return Darkroom(
        settings,
        storage,
        record,
        analyze,
        receive=Receive(record=record, analyze=analyze, follow=follow),
        sweep=_sweep(settings, storage, server, heartbeat, monotonic, analyze=analyze),
        bury=Bury(attempts=attempts, record=record, follow=follow),
        operate=Operate(jobs=jobs, queue=queue, settings=settings, clock=server),
        verify=Verify(storage.audit, thumbnails_container=settings.thumbnails_container),
    )


def _analyze(
    settings: Settings, attempts: Attempts, record: Record, images: ImageStore, monotonic: Callable[[], float]
) -> Analyze:
    """Build the analysis."""
    return Analyze(
        attempts=attempts,
        images=images,
        record=record,
        settings=settings,
        limits=limits(settings),
        thumbnail=thumbnail_spec(settings),
        monotonic=monotonic,
    )


def _sweep(
    settings: Settings,
    storage: Storage,
    server: ServerClock,
    heartbeat: Heartbeat,
    monotonic: Callable[[], float],
    *,
    analyze: Analyze,
) -> Sweep:
    """Build the sweep and its lock."""
    lock = TableLock(
        storage.locks,
        heartbeat=heartbeat,
        lease=settings.lease,
        margin=settings.margin,
        monotonic=monotonic,
        draw=draw,
        chance=random.random,
    )
    return Sweep(
        jobs=storage.jobs,
        lock=lock,
        analyze=analyze,
        settings=settings,
        clock=server,
        monotonic=monotonic,
        prepare=storage.create,
    )


def limits(settings: Settings) -> Limits:
    """Return what an image may cost."""
    return Limits(
        max_bytes=settings.max_bytes,
        max_decode_bytes=settings.max_decode_bytes,
        max_pixels=settings.max_pixels,
        max_side_px=settings.max_side_px,
        max_progressive_scans=settings.max_progressive_scans,
        max_png_chunks=settings.max_png_chunks,
    )


def thumbnail_spec(settings: Settings) -> ThumbnailSpec | None:
    """Return what thumbnails are wanted; None for none."""
    if settings.thumbnails is Thumbnails.OFF:
        return None
    return ThumbnailSpec(
        long_edge_px=settings.thumbnail_long_edge_px,
        format=settings.thumbnail_format.value,
        quality=settings.thumbnail_quality,
    )


def draw() -> str:
    """Return 32 hex digits that nobody has drawn before."""
    return uuid.uuid4().hex


_guard = threading.Lock()
_built: Darkroom | None = None


def darkroom() -> Darkroom:
    """Return the process's own, built from the environment at the first call."""
    global _built  # noqa: PLW0603 - one a process, however many threads ask first
    with _guard:
        if _built is None:
            _built = build(os.environ)
        return _built
