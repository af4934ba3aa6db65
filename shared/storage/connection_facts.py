"""What may be shown of a connection: its form and where it leads, never a key or a signature."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qs

from shared.errors import SettingsInvalid
from shared.ports.places import ConnectionFacts, Form
from shared.storage import connections
from shared.storage.connections import SERVICES, Connection

_EMULATOR_PORTS = {"blob": 10_000, "queue": 10_001, "table": 10_002}
_SUFFIX = "core.windows.net"
#: Scheme, host and port; what follows is left out.
_URL = re.compile(r"https?://(?:[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::\d+)?(?=[/?]|\Z)")


def describe(environ: Mapping[str, str], name: str) -> ConnectionFacts:
    """Describe the connection of that name.

    Raises:
        SettingsInvalid: As ``connections.read``; or an endpoint is no URL.
    """
    connection = connections.read(environ, name)
    shadowed = connection.setting != name and connections.is_set(environ, name)
    parts = {} if connection.text is None else _parts(connection.text)
    return ConnectionFacts(
        setting=connection.setting,
        shadow=name if shadowed else None,
        form=_form(connection, parts),
        urls={service: _plain(url, connection) for service, url in _urls(connection, parts).items()},
        expires=_expiry(parts.get("sharedaccesssignature", "")),
    )


def _parts(text: str) -> dict[str, str]:
    """Split a connection string; its keys in lower case."""
    pairs = (part.partition("=") for part in text.split(";") if part.strip())
    return {key.strip().lower(): value.strip() for key, _, value in pairs}


def _form(connection: Connection, parts: Mapping[str, str]) -> Form:
    if connection.text is None:
        return Form.MANAGED if connection.managed_only else Form.IDENTITY
    if "usedevelopmentstorage" in parts:
        return Form.EMULATOR
    return Form.SAS if "sharedaccesssignature" in parts else Form.KEY


def _urls(connection: Connection, parts: Mapping[str, str]) -> dict[str, str]:
    if connection.text is None:
        return dict(connection.endpoints)
    if "usedevelopmentstorage" in parts:
        return {service: f"http://127.0.0.1:{port}" for service, port in _EMULATOR_PORTS.items()}
    protocol, account = parts.get("defaultendpointsprotocol", "https"), parts.get("accountname")
    suffix = parts.get("endpointsuffix", _SUFFIX)
    made = {} if account is None else {name: f"{protocol}://{account}.{name}.{suffix}" for name in SERVICES}
    return made | {name: parts[f"{name}endpoint"] for name in SERVICES if f"{name}endpoint" in parts}


def _plain(url: str, connection: Connection) -> str:
    """Return scheme and host alone: a query may be a signature."""
    found = _URL.match(url)
    if found is None:
        raise SettingsInvalid(
            [f"{connection.setting}: must lead to URLs, such as https://account.blob.core.windows.net for blobs"]
        )
    return found[0]


def _expiry(sas: str) -> datetime | None:
    ends = parse_qs(sas.lstrip("?")).get("se")
    if not ends:
        return None
    try:
        moment = datetime.fromisoformat(ends[0])
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
