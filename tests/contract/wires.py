"""Ways to a service by its own protocol: to Azurite's by plain HTTP, and to that of an account in process."""

from collections.abc import Mapping
from contextlib import closing, suppress
from http.client import HTTPConnection
from typing import Protocol
from urllib.parse import urlsplit

from localhost.azurite import Azurite
from tests.simulation.service.account import Account
from tests.simulation.service.exchange import Reply, decode


class Wire(Protocol):
    """A way to a service, which has an address."""

    root: str

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Send a request."""


class AzuriteWire:
    """A service of Azurite.

    Args:
        root: Its address.
        signature: A shared access signature, as a query.
        headers: Of every request.
    """

    def __init__(self, root: str, signature: str, headers: Mapping[str, str]) -> None:
        self.root = root.rstrip("/")
        self._signature, self._headers = signature, headers

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
    """A service of an account in process; arguments as for Azurite's, without a signature."""

    def __init__(self, account: Account, root: str, headers: Mapping[str, str]) -> None:
        self.root = root
        self._account, self._headers = account, headers

    def send(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """See ``Wire.send``."""
        return self._account.serve(decode(method, f"{self.root}{path}", {**self._headers, **headers}, body))


def parts_of(azurite: Azurite) -> dict[str, str]:
    """Return the parts of a connection string by their names."""
    return dict(part.split("=", 1) for part in azurite.connection.split(";") if part)
