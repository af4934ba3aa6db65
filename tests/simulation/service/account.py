"""One storage account."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from tests.simulation.service.behaviour import AZURE, Behaviour
from tests.simulation.service.blobs import BlobService
from tests.simulation.service.clock import ServiceClock
from tests.simulation.service.exchange import Reply, Request, http_date
from tests.simulation.service.queues import QueueService
from tests.simulation.service.tables import TableService


class Service(Protocol):
    """Tables, queues or blobs."""

    def serve(self, request: Request) -> Reply:
        """Answer; a refusal is an answer too."""


@dataclass
class Account:
    """Whatever is stored, and the time that it is stored at.

    Args:
        services: By name: ``table``, ``queue``, ``blob``.

    Attributes:
        clock: The services' time.
        request_count: Requests so far.
    """

    clock: ServiceClock = field(default_factory=ServiceClock)
    services: Mapping[str, Service] = field(default_factory=dict)
    request_count: int = 0
    _turn: threading.RLock = field(default_factory=threading.RLock)

    def __getstate__(self) -> dict[str, Any]:
        """Tell all but whose turn it is, which no copy has."""
        return {name: value for name, value in vars(self).items() if name != "_turn"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Stand as the one did that this is a copy of."""
        vars(self).update(state, _turn=threading.RLock())

    def serve(self, request: Request) -> Reply:
        """Answer a request as the service that it is sent to does, in whichever thread: one after another."""
        with self._turn:
            return self._serve(request)

    def _serve(self, request: Request) -> Reply:
        self.request_count += 1
        reply = self.services[request.service].serve(request)
        reply.headers.setdefault("Date", http_date(self.clock.now()))
        reply.headers.setdefault("x-ms-request-id", f"{self.request_count:032x}")
        if request.method != "HEAD":  # there it tells of the body that a GET would have
            reply.headers["Content-Length"] = str(len(reply.body))
        return reply


def storage_account(*, azure: bool = False, behaviour: Behaviour | None = None) -> Account:
    """Make an empty account with all of its services.

    Args:
        azure: Let them behave as real Azure does where it is known to differ from Azurite.
        behaviour: The same, one by one; wins over ``azure``.
    """
    behaviour = behaviour or (AZURE if azure else Behaviour())
    clock = ServiceClock()
    services: dict[str, Service] = {
        "table": TableService(clock, behaviour),
        "queue": QueueService(clock, behaviour),
        "blob": BlobService(clock, behaviour),
    }
    return Account(clock, services)
