"""What the host's tests work with: hosts, their names on storage, and how to wait for them."""

import queue
import threading
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import urllib3
from azure.storage.blob import BlobServiceClient
from azure.storage.queue import QueueClient, QueueServiceClient

from localhost.host.host import Host
from localhost.host.log import Log
from tests.rig import HostProcess

APPS = Path(__file__).resolve().parent / "apps"
SECONDS = 15.0


class Events(Log):
    """Keep events instead of writing them, and let a test wait for one."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: list[dict[str, Any]] = []
        self._change = threading.Condition()

    def event(self, name: str, **fields: object) -> None:
        """Keep the event."""
        with self._change:
            self.entries.append({"event": name, **fields})
            self._change.notify_all()

    def find(self, name: str, **fields: object) -> list[dict[str, Any]]:
        """Return the events of this name and with these fields, so far."""
        wanted = {"event": name, **fields}
        return [event for event in list(self.entries) if wanted.items() <= event.items()]

    def wait_for(self, name: str, *, count: int = 1, **fields: object) -> list[dict[str, Any]]:
        """Return these events as soon as there are so many."""
        with self._change:
            assert self._change.wait_for(lambda: len(self.find(name, **fields)) >= count, SECONDS), self.entries
        return self.find(name, **fields)


@dataclass
class HostUnderTest:
    """A host in this process and its app's signals."""

    host: Host
    log: Events
    names: dict[str, Any]

    @property
    def go_on(self) -> threading.Event:
        """What the app's ``hold`` waits for."""
        event: threading.Event = self.names["GO_ON"]
        return event

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | str | Iterable[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> urllib3.BaseHTTPResponse:
        """Send a request on a connection of its own."""
        with urllib3.PoolManager(timeout=SECONDS, retries=False) as pool:
            return pool.request(method, f"http://127.0.0.1:{self.host.port}{path}", body=body, headers=headers)

    def call(self, seconds: float = SECONDS) -> tuple[str, Any]:
        """Return the next recorded call: function and argument."""
        call: tuple[str, Any] = self.names["CALLS"].get(timeout=seconds)
        return call

    def no_call(self, seconds: float) -> bool:
        """Tell whether nothing is called for so long."""
        try:
            self.names["CALLS"].get(timeout=seconds)
        except queue.Empty:
            return True
        return False


@dataclass
class Storage:
    """Names of one test, clients to look with, and the settings of a host on them."""

    connection: str
    blobs: BlobServiceClient
    queues: QueueServiceClient
    name: str = field(default_factory=lambda: f"t{uuid.uuid4().hex[:12]}")

    @property
    def settings(self) -> dict[str, str]:
        """App settings of a host on this test's names."""
        return {
            "AzureWebJobsStorage": self.connection,
            "AzureFunctionsWebHost__hostid": self.name,
            "QUEUE": self.name,
            "CONTAINER": self.name,
            "SCHEDULE": "* * * * * *",
        }

    def queue(self, suffix: str = "", *, make: bool = True) -> QueueClient:
        """Return the test's queue, made."""
        client = self.queues.get_queue_client(self.name + suffix)
        if make:
            client.create_queue()
        return client


Launch = Callable[..., HostUnderTest]
#: App, text of its host.json, text instead; the copy's folder.
Copy = Callable[[str, str, str], Path]


Spawn = Callable[..., HostProcess]
