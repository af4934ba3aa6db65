"""A request as a service sees it, and its reply."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from urllib.parse import parse_qsl, unquote, urlsplit

#: By the port of the development account; a real account names the service in its host.
_BY_PORT = {10000: "blob", 10001: "queue", 10002: "table"}
_REDIRECTION = 300
_SHORTEST_NAME, _LONGEST_NAME = 3, 63


@dataclass(frozen=True, eq=False)
class Request:
    """A request, decoded once; two are never the same, however alike they are.

    Attributes:
        method: In capitals.
        service: ``table``, ``queue`` or ``blob``.
        segments: Of the path behind the account, decoded; a blob's name is joined from the rest of them.
        query: Decoded; keys as they were sent.
        headers: Keys in lower case.
        body: Its bytes.
        raw_headers: The same headers, their keys as they were sent: the case of metadata is kept.
    """

    method: str
    service: str
    segments: Sequence[str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes = b""
    raw_headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class Reply:
    """What a service answers; ``Date``, the API version and ``Content-Length`` are added by the account.

    Attributes:
        status: HTTP status.
        headers: As they are sent.
        body: Its bytes.
    """

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def ok(self) -> bool:
        """Whether the service does what it was asked for; operations of a transaction have a status each."""
        return self.status < _REDIRECTION


class Refusal(Exception):
    """The service says no; each service writes the body of it in its own format.

    Args:
        status: HTTP status.
        code: The service's own word, sent as ``x-ms-error-code`` too where the service does so.
        message: For people.
        headers: Sent beside it.
    """

    def __init__(
        self, status: int, code: str, message: str | None = None, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message or code)
        self.status = status
        self.code = code
        self.message = code if message is None else message
        self.headers = dict(headers or {})


class Unreadable(Refusal):
    """The service can't read a request: Azure says a code, Azurite nothing but the status.

    Args:
        code: Azure's.
        status: Azurite's.
    """

    def __init__(self, code: str = "InvalidInput", *, status: int = 400) -> None:
        super().__init__(status, code, "One of the request inputs is not valid.")


def decode(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
    """Read a request's URL.

    Args:
        method: In capitals.
        url: Of an account in the host (``name.table.core.windows.net``), or of the development account by its ports.
        headers: As sent.
        body: As sent.
    """
    parts = urlsplit(url)
    segments = parts.path.removeprefix("/").split("/")
    service = _BY_PORT.get(parts.port or 0)
    if service is None:
        service = (parts.hostname or "").split(".")[1]
    else:
        segments = segments[1:]  # the account's name
    sent = dict(headers.items())
    return Request(
        method,
        service,
        tuple(unquote(segment) for segment in segments if segment) if service != "blob" else _blob_path(segments),
        dict(parse_qsl(parts.query, keep_blank_values=True)),
        {key.lower(): value for key, value in sent.items()},
        body,
        sent,
    )


def _blob_path(segments: Sequence[str]) -> tuple[str, ...]:
    """Return the container, and the blob's whole name behind it where there is one."""
    container, _, blob = "/".join(segments).partition("/")
    return tuple(unquote(part) for part in (container, blob) if part)


def refusal(service: str, status: int, code: str, *, retry_after: int | None = None) -> Reply:
    """Return a refusal that no service here has made, in the format of the one that is asked."""
    headers = {"x-ms-error-code": code} | ({} if retry_after is None else {"Retry-After": str(retry_after)})
    if service == "table":
        error = {"odata.error": {"code": code, "message": {"lang": "en-US", "value": code}}}
        return Reply(status, headers | {"Content-Type": "application/json"}, json.dumps(error).encode())
    body = f'<?xml version="1.0" encoding="utf-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'
    return Reply(status, headers | {"Content-Type": "application/xml"}, body.encode())


def check_name(name: str, pattern: re.Pattern[str]) -> None:
    """Refuse a name that no container or queue can have."""
    if not _SHORTEST_NAME <= len(name) <= _LONGEST_NAME:
        message = "The specified resource name length is not within the permissible limits."
        raise Refusal(400, "OutOfRangeInput", message)
    if pattern.fullmatch(name) is None:
        raise Refusal(400, "InvalidResourceName", "The specified resource name contains invalid characters.")


def http_date(moment: datetime) -> str:
    """Write a time as headers have it: whole seconds, rounded down."""
    return _date_of(moment.replace(microsecond=0))


@lru_cache(maxsize=1024)
def _date_of(second: datetime) -> str:
    return format_datetime(second, usegmt=True)
