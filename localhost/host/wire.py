"""HTTP/1.1 on the wire: read one request, write one answer, byte for byte; no socket is known here.

Limits and refusals are those of the web server in the real host (Kestrel), so a request that reaches a function here
would reach it there.
"""

import io
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from email.utils import formatdate
from http import HTTPStatus
from urllib.parse import parse_qsl

#: The longest request line, the most bytes of all headers, the most headers.
MOST_LINE_BYTES = 8192
MOST_HEADER_BYTES = 32_768
MOST_HEADERS = 100
_MOST_CHUNK_LINE_BYTES = 1024

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_REQUEST_LINE = re.compile(rf"({_WORD}) ([\x21-\x7e]+) HTTP/(\d)\.(\d)")
_ABSOLUTE = re.compile(r"https?://([^/?#]*)(.*)", re.IGNORECASE)
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9\-._~!$&'()*+,;=%]*)(?::(\d{0,5}))?")
_MOST_PORT = 65_535
_HEADER = re.compile(rf"({_WORD}):[ \t]*([^\x00\r\n]*)")
_CHUNK = re.compile(r"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\x00\r\n]*)?")
_LENGTH = re.compile(r"[0-9]{1,15}")
#: An escaped slash stays escaped in a path, as on the real host: it separates nothing.
_ESCAPES = re.compile(r"(?:%(?!2[Ff])[0-9A-Fa-f]{2})+")
_ESCAPED_ESCAPE = re.compile(r"%25(?=[0-9A-Fa-f]{2})")
_NAME = re.compile(_WORD)
_VALUE = re.compile(r"[\t\x20-\x7e]*")
#: What only the server may say.
_FRAMING = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_BODILESS = frozenset({204, 304})

Headers = tuple[tuple[str, str], ...]


