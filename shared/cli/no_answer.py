"""Why a request over HTTP had no answer, in words for an operator, and whether another one may have one."""

import http.client
import socket
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ProtocolError,
    ProxyError,
    TimeoutError,  # noqa: A004 - urllib3's own
)

_UNSENT = (NewConnectionError, ConnectTimeoutError, NameResolutionError)
_REASONS: Mapping[type[HTTPError], str] = {
    NameResolutionError: "its name is not known now",
    TimeoutError: "the time is over",
    ProxyError: "the proxy does not let requests through",
    ProtocolError: "the connection was lost",
}
#: As OpenSSL names what it reads where no TLS is spoken.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "PACKET_LENGTH_TOO_LONG"})
#: The resolver's "no such name"; others mean that it can't tell now.
_NO_NAME = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})


@dataclass(frozen=True)
class Failure:
    """Why there was no answer.

    Attributes:
        reason: What the system says, or else what has happened; no address and no key is in it.
        is_unsent: Whether the app has surely not seen the request.
        advice: What to do where every other request would fail likewise; None where another may succeed.
    """

    reason: str
    is_unsent: bool = False
    advice: str | None = None

    @classmethod
    def of(cls, error: HTTPError) -> Self:
        """Tell what lies behind an error of urllib3."""
        for inner in _chain(error):
            permanent = _permanent(inner)
            if permanent is not None:
                return cls(permanent[0], is_unsent=True, advice=permanent[1])
        return cls(_reason(error), is_unsent=isinstance(error, _UNSENT))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what has caused it, down to the first."""
    inner: BaseException | None = error
    while inner is not None:
        yield inner
        inner = inner.__cause__ or inner.__context__


def _permanent(error: BaseException) -> tuple[str, str] | None:
    """Return the reason and the advice of what no repetition mends; None of all else."""
    match error:
        case ssl.SSLError():
            return _of_tls(error)
        case http.client.RemoteDisconnected():
            return None
        case http.client.BadStatusLine():
            return "it does not speak HTTP at this port", "Check the address; with TLS it begins with https://."
        case socket.gaierror() if error.errno in _NO_NAME:
            return "nothing has this name", "Check the address."
    return None


def _of_tls(error: ssl.SSLError) -> tuple[str, str] | None:
    if isinstance(error, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None  # the connection was cut off
    if isinstance(error, ssl.SSLCertVerificationError):
        trust = "If its certificate comes from an authority of your own, name that one's file in SSL_CERT_FILE."
        return f"its certificate is not trusted: {error.verify_message.rstrip('.')}", f"Check the address. {trust}"
    if error.reason in _NO_TLS:
        return "it does not speak TLS at this port", "Check the port of the address."
    return f"TLS has failed: {error.reason}", "Check the address, and the TLS settings of the app."


def _reason(error: HTTPError) -> str:
    for inner in _chain(error):
        said = getattr(inner, "strerror", None)
        if isinstance(said, str) and said:
            return said
    return next((words for kind, words in _REASONS.items() if isinstance(error, kind)), type(error).__name__)
