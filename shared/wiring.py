"""The composition root: settings in, ready steps out. Built on first use, once a process."""

import logging
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import handlers
from shared.analysis.isolation import Analyst
from shared.assembly import Assembly
from shared.clock import ServerClock
from shared.handlers import Handler
from shared.heartbeat import Heartbeat
from shared.retention import edges
from shared.runtime import Runtime
from shared.settings import Settings
from shared.steps import bounds
from shared.steps.add import Add
from shared.steps.admit import Admit
from shared.steps.bury import Bury
from shared.steps.drain import Drain
from shared.steps.follow import Follow
from shared.steps.hold import Hold
from shared.steps.lookup import Lookup
from shared.steps.operate import Operate
from shared.steps.purge import Purge
from shared.steps.receive import Receive
from shared.steps.reconcile import Reconcile
from shared.steps.record import Record
from shared.steps.rejected import Readmit
from shared.steps.remove import Remove
from shared.steps.statistics import Count
from shared.steps.sweep import Sweep
from shared.steps.upkeep.forget import Forget
from shared.steps.upload import Upload
from shared.steps.verify import Verify
from shared.steps.work import Work
from shared.storage import clients
from shared.storage.adapters import Storage, open_all
from shared.storage.patience import Patience

_RUNTIME = Runtime()


@dataclass(frozen=True, kw_only=True)
class Darkroom:
    """Everything, wired: what the triggers and the API call, and what tools look into.

    Attributes:
        settings: As read.
        storage: The adapters.
        record: Records an image.
        analyst: Analyses images.
        work: Works on a job.
        receive: Takes in a message of the job queue.
        sweep: Looks at what is due.
        reconcile: Records what no event has announced.
        bury: Takes in a message of the poison queue.
        bury_event: Takes in a blob event that the host has given up on.
        purge: Lets go of what is past its retention.
        readmit: Follows a rejected text once more.
        forget: Forgets rejected texts.
        drain: Takes in what the host shows to nobody any more.
        operate: Cancels a job, or opens it again.
        verify: Proves the invariants.
        add: Adds a job of any type.
        hold: Claims a job for an external worker, and writes under its claim.
        remove: Deletes a job.
        upload: Takes in an image.
        lookup: Looks jobs and images up.
        stats: Counts what there is.
    """

    settings: Settings
    storage: Storage
    record: Record
    analyst: Analyst
    work: Work
    receive: Receive
    sweep: Sweep
    reconcile: Reconcile
    bury: Bury
    bury_event: Admit
    purge: Purge
    readmit: Readmit
    forget: Forget
    drain: Drain
    operate: Operate
    verify: Verify
    add: Add
    hold: Hold
    remove: Remove
    upload: Upload
    lookup: Lookup
    stats: Count


def build(
    environ: Mapping[str, str],
    *,
    transport: HttpTransport[Any, Any] | None = None,
    runtime: Runtime = _RUNTIME,
    patience: Patience | None = None,
    threaded: bool = True,
    works: Mapping[str, Handler] | None = None,
    analyst: Analyst | None = None,
) -> Darkroom:
    """Wire everything.

    Args:
        environ: App settings.
        transport: Beneath all SDK clients; a new one over ``requests`` without it.
        runtime: Time, chance and threads; those of this process without it.
        patience: With writes that are not decided.
        threaded: Whether the heartbeat has a thread of its own.
        works: Handlers by type; those that are registered without it.
        analyst: Analyses images; as the settings want it without it.

    Raises:
        SettingsInvalid: With every setting that can't be used.
    """
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDKs log every request, which is paid for by the line
    settings, server = Settings.read(environ), ServerClock(runtime.monotonic)
    dated = clients.DatingTransport(transport or clients.default_transport(), server, pause=runtime.pause)
    patience = patience or Patience(monotonic=runtime.monotonic, pause=runtime.pause)
    storage = open_all(environ, settings, clock=server, transport=dated, patience=patience, runtime=runtime)
    heartbeat = Heartbeat(margin=settings.margin, runtime=runtime, threaded=threaded)
    known = handlers.registered() if works is None else works
    analyst = analyst or bounds.analyst(settings, runtime.monotonic)
    return _wired(Assembly(settings, storage, server, heartbeat, runtime, known, analyst))


def _wired(parts: Assembly) -> Darkroom:
    """Build the steps over the adapters."""
    settings, storage, server = parts.settings, parts.storage, parts.server
    announce, lookup = parts.announce(), parts.lookup()
    record, claims = parts.record(announce), parts.claims(announce)
    work = parts.work(claims, record)
    follow = Follow(rejections=storage.rejections, images_container=settings.images_container)
    bury = Bury(claims=claims, record=record, follow=follow)
    admit = Admit(jobs=storage.jobs, announce=announce, record=record, follow=follow)
    drain = parts.drain(bury, admit)
    return Darkroom(
        settings=settings,
        storage=storage,
        record=record,
        analyst=parts.analyst,
        work=work,
        receive=parts.receive(record, work, admit, follow, announce),
        sweep=parts.sweep(work, claims, announce, drain),
        reconcile=parts.reconcile(record),
        bury=bury,
        bury_event=admit,
        readmit=Readmit(rejections=storage.rejections, admit=admit),
        forget=parts.forget(),
        drain=drain,
        purge=parts.purge(lookup),
        operate=Operate(jobs=storage.jobs, announce=announce, clock=server),
        verify=Verify(
            storage.audit,
            thumbnails_container=settings.thumbnails_container,
            ended_before=lambda: edges(settings, server.now()) if settings.purge_thumbnails else {},
        ),
        add=parts.add(announce),
        hold=parts.hold(claims, announce),
        remove=parts.remove(),
        upload=Upload(images=storage.images, record=record),
        lookup=lookup,
        stats=parts.count(lookup),
    )


_guard = threading.Lock()
_built: Darkroom | None = None


def darkroom() -> Darkroom:
    """Return the process's own, built from the environment at the first call."""
    global _built  # noqa: PLW0603 - one a process, however many threads ask first
    with _guard:
        if _built is None:
            _built = build(os.environ)
        return _built