class Malformed(Exception):
    """The request is refused before anybody sees it, and its connection is closed."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.status = status


@dataclass(frozen=True, kw_only=True)
class Request:
    """A whole request as the client wrote it."""

    method: str
    #: Path and query, unchanged.
    target: str
    host: str
    #: Names in lower case; values of a repeated one joined by commas.
    headers: dict[str, str]
    body: bytes
    keeps_alive: bool

    @property
    def url(self) -> str:
        """The URL as a function gets it: as it came, but for an escaped percent sign in the path.

        The real host decodes the path and encodes it anew, and leaves alone what looks like an escape by then: so
        ``%2541`` reaches a function as ``%41``, which is an ``A``.
        """
        path, mark, query = self.target.partition("?")
        return f"http://{self.host}{_ESCAPED_ESCAPE.sub('%', path)}{mark}{query}"

    @property
    def path(self) -> str:
        """The path, decoded; what is no UTF-8 and an escaped slash stay as they are."""
        return _ESCAPES.sub(_decoded, self.target.partition("?")[0])

    @property
    def args(self) -> dict[str, list[str]]:
        """The query's parameters, decoded."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(self.target.partition("?")[2], keep_blank_values=True):
            found.setdefault(name, []).append(value)
        return found


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What goes back."""

    status: int
    headers: Headers = ()
    body: bytes = field(default=b"", repr=False)


def read_request(stream: io.BufferedReader, *, most_bytes: int, proceed: Callable[[], object]) -> Request:
    """Read one request to the end of its body.

    Args:
        stream: Stands at the first byte of a request, or of the empty line that some clients write before it.
        most_bytes: Of the body.
        proceed: Called when the client waits for "100 Continue" before it sends the body.

    Raises:
        Malformed: It is no request, or over a limit.
    """
    line = _line(stream, MOST_LINE_BYTES, 414) or _line(stream, MOST_LINE_BYTES, 414)
    found = _REQUEST_LINE.fullmatch(line)
    if found is None:
        raise Malformed(400, "request line")
    method, target, major, minor = found.groups()
    if major != "1":
        raise Malformed(505, "version")
    modern = minor != "0"
    headers = _headers(stream)
    host, target = _place(headers, target, modern=modern)
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    options = {word.strip().lower() for word in joined.get("connection", "").split(",")}
    body = _body(stream, joined, most_bytes, proceed if modern else None)
    keeps_alive = "close" not in options if modern else "keep-alive" in options
    return Request(method=method, target=target, host=host, headers=joined, body=body, keeps_alive=keeps_alive)


def _line(stream: io.BufferedReader, most: int, status: int) -> str:
    """Return a line without its end; header values are UTF-8, as Kestrel reads them."""
    raw = stream.readline(most + 2)
    if not raw.endswith(b"\r\n"):
        raise Malformed(status if len(raw) > most else 400, "line")
    try:
        return raw[:-2].decode()
    except UnicodeDecodeError:
        raise Malformed(400, "encoding") from None


def _headers(stream: io.BufferedReader) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    left = MOST_HEADER_BYTES
    while line := _line(stream, left, 431):
        left -= len(line.encode()) + 2
        header = _HEADER.fullmatch(line)
        if header is None:
            raise Malformed(400, "header")
        if left < 0 or len(found) == MOST_HEADERS:
            raise Malformed(431, "headers")
        found.append((header[1].lower(), header[2].rstrip(" \t")))
    return found


def _place(headers: Iterable[tuple[str, str]], target: str, *, modern: bool) -> tuple[str, str]:
    """Return host and target; a URL as the target has its own host."""
    hosts = [value for name, value in headers if name == "host"]
    if len(hosts) > 1 or (modern and not hosts):
        raise Malformed(400, "host")
    host = hosts[0] if hosts else "localhost"
    absolute = _ABSOLUTE.fullmatch(target)
    if absolute is not None:
        host, target = absolute[1], absolute[2]
        target = target if target.startswith("/") else f"/{target}"
    found = _HOST.fullmatch(host)
    if found is None or int(found[1] or 0) > _MOST_PORT:
        raise Malformed(400, "host")
    return host, target


def _body(stream: io.BufferedReader, headers: dict[str, str], most: int, proceed: Callable[[], object] | None) -> bytes:
    coding = headers.get("transfer-encoding")
    length = headers.get("content-length")
    if coding is not None:
        # Both at once, or another coding: what one reader takes for the body is the next request to another.
        if length is not None or coding.lower() != "chunked" or proceed is None:
            raise Malformed(400, "framing")
        size = 1
    elif length is None:
        return b""
    elif _LENGTH.fullmatch(length) is None:
        raise Malformed(400, "length")
    else:
        size = int(length)
    if size > most:
        raise Malformed(413, "body")
    if size and proceed is not None and headers.get("expect", "").lower() == "100-continue":
        proceed()
    return _chunks(stream, most) if coding is not None else _exactly(stream, size)


def _exactly(stream: io.BufferedReader, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise Malformed(400, "the client went away")
    return data


def _chunks(stream: io.BufferedReader, most: int) -> bytes:
    data = bytearray()
    while True:
        found = _CHUNK.fullmatch(_line(stream, _MOST_CHUNK_LINE_BYTES, 400))
        if found is None:
            raise Malformed(400, "chunk")
        size = int(found[1], 16)
        if size == 0:
            _headers(stream)  # trailers, which no function gets
            return bytes(data)
        if len(data) + size > most:
            raise Malformed(413, "body")
        data += _exactly(stream, size)
        if _exactly(stream, 2) != b"\r\n":
            raise Malformed(400, "chunk")


def encode(answer: Answer, *, method: str, keep: bool) -> bytes:
    """Return the bytes of an answer.

    Args:
        answer: Its framing headers are replaced by the true ones; an answer to HEAD keeps its own Content-Length.
        method: Of the request.
        keep: Whether the connection stays open.

    Raises:
        ValueError: The status or a header cannot be sent; Kestrel refuses these too.
    """
    if not 200 <= answer.status <= 599:  # noqa: PLR2004 - the final statuses of RFC 9110
        raise ValueError(f"{answer.status} is no status of an answer.")
    bodiless = answer.status in _BODILESS
    dropped = _FRAMING | {"content-type"} if bodiless else _FRAMING
    lines = [f"HTTP/1.1 {answer.status} {_phrase(answer.status)}"]
    for name, value in answer.headers:
        if _NAME.fullmatch(name) is None or _VALUE.fullmatch(value) is None:
            raise ValueError(f"The header {name!r} cannot be sent.")
        if name.lower() not in dropped:
            lines.append(f"{name}: {value}")
    names = {name.lower(): value for name, value in answer.headers}
    if "date" not in names:
        lines.append(f"Date: {formatdate(usegmt=True)}")
    if not bodiless:
        told = names.get("content-length", "") if method == "HEAD" and not answer.body else ""
        lines.append(f"Content-Length: {told if _LENGTH.fullmatch(told) else len(answer.body)}")
    lines.append(f"Connection: {'keep-alive' if keep else 'close'}")
    head = "\r\n".join(lines).encode("ascii") + b"\r\n\r\n"
    return head if bodiless or method == "HEAD" else head + answer.body


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Unknown"


def _decoded(run: re.Match[str]) -> str:
    try:
        return bytes.fromhex(run[0].replace("%", "")).decode()
    except UnicodeDecodeError:
        return run[0]
