"""Connections to one host, kept for the requests to come: direct ones, or through a proxy of the environment.

The standard library connects, and reads bodies. What it takes long for is ours: it writes a head line by line, reads
one by its parser of mail, and knows of no connection that is used again.
"""

import http.client
import re
import select
import ssl
import weakref
from base64 import b64encode
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, cast
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # mypy does not know it

import certifi
from requests.structures import CaseInsensitiveDict

#: Connections that one host may keep: more than threads that ask at once, or each one beyond is thrown away after a
#: single request. 25 functions of the host; 40 requests of the API, each with the 8 threads of a list; at most 32
#: threads of a sweep and of a walk each. A connection is opened only when it is needed.
CONNECTIONS = 449
#: Of a line, and of all of a head.
_LONGEST_LINE, _MOST_LINES = 64 * 1024, 100
BODILESS = frozenset({204, 304})
#: Of a proxy whose URL names none; that of the scheme behind it would be 443.
_PROXY_PORT = 80
_OLD = frozenset({"HTTP/1.0", "HTTP/0.9"})
#: All of a line, its name, and its value with what blanks follow it: to leave those out here would take twice as long.
_FIELD = re.compile(r"(([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*)\r?\n)")
#: A file of certificates to trust, in the place of those that came with Python: the first that is set.
_TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class NotSent(Exception):
    """There is no connection: the request has not left. Its cause says why."""


