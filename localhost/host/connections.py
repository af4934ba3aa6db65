"""Storage clients by the name of an app setting, in every form that the real host takes.

One service client a connection and service: they share one pool of connections.
"""

import importlib
import threading
from collections.abc import Mapping
from typing import Any, TypeVar

from azure.storage.blob import BlobServiceClient
from azure.storage.blob import LinearRetry as BlobRetry
from azure.storage.queue import LinearRetry as QueueRetry
from azure.storage.queue import QueueServiceClient

from localhost.host.app_settings import SettingsWrong

DEFAULT = "AzureWebJobsStorage"
#: Newest version that Azurite 3.35 speaks.
API_VERSION = "2024-11-04"

#: The emulator's published account: no secret, the same on every machine (Azurite's README).
_DEVELOPMENT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
DEVELOPMENT = (
    f"DefaultEndpointsProtocol=http;AccountName=devstoreaccount1;AccountKey={_DEVELOPMENT_KEY};"
    "BlobEndpoint=http://127.0.0.1:10000/devstoreaccount1;QueueEndpoint=http://127.0.0.1:10001/devstoreaccount1;"
)

_Client = TypeVar("_Client", BlobServiceClient, QueueServiceClient)


class Connections:
    """Build each client on first use and keep it until closed."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = threading.Lock()
        self._blobs: dict[str, BlobServiceClient] = {}
        self._queues: dict[str, QueueServiceClient] = {}
        self._credentials: dict[str, Any] = {}

    def check(self, name: str, *, function: str) -> None:
        """Refuse a connection that no setting describes.

        Raises:
            SettingsWrong: With the names of the function and of the setting.
        """
        if self._string(name) is None and not any(self._identity(name, kind) for kind in ("blob", "queue")):
            raise SettingsWrong(f"Function {function}: connection {name} needs the app setting {name}.")

    def blobs(self, name: str = DEFAULT) -> BlobServiceClient:
        """Return the blob service of a connection."""
        retry = BlobRetry(backoff=1, retry_total=3, random_jitter_range=1)
        return self._client(self._blobs, name, "blob", BlobServiceClient, retry)

    def queues(self, name: str = DEFAULT) -> QueueServiceClient:
        """Return the queue service of a connection."""
        retry = QueueRetry(backoff=1, retry_total=3, random_jitter_range=1)
        return self._client(self._queues, name, "queue", QueueServiceClient, retry)

    def close(self) -> None:
        """Close every client."""
        with self._lock:
            for blobs in self._blobs.values():
                blobs.close()
            for queues in self._queues.values():
                queues.close()
            for credential in self._credentials.values():
                credential.close()
            self._blobs, self._queues, self._credentials = {}, {}, {}

    def _client(
        self, known: dict[str, _Client], name: str, kind: str, make: type[_Client], retry: BlobRetry | QueueRetry
    ) -> _Client:
        with self._lock:
            if name not in known:
                known[name] = self._build(name, kind, make, retry)
            return known[name]

    def _build(self, name: str, kind: str, make: type[_Client], retry: BlobRetry | QueueRetry) -> _Client:
        options: dict[str, Any] = {
            "api_version": API_VERSION,
            "retry_policy": retry,
            "connection_timeout": 5,
            "read_timeout": 30,
        }
        text = self._string(name)
        if text is not None:
            try:
                return make.from_connection_string(text, **options)
            except ValueError as error:
                raise SettingsWrong(f"The app setting {name} is not a storage connection string: {error}") from None
        url = self._identity(name, kind)
        if url is None:
            raise SettingsWrong(f"Connection {name} needs the app setting {name}, or {name}__{kind}ServiceUri.")
        return make(url, credential=self._credential(name), **options)

    def _string(self, name: str) -> str | None:
        """Return the connection string; the prefixed name comes first, as in the real host."""
        text = self._environ.get(f"AzureWebJobs{name}") or self._environ.get(name)
        if text and "usedevelopmentstorage=true" in text.lower().replace(" ", ""):
            return DEVELOPMENT
        return text or None

    def _identity(self, name: str, kind: str) -> str | None:
        for prefix in (f"AzureWebJobs{name}", name):
            url = self._environ.get(f"{prefix}__{kind}ServiceUri") or self._environ.get(f"{prefix}__serviceUri")
            account = self._environ.get(f"{prefix}__accountName")
            if url or account:
                return url or f"https://{account}.{kind}.core.windows.net"
        return None

    def _credential(self, name: str) -> Any:  # noqa: ANN401 - azure-identity is imported only here
        if name in self._credentials:
            return self._credentials[name]
        try:
            identity = importlib.import_module("azure.identity")
        except ImportError:
            raise SettingsWrong(f"Connection {name} uses an identity: install azure-identity first.") from None
        client_id = self._environ.get(f"{name}__clientId") or self._environ.get(f"AzureWebJobs{name}__clientId")
        managed = (self._environ.get(f"{name}__credential") or "").lower() == "managedidentity"
        make = identity.ManagedIdentityCredential if managed else identity.DefaultAzureCredential
        extra = {"client_id" if managed else "managed_identity_client_id": client_id} if client_id else {}
        self._credentials[name] = make(**extra)
        return self._credentials[name]
