"""Blob path patterns and blob names in events; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

_TOKEN = re.compile(r"\{([^{}]*)\}")
_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)


@dataclass(frozen=True)
class Pattern:
    """A container and the names in it that a trigger watches."""

    container: str
    #: What every matching name starts with; a listing is narrowed by it.
    prefix: str
    names: tuple[str, ...]
    regex: re.Pattern[str]

    def match(self, name: str) -> dict[str, str] | None:
        """Return the parts of a blob's name by their names in the pattern; None when it does not match."""
        found = self.regex.fullmatch(name)
        return None if found is None else dict(zip(self.names, found.groups(), strict=True))


def compile_pattern(path: str) -> Pattern:
    """Read ``container``, ``container/name`` or ``container/{name}.png``; ``{name}`` spans ``/`` and minds case.

    Raises:
        ValueError: The container is left open, or the braces don't pair.
    """
    container, _, name = path.strip("/").partition("/")
    if not container or "{" in container:
        raise ValueError(f"The blob path {path!r} must begin with the name of a container.")
    if not name:
        name = "{name}"
    literals = _TOKEN.split(name)
    names = tuple(literals[1::2])
    texts = literals[0::2]
    if any("{" in text or "}" in text for text in texts) or not all(names) or len(set(names)) < len(names):
        raise ValueError(f"The blob path {path!r} has unmatched or empty braces, or uses a name twice.")
    regex = "(.*)".join(re.escape(text) for text in texts)
    return Pattern(container, texts[0], names, re.compile(regex, re.DOTALL))


def event_blob(event: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return container and name of the blob that an Event Grid event is about; None when it is about none."""
    data = event.get("data")
    url = data.get("url") if isinstance(data, dict) else None
    if isinstance(url, str):
        return split_url(url)
    found = _SUBJECT.fullmatch(str(event.get("subject", "")))
    return None if found is None else (found[1], found[2])


def split_url(url: str) -> tuple[str, str] | None:
    """Return container and name of a blob's URL; under an IP address or localhost the account comes first."""
    parts = urlsplit(url)
    path = unquote(parts.path).lstrip("/")
    if _is_path_style(parts.hostname or ""):
        path = path.partition("/")[2]
    container, _, name = path.partition("/")
    return (container, name) if container and name else None


def _is_path_style(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