class Fields(CaseInsensitiveDict[str]):
    """Headers; those of ``requests`` raise and catch an error for each that is not there."""

    def __contains__(self, name: object) -> bool:
        """Whether there is one of this name."""
        return isinstance(name, str) and name.lower() in self._store

    def get(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - as a mapping has it
        """Return the value of one, or what stands for one that is not there."""
        return self._store.get(name.lower(), (name, default))[1]


class Reply(http.client.HTTPResponse):
    """A reply of which the whole head has come; the standard library takes the end of the stream for that of a head.

    Attributes:
        fields: Its headers; one that has come several times has its values in one.
    """

    fields: Fields

    def begin(self) -> None:
        """Read the head of the reply; close what reads it where that fails.

        Raises:
            http.client.HTTPException: The head breaks off, is too long, or is not HTTP.
            OSError: The connection fails.
        """
        try:
            self._begin()
        except (OSError, http.client.HTTPException):
            self.close()
            raise

    def _begin(self) -> None:
        inner: Any = self  # the standard library's own, of which its types say nothing
        status = http.client.CONTINUE
        while status == http.client.CONTINUE:
            version, status, reason = inner._read_status()  # noqa: SLF001
            self.fields = self._read_fields()
        self.code = self.status = status
        self.reason = reason.strip()
        self.version = 10 if version in _OLD else 11
        self.headers = self.msg = cast("http.client.HTTPMessage", self.fields)
        inner.chunked = self.fields.get("Transfer-Encoding", "").lower() == "chunked"
        self.chunk_left = None
        self.will_close = inner._check_close()  # noqa: SLF001
        length = self.fields.get("Content-Length", "0")
        if not (length.isascii() and length.isdigit()):
            raise http.client.BadStatusLine("Content-Length must be a number")
        has_length = "Content-Length" in self.fields and not inner.chunked
        self.length = int(length) if has_length else None
        if status in BODILESS or inner._method == "HEAD":  # noqa: SLF001
            self.length = 0
        if self.length is None and not inner.chunked:
            self.will_close = True

    def _read_fields(self) -> Fields:
        """Read lines up to the empty one; as a rule all of them have come with the first."""
        waiting = self.fp.peek()
        end = -1 if waiting.startswith(b"\r\n") else waiting.find(b"\r\n\r\n")
        head = self.fp.read(end + 4)[:-2] if end >= 0 else b"".join(self._lines())
        fields = Fields()
        size = 0
        for line, name, rest in _FIELD.findall(head.decode("latin-1")):
            value = rest.rstrip(" \t")
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
            size += len(line)
        if size != len(head):
            raise http.client.BadStatusLine("a line of the head is no field")
        return fields

    def _lines(self) -> Iterator[bytes]:
        for _ in range(_MOST_LINES):
            line = self.fp.readline(_LONGEST_LINE)
            if not line.endswith(b"\n"):
                raise http.client.RemoteDisconnected("The reply broke off in its head.")
            if not line.strip():
                return
            yield line
        raise http.client.LineTooLong("head")


class Pool:
    """The connections to one host.

    Args:
        parts: Of a URL of that host.
        environ: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` count, in capitals or not, and the
            names of a file of certificates, as with ``requests``. A proxy itself is asked without TLS.
    """

    def __init__(self, parts: SplitResult, environ: Mapping[str, str]) -> None:
        self._idle: deque[http.client.HTTPConnection] = deque(maxlen=CONNECTIONS)
        weakref.finalize(self, _close, self._idle)
        proxy = proxy_of(parts, environ)
        #: Whether a proxy is asked, which must know where a request goes.
        self.asks_proxy = proxy is not None and parts.scheme == "http"
        self._proxy_headers = {} if proxy is None else _credentials(urlsplit(proxy))
        #: Of each request, beside its own headers.
        self.headers = self._proxy_headers if self.asks_proxy else {}
        self._host = (parts.hostname or "", parts.port)
        self._tunnels = proxy is not None and not self.asks_proxy
        place = self._host if proxy is None else (urlsplit(proxy).hostname or "", urlsplit(proxy).port or _PROXY_PORT)
        self._make = _maker(parts.scheme, place, environ)

    def take(self, timeout: float) -> http.client.HTTPConnection:
        """Take a connection, for one request; nobody else has it.

        Args:
            timeout: To wait for a new one, in seconds.

        Raises:
            NotSent: None can be opened.
        """
        while self._idle:
            idle = self._idle.pop()
            if not _is_readable(idle):
                return idle
            idle.close()  # the service has closed it, or says what nobody has asked for
        try:
            return self._open(timeout)
        except (OSError, http.client.HTTPException) as error:  # a host's name may be none
            raise NotSent(str(error)) from error

    def _open(self, timeout: float) -> http.client.HTTPConnection:
        connection: http.client.HTTPConnection = self._make(timeout=timeout)
        if self._tunnels:
            connection.set_tunnel(*self._host, headers=self._proxy_headers)
        try:
            connection.connect()
        except BaseException:
            connection.close()
            raise
        return connection

    def give(self, connection: http.client.HTTPConnection, is_free: bool) -> None:  # noqa: FBT001 - as a body calls it at its end
        """Give a connection back.

        Args:
            connection: As it was taken.
            is_free: Whether its reply has been read to its end, and the service keeps it; it is closed otherwise.
        """
        if is_free:
            self._idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close those that wait for a request."""
        _close(self._idle)


def _close(idle: deque[http.client.HTTPConnection]) -> None:
    while idle:
        idle.pop().close()


def proxy_of(parts: SplitResult, environ: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy by which a host is reached; None for none."""
    names = {name.lower(): value for name, value in environ.items() if value}
    proxies = {name.removesuffix("_proxy"): value for name, value in names.items() if name.endswith("_proxy")}
    if proxy_bypass_environment(parts.netloc.rpartition("@")[2], proxies):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _maker(scheme: str, place: tuple[str, int | None], environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - a class with some of its arguments
    if scheme != "https":
        return partial(http.client.HTTPConnection, *place)
    file = next((environ[name] for name in _TRUST if environ.get(name)), certifi.where())
    context = ssl.create_default_context(cafile=file)  # made once a host: it takes 10 ms
    return partial(http.client.HTTPSConnection, *place, context=context)


def _credentials(proxy: SplitResult) -> dict[str, str]:
    if not proxy.username:
        return {}
    name = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
    return {"Proxy-Authorization": f"Basic {b64encode(name.encode()).decode()}"}


def _is_readable(connection: http.client.HTTPConnection) -> bool:
    """Whether the other side has said something, or has gone."""
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([connection.sock], [], [], 0)[0])
    poll = select.poll()
    poll.register(connection.sock, select.POLLIN)
    return bool(poll.poll(0))
