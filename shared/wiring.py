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
from shared.clock import ServerClock
from shared.heartbeat import Heartbeat
from shared.ports import ImageStore
from shared.retention import edges
from shared.settings import Settings
from shared.steps.admit import Admit
from shared.steps.analyze import Analyze
from shared.steps.attempt import Attempts
from shared.steps.bounds import analyst, limits
from shared.steps.bury import Bury
from shared.steps.drain import Drain
from shared.steps.follow import Follow
from shared.steps.locking import TableLock
from shared.steps.operate import Operate
from shared.steps.overflow import Overflow
from shared.steps.purge import Purge
from shared.steps.receive import Receive
from shared.steps.reconcile import Reconcile
from shared.steps.record import Record
from shared.steps.rejected import Readmit
from shared.steps.sweep import Sweep
from shared.steps.verify import Verify
from shared.storage import clients
from shared.storage.adapters import Storage, open_all
from shared.storage.patience import Patience


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
        reconcile: Records what no event has announced.
        bury: Takes in a message of the poison queue.
        bury_event: Takes in a blob event that the host has given up on.
        purge: Lets go of what is past its retention.
        readmit: Follows a rejected text once more.
        drain: Takes in what the host shows to nobody any more.
        operate: Cancels a job, or opens it again.
        verify: Proves the invariants.
    """

    settings: Settings
    storage: Storage
    record: Record
    analyze: Analyze
    receive: Receive
    sweep: Sweep
    reconcile: Reconcile
    bury: Bury
    bury_event: Admit
    purge: Purge
    readmit: Readmit
    drain: Drain
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
    patience = patience or Patience(monotonic=monotonic)
    storage = open_all(environ, settings, clock=server, transport=dated, patience=patience, draw=draw)
    heartbeat = Heartbeat(margin=settings.margin, monotonic=monotonic, threaded=threaded)
    return _wired(settings, storage, server, heartbeat, monotonic)


def _wired(
    settings: Settings,
    storage: Storage,
    server: ServerClock,
    heartbeat: Heartbeat,
    monotonic: Callable[[], float],
) -> Darkroom:
    """Build the steps over the adapters."""
    jobs, images, queue = storage.jobs, storage.images, storage.queue
    rejections = storage.rejections
    record = Record(
        jobs=jobs, images=images, queue=queue, rejections=rejections, settings=settings, clock=server, draw=draw
    )
    attempts = _attempts(settings, storage, server, heartbeat, monotonic)
    analyze = _analyze(settings, attempts, record, images, monotonic)
    follow = Follow(rejections=rejections, images_container=settings.images_container)
    bury = Bury(attempts=attempts, record=record, follow=follow)
    admit = Admit(jobs=jobs, queue=queue, settings=settings, record=record, follow=follow)
    drain = _drain(settings, storage, bury, admit)
    return Darkroom(
        settings,
        storage,
        record,
        analyze,
        receive=Receive(record=record, analyze=analyze, follow=follow),
        sweep=_sweep(settings, storage, server, heartbeat, monotonic, analyze=analyze, drain=drain),
        reconcile=_reconcile(settings, storage, heartbeat, monotonic, record=record),
        bury=bury,
        bury_event=admit,
        readmit=Readmit(rejections=rejections, admit=admit),
        drain=drain,
        purge=_purge(settings, storage, server, heartbeat, monotonic),
        operate=Operate(jobs=jobs, queue=queue, settings=settings, clock=server),
        verify=Verify(
            storage.audit,
            thumbnails_container=settings.thumbnails_container,
            ended_before=lambda: edges(settings, server.now()) if settings.purge_thumbnails else {},
        ),
    )


def _attempts(
    settings: Settings, storage: Storage, server: ServerClock, heartbeat: Heartbeat, monotonic: Callable[[], float]
) -> Attempts:
    """Build what claims jobs and ends them."""
    return Attempts(
        jobs=storage.jobs,
        queue=storage.queue,
        heartbeat=heartbeat,
        settings=settings,
        clock=server,
        monotonic=monotonic,
        draw=draw,
        chance=random.random,
    )


def _drain(settings: Settings, storage: Storage, bury: Bury, admit: Admit) -> Drain:
    """Build what empties the poison queues."""
    of_events = () if storage.blob_poison is None else ((storage.blob_poison, admit),)
    return Drain(((storage.poison, bury), *of_events), maximum=settings.max_dequeue_count)


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
        analyst=analyst(settings, monotonic),
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
    drain: Drain,
) -> Sweep:
    """Build the sweep and its lock."""
    return Sweep(
        jobs=storage.jobs,
        lock=_lock(settings, storage, heartbeat, monotonic),
        works={settings.image_type: analyze},
        overflow=Overflow(jobs=storage.jobs, queue=storage.queue, settings=settings, clock=server),
        drain=drain,
        settings=settings,
        clock=server,
        monotonic=monotonic,
        prepare=storage.create,
    )


def _reconcile(
    settings: Settings, storage: Storage, heartbeat: Heartbeat, monotonic: Callable[[], float], *, record: Record
) -> Reconcile:
    """Build the walk through the container of images, and its lock."""
    return Reconcile(
        listing=storage.listing,
        marks=storage.marks,
        jobs=storage.jobs,
        lock=_lock(settings, storage, heartbeat, monotonic),
        record=record,
        settings=settings,
        monotonic=monotonic,
    )


def _purge(
    settings: Settings, storage: Storage, server: ServerClock, heartbeat: Heartbeat, monotonic: Callable[[], float]
) -> Purge:
    """Build the purge and its lock."""
    return Purge(
        jobs=storage.jobs,
        ended=storage.ended,
        thumbnails=storage.images,
        lock=_lock(settings, storage, heartbeat, monotonic),
        settings=settings,
        clock=server,
        monotonic=monotonic,
    )


def _lock(settings: Settings, storage: Storage, heartbeat: Heartbeat, monotonic: Callable[[], float]) -> TableLock:
    """Build a step's own hand on the table of locks."""
    return TableLock(
        storage.locks,
        heartbeat=heartbeat,
        lease=settings.lease,
        margin=settings.margin,
        monotonic=monotonic,
        draw=draw,
        chance=random.random,
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
