"""Ways to a service by its own protocol: to Azurite's by plain HTTP, and to that of an account in process."""

from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from typing import Protocol
from urllib.parse import urlsplit

from azure.storage.queue import ResourceTypes, generate_account_sas

from localhost.azurite import Azurite
from tests.simulation.service.account import Account
from tests.simulation.service.exchange import Reply, decode


@dataclass(frozen=True)
class Service:
    """A service of a storage account.

    Attributes:
        name: As connection strings have it.
        port: On a developer's machine.
        headers: Of every request.
    """

    name: str
    port: int
    headers: Mapping[str, str]


class Wire(Protocol):
    """A way to a service, which has an address."""

    root: str

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a request."""


class AzuriteWire:
    """A service of Azurite, by plain HTTP and a shared access signature."""

    def __init__(self, azurite: Azurite, service: Service) -> None:
        parts = dict(part.split("=", 1) for part in azurite.connection.split(";") if part)
        self.root = parts[f"{service.name}Endpoint"].rstrip("/")
        self._headers = service.headers
        self._signature = generate_account_sas(
            parts["AccountName"],
            parts["AccountKey"],
            ResourceTypes(service=True, container=True, object=True),
            "rwdlacup",
            datetime.now(UTC) + timedelta(days=1),
            services="qt",
        )

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """See ``Wire.send``."""
        address, separator = urlsplit(self.root), "&" if "?" in path else "?"
        # Each has a connection: Azurite closes one after 5 idle seconds, which a busy machine takes between two.
        with closing(HTTPConnection(address.hostname or "", address.port)) as connection:
            url = f"{address.path}{path}{separator}{self._signature}"
            with suppress(BrokenPipeError):  # it has refused a large body before all of it was sent
                connection.request(method, url, body, {**self._headers, **headers})
            response = connection.getresponse()
            return Reply(response.status, dict(response.getheaders()), response.read())


class DoubleWire:
    """A service of an account in process."""

    def __init__(self, account: Account, service: Service) -> None:
        self.root = f"http://127.0.0.1:{service.port}/devstoreaccount1"
        self._account, self._headers = account, service.headers

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """See ``Wire.send``."""
        return self._account.serve(decode(method, f"{self.root}{path}", {**self._headers, **headers}, body))
