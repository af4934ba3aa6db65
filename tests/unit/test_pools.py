"""Connections of our own: the head of a reply is read as the standard library reads it, and a request is one write."""

import http.client
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from shared.storage.pools import pool_of

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

    def makefile(self, *_: object) -> BytesIO:
        """Give the reply as a file."""
        return BytesIO(self.reply)

    def settimeout(self, _seconds: object) -> None:
        """Never wait."""

    def close(self) -> None:
        """Keep what was written."""


def _connection(reply: bytes = b"") -> tuple[Any, Socket]:
    parts: Any = SimpleNamespace(scheme="http", hostname="127.0.0.1", port=80, netloc="127.0.0.1")
    connection: Any = pool_of(parts, {})._new_conn()
    connection.sock = socket = Socket(reply)
    return connection, socket


@pytest.mark.parametrize("body", [b"x" * 70_000, b"x"])
def test_head_and_body_of_a_request_are_one_write(body: bytes) -> None:
    connection, socket = _connection()
    connection.request("POST", "/a", body, {"A": "b"})
    (write,) = socket.writes
    assert write.endswith(b"\r\n\r\n" + body)


@pytest.mark.parametrize("body", [None, b""])
def test_a_request_without_a_body_goes_out_at_once(body: bytes | None) -> None:
    connection, socket = _connection()
    connection.request("DELETE", "/a", body, {})
    assert b"".join(socket.writes).endswith(b"\r\n\r\n")


@pytest.mark.parametrize("reply", FRAMES)
def test_a_reply_is_what_the_standard_library_takes_it_for(reply: bytes) -> None:
    ours, _ = _connection(reply)
    ours.request("GET", "/a", None, {})
    answer = ours.getresponse()
    theirs = http.client.HTTPResponse(Socket(reply))  # type: ignore[arg-type] # as much of a socket as it needs
    theirs.begin()
    assert answer.status == theirs.status
    assert sorted(answer.headers.items()) == sorted((name, value) for name, value in theirs.headers.items())
    assert answer.data == theirs.read()


def test_a_head_without_end_is_not_read_to_its_end() -> None:
    connection, _ = _connection(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000)
    connection.request("GET", "/a", None, {})
    with pytest.raises((http.client.HTTPException, HTTPError)):
        connection.getresponse()
