"""The checks of ``darkroom doctor`` over the clients of Azure; built before any setting is known to be valid."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from shared import clock
from shared.clock import ServerClock
from shared.ports.deployment import Deployment
from shared.runtime import Runtime
from shared.settings.settings import BLOB_POISON_QUEUE, Settings
from shared.steps.operators.doctor.access_check import CheckAccess
from shared.steps.operators.doctor.app_check import CheckApp
from shared.steps.operators.doctor.examine import Doctor
from shared.steps.operators.doctor.job_check import CheckJobs
from shared.steps.operators.liveness import Liveness
from shared.storage import clients
from shared.storage.adapters import open_all
from shared.storage.clients import DatingTransport
from shared.storage.connection_facts import describe
from shared.storage.places import open_places
from shared.storage.retries import RetryPolicy

_PROCESS = Runtime()


def build_doctor(
    environ: Mapping[str, str],
    *,
    host_file: str | None = None,
    is_flex: bool = False,
    app: Deployment | None = None,
    transport: HttpTransport[Any, Any] | None = None,
    runtime: Runtime = _PROCESS,
    wall: Callable[[], datetime] = clock.wall,
) -> Doctor:
    """Wire the checks.

    Args:
        environ: App settings.
        host_file: Content of host.json; None where it is not here.
        is_flex: Whether the settings are for Flex Consumption.
        app: The deployed app; None without one.
        transport: Beneath all SDK clients; a new one without it.
        runtime: Time, chance and threads.
        wall: Tells the time of this machine, aware UTC.
    """
    logging.getLogger("azure").setLevel(logging.CRITICAL)  # a refusal is a finding, and is told as one
    store = _Store(environ, transport or clients.default_transport(environ), runtime)
    return Doctor(
        environ=environ,
        host_file=host_file,
        is_flex=is_flex,
        describe=partial(describe, environ),
        access=store.access,
        jobs=store.jobs,
        app=None if app is None else CheckApp(app=app, runtime=runtime),
        runtime=runtime,
        wall=wall,
    )


class _Store:
    """What asks storage, once there are settings; all of it over one transport."""

    def __init__(self, environ: Mapping[str, str], transport: HttpTransport[Any, Any], runtime: Runtime) -> None:
        self._environ, self._runtime = environ, runtime
        self._clock = ServerClock(runtime.monotonic)
        self._transport = DatingTransport(transport, self._clock, pause=runtime.pause)

    def access(self, settings: Settings) -> CheckAccess:
        """Make what tries acts."""
        places = open_places(self._environ, settings, transport=self._transport, runtime=self._runtime)
        spare = frozenset({settings.poison_queue, BLOB_POISON_QUEUE, settings.images_container})
        return CheckAccess(places=places, spare=spare, runtime=self._runtime)

    def jobs(self, settings: Settings) -> CheckJobs:
        """Make what looks at jobs."""
        storage = open_all(
            self._environ,
            settings,
            clock=self._clock,
            transport=self._transport,
            retry=RetryPolicy(monotonic=self._runtime.monotonic, pause=self._runtime.pause),
            runtime=self._runtime,
        )
        liveness = Liveness(
            locks=storage.locks, marks=storage.marks, settings=settings, clock=self._clock, runtime=self._runtime
        )
        return CheckJobs(storage=storage, liveness=liveness, settings=settings, clock=self._clock)
