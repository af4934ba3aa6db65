"""Where the storage of a test is: in this process, or on Azurite."""

import threading
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from azure.core.pipeline.transport import HttpTransport

from localhost.azurite import Azurite
from shared import wiring
from shared.handlers import Handler
from shared.runtime import Runtime
from shared.storage.retries import RetryPolicy
from shared.wiring.steps import Darkroom
from tests.doubles.transports import Passing
from tests.simulation.service.account import Account, storage_account
from tests.simulation.service.behaviour import Behaviour
from tests.simulation.service.transport import InProcess

#: A port's double, which has no services beneath it.
MEMORY = "memory"
#: The services in process, beneath the SDKs: every test, every day.
PROCESS = "process"
AZURITE = "azurite"


@dataclass(frozen=True)
class Place:
    """Storage that nothing else uses.

    Attributes:
        environ: App settings that lead there.
        transport: Beneath the SDK clients.
        account: The account in process; None on Azurite.
        runtime: Time that passes as it does there.
    """

    environ: Mapping[str, str]
    transport: HttpTransport[Any, Any]
    account: Account | None = None
    runtime: Runtime = field(default_factory=Runtime)

    def build(
        self,
        transport: HttpTransport[Any, Any] | None = None,
        *,
        runtime: Runtime | None = None,
        retry: RetryPolicy | None = None,
        works: Mapping[str, Handler] | None = None,
        create: bool = False,
    ) -> Darkroom:
        """Wire everything over it.

        Args:
            transport: Between the clients and the services.
            runtime: Time, chance and threads; the place's own time without it.
            retry: How long to send a write again that is not decided.
            works: Handlers by type.
            create: Whether to create tables, containers and the queue.
        """
        darkroom = wiring.build(
            self.environ,
            transport=transport or self.transport,
            runtime=runtime or self.runtime,
            retry=retry,
            threaded=False,
            works=works,
        )
        if create:
            darkroom.storage.create()
        return darkroom

    def with_settings(self, **settings: str) -> "Place":
        """Return the same place under these app settings besides its own."""
        return replace(self, environ={**self.environ, **settings})

    def another(self) -> "Place":
        """Return a place of other names there: as empty as this one was."""
        connection = self.environ["AzureWebJobsStorage"]
        return replace(self, environ=_environ(connection))

    def go(self, seconds: float) -> None:
        """Let time pass: at once in process, and for everybody; on Azurite it is waited for."""
        self.runtime.pause(seconds)


def in_process(behaviour: Behaviour | None = None) -> Place:
    """Make a fresh account in this process; its time stands still until it is moved.

    Args:
        behaviour: Where Azurite and Azure differ; as Azurite without it.
    """
    account = storage_account(behaviour=behaviour)
    clock = account.clock
    runtime = Runtime(monotonic=lambda: clock.seconds, pause=clock.go)
    return Place(_environ("UseDevelopmentStorage=true"), InProcess(account), account, runtime)


def on_azurite(azurite: Azurite, transport: HttpTransport[Any, Any]) -> Place:
    """Take names of its own in an Azurite that others use too."""
    return Place(_environ(azurite.connection), transport, runtime=Runtime(pause=threading.Event().wait))


def _environ(connection: str) -> Mapping[str, str]:
    suffix = uuid.uuid4().hex[:12]
    return {
        "AzureWebJobsStorage": connection,
        "ANALYSIS_ISOLATION": "off",
        "IMAGES_CONTAINER": f"images-{suffix}",
        "THUMBNAILS_CONTAINER": f"thumbnails-{suffix}",
        "JOB_QUEUE": f"jobs-{suffix}",
        "JOBS_TABLE": f"jobs{suffix}",
        "LOCKS_TABLE": f"locks{suffix}",
    }


class Slow(Passing):
    """Let each request take its time.

    Args:
        place: Whose services are asked, and whose time passes.
        seconds: That a request takes.
    """

    def __init__(self, place: Place, seconds: float) -> None:
        super().__init__(place.transport)
        self._place, self._seconds = place, seconds

    def send(self, request: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - two generations of request types
        """Let time pass, and send."""
        self._place.go(self._seconds)
        return super().send(request, **kwargs)
