"""Connections to one host, kept for the requests to come: direct ones, or through a proxy of the environment."""

import http.client
import re
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import SplitResult, unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined] # mypy does not know it

import certifi
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, ProxyManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util import make_headers

#: Connections that one host may keep: more than threads that ask at once, or each one beyond is thrown away after a
#: single request. 25 functions of the host; 40 requests of the API, each with the 8 threads of a list; at most 32
#: threads of a sweep and of a walk each. A connection is opened only when it is needed.
CONNECTIONS = 449
_BLOCK = 32 * 1024
_LONGEST_HEAD = 64 * 1024
#: Of a line in a head.
_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
#: What says where a body ends, and whether the connection stays.
_FRAMING = frozenset({b"connection", b"content-length", b"keep-alive", b"proxy-connection", b"transfer-encoding"})
#: A file of certificates to trust, in the place of those that came with Python: the first that is set.
_TRUST = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


class _Head:
    """The head of a reply, line by line: what frames the body comes out, the rest is kept as it is.

    The standard library reads a head by its parser of mail, which takes 0.06 ms of a processor for the fifteen lines
    that the services send, and 0.13 more where they speak of parts (measured); an image takes five replies.
    """

    def __init__(self, reply: Any) -> None:  # noqa: ANN401 - a file of the standard library's own making
        self._reply = reply
        self._size = 0
        self.last = b""
        self.rest: list[tuple[str, str]] = []

    def readline(self, limit: int = -1) -> bytes:
        """Read to the next line that the standard library must see."""
        while True:
            line: bytes = self._reply.readline(limit)
            self.last = line
            self._size += len(line)
            if self._size > _LONGEST_HEAD:
                raise http.client.LineTooLong("head")
            name, colon, value = line.partition(b":")
            if line.startswith(b"HTTP/"):  # the first line of a head; one that says to go on may have come before
                self.rest = []
            if not colon or not _NAME.fullmatch(name) or name.lower() in _FRAMING:
                return line
            self.rest.append((name.decode("ascii"), value.strip().decode("latin-1")))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any attribute of the file
        """Give what is not a line from the file itself."""
        return getattr(self._reply, name)


class _WholeHead(http.client.HTTPResponse):
    """A reply whose head has come to its empty line; the standard library takes the end of the stream for one."""

    def begin(self) -> None:
        """Read the head."""
        reply = self.fp
        head = _Head(reply)
        self.fp = head  # type: ignore[assignment] # it is read by lines alone
        super().begin()
        self.fp = reply
        if head.last.strip(b"\r\n") or not head.last:
            raise http.client.RemoteDisconnected("The reply broke off in its head.")
        for name, value in head.rest:
            self.msg[name] = value


class _OneWrite:
    """Send the head of a request and its body together: the service need not wake up twice."""

    _head: bytes | None = None
    _has_body = False

    def request(self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any) -> None:  # noqa: ANN401 - as urllib3 has it
        """Send a request."""
        self._has_body, self._head = isinstance(body, bytes) and bool(body), None
        super().request(method, url, body, headers, **options)  # type: ignore[misc] # of the connection beside it

    def send(self, data: Any) -> None:  # noqa: ANN401 - the same
        """Send bytes; a head waits for its body."""
        if self._has_body and self._head is None:
            self._head = data
            return
        if self._has_body:
            data, self._has_body = b"".join((self._head or b"", data)), False
        super().send(data)  # type: ignore[misc] # the same


class _Connection(_OneWrite, HTTPConnection):
    response_class = _WholeHead


class _SecureConnection(_OneWrite, HTTPSConnection):
    response_class = _WholeHead


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


def pool_of(parts: SplitResult, environ: Mapping[str, str]) -> HTTPConnectionPool:
    """Make the connections to the host of a URL; none is opened yet.

    Args:
        parts: Of the URL.
        environ: ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` count, in capitals or not, and the
            names of a file of certificates, as with ``requests``.
    """
    options: dict[str, Any] = {"maxsize": CONNECTIONS, "blocksize": _BLOCK}
    if parts.scheme == "https":  # made once a host: it takes 10 ms
        file = next((environ[name] for name in _TRUST if environ.get(name)), certifi.where())
        options["ssl_context"] = ssl.create_default_context(cafile=file)
    proxy = proxy_of(parts, environ)
    if proxy is not None:
        return _through(proxy, parts, options)
    kind = _SecurePool if parts.scheme == "https" else _Pool
    return kind(parts.hostname or "", parts.port, **options)


def proxy_of(parts: SplitResult, environ: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy by which a host is reached; None for none."""
    names = {name.lower(): value for name, value in environ.items() if value}
    proxies = {name.removesuffix("_proxy"): value for name, value in names.items() if name.endswith("_proxy")}
    if proxy_bypass_environment(parts.netloc.rpartition("@")[2], proxies):
        return None
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    return f"http://{proxy}" if proxy and "://" not in proxy else proxy


def _through(proxy: str, parts: SplitResult, options: Mapping[str, Any]) -> HTTPConnectionPool:
    user = urlsplit(proxy)
    named = f"{unquote(user.username or '')}:{unquote(user.password or '')}" if user.username else None
    manager = ProxyManager(proxy, proxy_headers=make_headers(proxy_basic_auth=named), **options)
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
    return manager.connection_from_host(parts.hostname, parts.port, parts.scheme)
