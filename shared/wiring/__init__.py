"""From the settings of a process to its Darkroom, over the clients of Azure; built on first use, once a process."""

import logging
import os
import threading
from collections.abc import Mapping
from typing import Any

from shared.wiring.collector import collector_at_rest

with collector_at_rest():
    from azure.core.pipeline.transport import HttpTransport

    from shared import handlers
    from shared.analysis.analyst import Analyst
    from shared.clock import ServerClock
    from shared.handlers import Handler
    from shared.heartbeat import Heartbeat
    from shared.runtime import Runtime
    from shared.settings import instance
    from shared.settings.settings import Settings
    from shared.storage import clients
    from shared.storage.adapters import open_all
    from shared.storage.retries import RetryPolicy
    from shared.wiring.analyst import build_analyst
    from shared.wiring.patience import Patience
    from shared.wiring.steps import Darkroom
    from shared.wiring.tracing import add_spans, open_tracer


_PROCESS = Runtime()


def build(
    environ: Mapping[str, str],
    *,
    transport: HttpTransport[Any, Any] | None = None,
    runtime: Runtime = _PROCESS,
    retry: RetryPolicy | None = None,
    threaded: bool = True,
    works: Mapping[str, Handler] | None = None,
    analyst: Analyst | None = None,
    memory_bytes: int | None = None,
) -> Darkroom:
    """Wire everything.

    Args:
        environ: App settings.
        transport: Beneath all SDK clients; a new one without it.
        runtime: Time, chance and threads; those of this process without it.
        retry: How long to send a write again that is not decided.
        threaded: Whether the heartbeat has a thread of its own.
        works: Handlers by type; those that are registered without it.
        analyst: Analyses images; as the settings want it without it.
        memory_bytes: Of the instance, or of this process's share of it; not known without it.

    Raises:
        SettingsInvalid: With every setting that can't be used.
    """
    logging.getLogger("azure").setLevel(logging.WARNING)  # the SDKs log every request, which is paid for by the line
    settings, clock = Settings.read(environ, memory_bytes=memory_bytes), ServerClock(runtime.monotonic)
    dated = clients.DatingTransport(transport or clients.default_transport(environ), clock, pause=runtime.pause)
    patience = Patience(runtime)
    retry = retry or RetryPolicy(monotonic=runtime.monotonic, pause=patience.pause)
    tracer = open_tracer(environ)
    storage = open_all(environ, settings, clock=clock, transport=dated, retry=retry, runtime=runtime)
    return Darkroom(
        settings=settings,
        storage=add_spans(storage, tracer, queue=settings.job_queue),
        clock=clock,
        runtime=runtime,
        heartbeat=Heartbeat(margin=settings.margin, runtime=runtime, threaded=threaded),
        analyst=analyst or build_analyst(settings, runtime.monotonic, tracer),
        works=handlers.all_handlers() if works is None else works,
        patience=patience,
        tracer=tracer,
    )


_guard = threading.Lock()
_built: Darkroom | None = None


def darkroom() -> Darkroom:
    """Return the process's own, built from the environment at the first call."""
    global _built  # noqa: PLW0603 - one a process, however many threads ask first
    with _guard:
        if _built is None:
            _built = build(os.environ, memory_bytes=instance.memory_bytes())
        return _built
