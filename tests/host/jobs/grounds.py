"""Where the tests of jobs call the API: on a host that runs, or in this process, on services whose time is given."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TypeVar

from azure.storage.queue import QueueServiceClient

from shared import wiring
from shared.handlers import Handler
from shared.http.app import build, gateway_of
from shared.http.dependencies import Dependencies
from shared.http.gateway import Gateway
from shared.storage.clients import API_VERSION
from shared.wiring.steps import Darkroom
from tests.contract.places import Slow, in_process
from tests.host.jobs.site import Site
from tests.rig import QUICK, Rig, until
from tests.unit.http.client import Response, send

#: The services in process: every test, every day.
PROCESS = "process"
HOST = "host"
#: That a request to the services in process takes: who adds a job must see it due soon, and no lease must lapse.
REQUEST_SECONDS = 0.004
T = TypeVar("T")


class Ground(ABC):
    """Storage, the API on it, and steps of other processes beside it.

    Attributes:
        darkroom: The steps, as another process has them.
    """

    darkroom: Darkroom

    @abstractmethod
    def site(self, kind: str) -> Site:
        """Give the API to a test of a type."""

    @abstractmethod
    def build(self, works: Mapping[str, Handler], **settings: str) -> Darkroom:
        """Wire a process that has registered functions."""

    @abstractmethod
    def messages(self) -> list[bytes]:
        """Take all that the queue has to show, as the host does it."""

    @abstractmethod
    def until(self, look: Callable[[], T | None], what: str) -> T:
        """Let time pass until there is something to see."""


class HostGround(Ground):
    """A host in a process of its own, on Azurite: time is what it is."""

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.darkroom = rig.darkroom

    def site(self, kind: str) -> Site:
        """Call the host."""
        return Site.of(self._rig, kind)

    def build(self, works: Mapping[str, Handler], **settings: str) -> Darkroom:
        """Wire this process."""
        return wiring.build({**self._rig.environ, **QUICK, **settings}, works=works)

    def messages(self) -> list[bytes]:
        """Take them from Azurite."""
        return _take_messages(self._rig.queues, "image-jobs")

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """Wait."""
        return until(look, seconds=20, what=what)


class ProcessGround(Ground):
    """The API in this process, by the way that requests take behind the host, on services in process."""

    def __init__(self) -> None:
        self._place = in_process()
        self.darkroom = self.build({})
        self.darkroom.storage.create()
        served = self.build({}, DISPATCH="off")
        runtime = self._place.runtime
        app = build(Dependencies(lambda: served, self._pause, runtime.monotonic, runtime.draw))
        self._gateway = gateway_of(app, served.settings)

    def site(self, kind: str) -> Site:
        """Call the gateway."""
        return SiteInProcess(self._gateway, kind)

    def build(self, works: Mapping[str, Handler], **settings: str) -> Darkroom:
        """Wire another process, for which the same time passes."""
        return self._place.with_settings(**{**QUICK, **settings}).build(Slow(self._place, REQUEST_SECONDS), works=works)

    def messages(self) -> list[bytes]:
        """Take them from the service in process."""
        environ = self._place.environ
        with QueueServiceClient.from_connection_string(
            environ["AzureWebJobsStorage"], api_version=API_VERSION, transport=self._place.transport
        ) as queues:
            return _take_messages(queues, environ["JOB_QUEUE"])

    def until(self, look: Callable[[], T | None], what: str) -> T:
        """Let seconds pass, at once."""
        for _ in range(20):
            found = look()
            if found:
                return found
            self._place.go(1)
        raise AssertionError(f"{what} did not come")

    async def _pause(self, seconds: float) -> None:
        self._place.go(seconds)


class SiteInProcess(Site):
    """Call the API without a host."""

    def __init__(self, gateway: Gateway, kind: str) -> None:
        super().__init__("http://localhost:7071/api", kind)
        self._gateway = gateway

    def call(self, method: str, path: str, told: object = None, **headers: str) -> Response:
        """Send a request; ``told`` is bytes, or JSON. Header names have ``_`` for ``-``."""
        return asyncio.run(send(self._gateway, method, self.url + path, told, headers))


def _take_messages(queues: QueueServiceClient, name: str) -> list[bytes]:
    queue = queues.get_queue_client(name)
    messages = list(queue.receive_messages(max_messages=32))
    for message in messages:
        queue.delete_message(message)
    return [message.content.encode() for message in messages]
