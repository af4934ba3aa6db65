"""How to reach a storage account, by the Functions host's own rules.

A connection is named by an app setting ``X``. The setting holds a connection string or ``UseDevelopmentStorage=true``;
or it is a section: ``X__accountName``, or ``X__blobServiceUri`` and its siblings, reached by an identity that
``X__credential`` and ``X__clientId`` choose. The host looks under ``AzureWebJobsX`` before that; so do we, or trigger
and client would use two accounts.

Source:
    learn.microsoft.com, "Azure Functions: identity-based connections", read 2026-10.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared.errors import SettingsInvalid

SERVICES = ("blob", "queue", "table")


@dataclass(frozen=True)
class Connection:
    """A storage account as a setting describes it.

    Attributes:
        setting: Name of the app setting, for errors.
        text: Connection string; None for an identity.
        endpoints: Service URL by service; empty with a connection string.
        client_id: Of a user-assigned managed identity.
        managed_only: Whether only a managed identity will do; otherwise any that the environment offers.
    """

    setting: str
    text: str | None
    endpoints: Mapping[str, str]
    client_id: str | None = None
    managed_only: bool = False


def read(environ: Mapping[str, str], name: str) -> Connection:
    """Read the connection of that name.

    Raises:
        SettingsInvalid: There is no such setting, or its section names no account.
    """
    for candidate in (f"AzureWebJobs{name}", name):
        text = environ.get(candidate, "").strip()
        if text:
            return Connection(candidate, text, {})
        section = _section(environ, candidate)
        if section:
            return _from_section(candidate, section)
    raise SettingsInvalid([f"{name}: must be a connection string, or {name}__accountName must be set; neither is set"])


def is_set(environ: Mapping[str, str], name: str) -> bool:
    """Whether there is a connection string of that name, or a section."""
    return bool(environ.get(name, "").strip() or _section(environ, name))


def credential(connection: Connection) -> Any:  # noqa: ANN401 - a type of azure-identity, which is imported here alone
    """Make the credential of an identity connection; imports azure-identity, 0.3 s, only then."""
    from azure.identity import DefaultAzureCredential, ManagedIdentityCredential  # noqa: PLC0415

    if connection.managed_only:
        return ManagedIdentityCredential(client_id=connection.client_id)
    return DefaultAzureCredential(managed_identity_client_id=connection.client_id)


def _section(environ: Mapping[str, str], name: str) -> dict[str, str]:
    """Collect ``name__key`` and ``name:key``; keys in lower case, as the host ignores it."""
    found = {}
    for separator in ("__", ":"):
        prefix = f"{name}{separator}".lower()
        for key, value in environ.items():
            if key.lower().startswith(prefix) and value.strip():
                found[key[len(prefix) :].lower()] = value.strip()
    return found


def _from_section(name: str, section: Mapping[str, str]) -> Connection:
    account = section.get("accountname")
    endpoints = {}
    for service in SERVICES:
        url = section.get(f"{service}serviceuri")
        if url is None and account:
            url = f"https://{account}.{service}.core.windows.net"
        if url is not None:
            endpoints[service] = url
    if not endpoints:
        raise SettingsInvalid(
            [f"{name}: must have {name}__accountName or {name}__blobServiceUri beside its other keys"]
        )
    managed_only = section.get("credential", "").lower() == "managedidentity"
    return Connection(name, None, endpoints, client_id=section.get("clientid"), managed_only=managed_only)
