"""A host that serves HTTP and nothing else, on an Azurite of its own, and the user's side of it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import urllib3

from localhost.azurite import Azurite
from shared import wiring
from shared.wiring.steps import Darkroom
from tests.rig import HostProcess

#: Three types and one partition each: what a query costs grows with the rows of its table.
SETTINGS = {
    "FUNCTIONS_WORKER_RUNTIME": "python",
    "PYTHON_THREADPOOL_THREAD_COUNT": "32",
    "DISPATCH": "off",
    "JOB_BUCKETS": "1",
    "MAX_JOB_TYPES": "3",
    "ANALYSIS_ISOLATION": "off",
}
#: All but ``api``: only calls move jobs.
TRIGGERS = (
    "record_image",
    "analyze_queued",
    "analyze_pending",
    "reconcile_images",
    "purge_ended",
    "bury_poison",
    "bury_blob_events",
)
DISABLED = {f"AzureWebJobs.{name}.Disabled": "true" for name in TRIGGERS}


@dataclass(frozen=True)
class ApiHost:
    """A host that is ready.

    Attributes:
        port: Where it serves HTTP.
        keys: By level, if it requires keys.
        log: The file of its log.
        azurite: Its storage.
        darkroom: The steps in this process, on the same storage; these do analyse.
    """

    port: int
    keys: dict[str, str]
    log: Path
    azurite: Azurite
    darkroom: Darkroom

    @property
    def url(self) -> str:
        """The URL of the host."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def account_key(self) -> str:
        """The secret of its storage."""
        return self.azurite.connection.partition("AccountKey=")[2].partition(";")[0]

    def ask(
        self, method: str, target: str, *, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> urllib3.BaseHTTPResponse:
        """Send one request, unchanged."""
        json_sent = {"Content-Type": "application/json"} if body is not None else {}
        return urllib3.request(
            method, self.url + target, body=body, headers={**json_sent, **(headers or {})}, retries=False, timeout=60
        )


@contextmanager
def start_host(folder: Path, *arguments: str, storage: Azurite | None = None, **settings: str) -> Iterator[ApiHost]:
    """Start a host with these arguments and settings, on its own Azurite by default; end both afterwards."""
    with nullcontext(storage) if storage else Azurite() as azurite:
        environ = {**SETTINGS, **settings, "AzureWebJobsStorage": azurite.connection}
        darkroom = wiring.build({**environ, "DISPATCH": "queue"}, threaded=False)  # which the host here is not to do
        darkroom.storage.create()
        log = folder / "host.log"
        host = HostProcess({**os.environ, **DISABLED, **environ}, log, arguments)
        try:
            yield ApiHost(host.port, host.ready.get("keys", {}), log, azurite, darkroom)
        finally:
            host.drain()
