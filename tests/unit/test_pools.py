"""Connections of our own: the head of a reply is read as the standard library reads it, and a request is one write."""

import gzip
import http.client
from io import BufferedReader, BytesIO
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from azure.core.rest import HttpRequest

from shared.storage import transport
from shared.storage.pools import NotSent, Pool, Reply

HEAD = (
    b"HTTP/1.1 200 OK\r\nServer: a\r\nContent-Type: multipart/mixed; boundary=b\r\nTwice: 1\r\nTwice: \xe4\r\n"
    b"Empty:\r\nConnection: keep-alive\r\nContent-Length: 2\r\nETag: W/\"d'1%3A'\"\r\n\r\nok"
)
LENGTH = b"Content-Length: 2"
CHUNKED = HEAD.replace(LENGTH, b"transfer-encoding: CHUNKED").replace(b"\r\n\r\nok", b"\r\n\r\n2\r\nok\r\n0\r\n\r\n")
#: Heads whose bodies end in several ways.
FRAMES = [
    HEAD,
    CHUNKED,
    HEAD.replace(LENGTH, b"X: y").replace(b"keep-alive", b"close"),
    HEAD.replace(b"HTTP/1.1", b"HTTP/1.0"),
    b"HTTP/1.1 100 Continue\r\nX: no\r\n\r\n" + HEAD,
]


class Socket:
    """What a connection writes to, and reads a reply from."""

    def __init__(self, reply: bytes = b"") -> None:
        self.reply = reply
        self.writes: list[bytes] = []

    def sendall(self, data: bytes) -> None:
        """Take what is written."""
        self.writes.append(bytes(data))

    def makefile(self, *_: object) -> BufferedReader:
        """Give the reply as a file."""
        return BufferedReader(BytesIO(self.reply))

    def settimeout(self, _seconds: object) -> None:
        """Never wait."""

    def close(self) -> None:
        """Keep what was written."""


def _read(reply: bytes) -> Reply:
    answer = Reply(Socket(reply), method="GET")  # type: ignore[arg-type] # as much of a socket as it needs
    answer.begin()
    return answer


@pytest.mark.parametrize("reply", FRAMES)
def test_a_reply_is_what_the_standard_library_takes_it_for(reply: bytes) -> None:
    ours = _read(reply)
    theirs = http.client.HTTPResponse(Socket(reply), method="GET")  # type: ignore[arg-type] # the same
    theirs.begin()
    assert (ours.status, ours.reason, ours.version) == (theirs.status, theirs.reason, theirs.version)
    assert (ours.chunked, ours.length, ours.will_close) == (theirs.chunked, theirs.length, theirs.will_close)
    assert dict(ours.fields) == {name: ", ".join(theirs.headers.get_all(name, [])) for name in theirs.headers}
    assert ours.read() == theirs.read()


def test_headers_are_found_in_any_case_and_without_the_blanks_around_them() -> None:
    fields = _read(HEAD.replace(b"Server: a", b"Server: \t a b \t")).fields
    assert (fields.get("server"), fields["SERVER"], "sERVER" in fields) == ("a b", "a b", True)
    assert (fields.get("None"), fields.get("None", "x"), "None" in fields) == (None, "x", False)


@pytest.mark.parametrize("length", range(HEAD.index(b"\r\n\r\n") + 3))
def test_a_head_that_breaks_off_is_none(length: int) -> None:
    with pytest.raises(http.client.HTTPException):
        _read(HEAD[:length])


@pytest.mark.parametrize(
    "head",
    [b"X: y\r\n" * 20_000, b"X" * 100_000, b"no field\r\n\r\n", b" X: y\r\n\r\n", b"Content-Length: 0x2\r\n\r\n"],
)
def test_a_head_that_is_none_is_not_read(head: bytes) -> None:
    with pytest.raises(http.client.HTTPException):
        _read(b"HTTP/1.1 200 OK\r\n" + head)


@pytest.mark.parametrize(("encoding", "body"), [(None, b"ok"), ("gzip", gzip.compress(b"ok", mtime=0))])
def test_a_body_that_has_come_is_decoded_where_it_must_be(encoding: str | None, body: bytes) -> None:
    named = b"" if encoding is None else f"Content-Encoding: {encoding}\r\n".encode()
    request, head = HttpRequest("GET", "http://a/b"), HEAD.replace(LENGTH, named + b"Content-Length: %d" % len(body))
    reply = _read(head.removesuffix(b"ok") + body)
    answer = transport._answer(request, transport._Response(request, reply, lambda _: None))
    transport.read_whole(request, answer)
    assert [*answer.internal_response.raw.stream(1, decode_content=False)] == [body]
    assert (answer.read(), answer.content, answer.is_closed) == (b"ok", b"ok", True)


@pytest.mark.parametrize("body", [None, b"", "ä", b"x" * 70_000, BytesIO(b"x")])
def test_a_request_is_what_the_standard_library_writes_but_in_one_piece(body: Any) -> None:  # noqa: ANN401 - all that a body may be
    headers = {"A": "b", "x-ms-date": "now"}
    request = SimpleNamespace(method="PUT", data=body, headers=headers)
    plain = body.getvalue() if isinstance(body, BytesIO) else body
    theirs, socket = http.client.HTTPConnection("127.0.0.1:80"), Socket()
    theirs.sock = socket
    theirs.request("PUT", "/a?b=%20", plain.encode() if isinstance(plain, str) else plain, headers)
    written = b"".join(socket.writes)
    ours = transport._write(request, "/a?b=%20", "127.0.0.1:80", {})
    assert _parts(ours) == _parts(written)


def _parts(written: bytes) -> tuple[bytes, list[bytes], bytes]:
    head, _, body = written.partition(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    return first, sorted(line.replace(b"127.0.0.1:80", b"127.0.0.1") for line in lines), body


@pytest.mark.parametrize("environ", [{}, {"HTTP_PROXY": "no such host"}], ids=["service", "proxy"])
def test_a_request_to_a_host_that_can_have_no_such_name_is_not_sent(environ: dict[str, str]) -> None:
    with pytest.raises(NotSent):
        Pool(urlsplit("http://127.0.0.1:1" if environ else "http://a host"), environ).take(1.0)
