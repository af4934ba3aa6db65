"""A whole HTTP API behind one route function: nothing on the way changes a request or an answer."""

import base64
import http.client
import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest

from tests.host.functions_host.hosts import HostUnderTest, Launch

TEXT = "text/plain; charset=utf-8"


@pytest.fixture(scope="module")
def api(launch_shared: Launch) -> HostUnderTest:
    return launch_shared("api")


@pytest.fixture
def line(api: HostUnderTest) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection("127.0.0.1", api.host.port, timeout=15)
    yield connection
    connection.close()


def talk(port: int, raw: bytes) -> bytes:
    """Send bytes as they are and return all that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", port), 15) as connection:
        connection.sendall(raw)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def say(
    line: http.client.HTTPConnection, method: str, status: int, *headers: tuple[str, str], body: bytes = b""
) -> Any:  # noqa: ANN401
    wanted = {"status": status, "headers": headers, "body": base64.b64encode(body).decode()}
    line.request(method, "/api/say", json.dumps(wanted))
    answer = line.getresponse()
    return answer.status, sorted((name.lower(), value) for name, value in answer.getheaders()), answer.read()


def without(headers: list[tuple[str, str]], *names: str) -> list[tuple[str, str]]:
    return [pair for pair in headers if pair[0] not in {"date", "connection", *names}]


def failures(running: HostUnderTest) -> list[dict[str, Any]]:
    return running.log.find("request failed") + running.log.find("function ended", outcome="failed")


def test_any_method_and_any_bytes_reach_the_function_over_one_connection(line: http.client.HTTPConnection) -> None:
    body = bytes(range(256))
    sockets = set()
    for method in ("GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"):
        line.request(method, "/api/any", body, {"If-Match": '"é,"'.encode(), "If-None-Match": "*", "X_Under": "a  b"})
        sockets.add(line.sock.getsockname())
        seen = json.loads(line.getresponse().read())
        assert seen[:2] == [method, body.hex()]
        assert [seen[2][name] for name in ("if-match", "if-none-match", "x_under")] == ['"é,"', "*", "a  b"]
    assert len(sockets) == 1


@pytest.mark.parametrize(
    "path", ["a%2Fb", "a%25", "a%FF%00", "a//b", "a;b;c=1", "a+b", "a?x=%2F+%ff&&y", "a.b/..c", "", "a'(*)|[^]`"]
)
def test_the_url_reaches_the_function_as_it_was_written(api: HostUnderTest, path: str) -> None:
    raw = talk(api.host.port, f"URL /api/{path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    assert raw.endswith(f"\r\n\r\nhttp://localhost/api/{path}".encode())


@pytest.mark.parametrize(
    ("path", "seen"),
    [("a%2541", "a%41"), ("%252Fb", "%2Fb"), ("%25ff%25", "%ff%25"), ("%254", "%254"), ("a?b=%2541", "a?b=%2541")],
)
@pytest.mark.case("host 6", was="the path arrived as it was written")
def test_an_escape_behind_an_escaped_percent_sign_is_undone_as_on_the_real_host(
    api: HostUnderTest, path: str, seen: str
) -> None:
    raw = talk(api.host.port, f"URL /api/{path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    assert raw.endswith(f"\r\n\r\nhttp://localhost/api/{seen}".encode())


@pytest.mark.parametrize(
    ("path", "seen"),
    [
        ("/api/./a/../b", "/api/b"),
        ("/api/a/%2E%2e/b/%2e", "/api/b/"),
        ("/api/a/..", "/api/"),
        ("/../../api/a", "/api/a"),
        ("/api/a%2F../b", "/api/a%2F../b"),
        ("/api/a?b=/../c", "/api/a?b=/../c"),
    ],
)
@pytest.mark.case("host 14", was="segments of dots arrived as they were written")
def test_segments_of_dots_are_resolved_as_on_the_real_host(api: HostUnderTest, path: str, seen: str) -> None:
    raw = talk(api.host.port, f"URL {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    assert raw.endswith(f"\r\n\r\nhttp://localhost{seen}".encode())


@pytest.mark.parametrize("path", ["/api//a", "/api//", "/api/../x", "/api/../../etc/passwd"])
@pytest.mark.case("host 14", was="/api//x reached the app")
def test_a_path_that_no_route_takes_is_the_hosts_own_empty_404(api: HostUnderTest, path: str) -> None:
    raw = talk(api.host.port, f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
    head, _, body = raw.partition(b"\r\n\r\n")
    assert (head.startswith(b"HTTP/1.1 404 "), body) == (True, b"")


def test_a_route_parameter_is_decoded_but_for_an_escaped_slash(api: HostUnderTest) -> None:
    raw = talk(api.host.port, b"PARAM /api/a%2Fb%2f%C3%A9%20/c%FF HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert raw.endswith("\r\n\r\na%2Fb%2fé /c%FF".encode())


def test_a_url_as_the_target_brings_its_own_host(api: HostUnderTest) -> None:
    raw = talk(api.host.port, b"URL http://127.1.2.3/api/a?b HTTP/1.0\r\nHost: localhost\r\n\r\n")
    assert raw.endswith(b"\r\n\r\nhttp://127.1.2.3/api/a?b")


def test_a_request_at_every_limit_passes(api: HostUnderTest) -> None:
    line = b"GET /api/" + b"a" * (8192 - 18) + b" HTTP/1.0\r\n"
    many = b"Host: localhost\r\n" + b"A: a\r\n" * 98
    last = b"B: " + b"b" * (32768 - len(many) - 5) + b"\r\n\r\n"
    assert (len(line), len(many + last)) == (8194, 32770)
    assert talk(api.host.port, line + many + last).startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize(
    ("head", "answers"),
    [
        (b"GET /api/open HTTP/1.1\r\nHost: localhost\r\n", 3),
        (b"GET /api/open HTTP/1.1\r\nHost: localhost\r\nConnection: x, Close\r\n", 1),
        (b"GET /api/open HTTP/1.0\r\n", 1),
    ],
)
def test_a_connection_is_kept_unless_the_client_says_otherwise(api: HostUnderTest, head: bytes, answers: int) -> None:
    raw = talk(api.host.port, 2 * (head + b"\r\n") + b"GET /api/open HTTP/1.0\r\n\r\n")
    assert (raw.count(b"HTTP/1.1 200 "), raw.count(b"Connection: close")) == (answers, 1)


@pytest.mark.case("host 3", was="the function got the body, as it never does on Azure")
def test_a_body_in_chunks_never_reaches_the_function_and_what_follows_it_does(api: HostUnderTest) -> None:
    head = b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: Chunked\r\n\r\n"
    chunks = b"3;x=y\r\na\r\n\r\n0A\r\n0123456789\r\n0\r\nTrailer: t\r\n\r\n"
    answers = talk(api.host.port, head + chunks + head + b"0\r\n\r\n" + b"GET /api/b HTTP/1.0\r\n\r\n")
    assert answers.count(b"HTTP/1.1 200 OK") == 3
    assert (answers.count(b'"POST", ""'), answers.count(b'"GET", ""')) == (2, 1)
    assert answers.count(b'"transfer-encoding": "chunked"') == 2


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /api/a HTTP/2.0\r\nHost: localhost\r\n\r\n", 505),
        (b"GET /api/a HTTP/1.1\r\n\r\n", 400),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost:99999\r\nConnection: close\r\n\r\n", 403),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost/x\r\nConnection: close\r\n\r\n", 403),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost\r\nA : b\r\n\r\n", 400),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost\r\nA: \xff\r\n\r\n", 400),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost\r\nA: b\x00\r\n\r\n", 400),
        (b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /api/a HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", 400),
        (b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nabc\r\n0\r\n\r\n", 400),
        (b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 104857601\r\n\r\n", 413),
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost\r\nA: " + b"a" * 33000 + b"\r\n\r\n", 431),
        (b"GET /api/a HTTP/1.1\r\nHost: localhost\r\n" + b"A: a\r\n" * 100 + b"\r\n", 431),
        (b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 404),
    ],
)
def test_what_is_no_request_is_refused_and_never_called(api: HostUnderTest, raw: bytes, status: int) -> None:
    called = len(api.log.find("function started"))
    assert talk(api.host.port, raw).startswith(f"HTTP/1.1 {status} ".encode())
    assert len(api.log.find("function started")) == called


def test_the_client_of_a_refused_request_gets_the_answer_though_it_goes_on_sending(api: HostUnderTest) -> None:
    with socket.create_connection(("127.0.0.1", api.host.port), 15) as connection:
        connection.sendall(b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 104857601\r\n\r\n")
        connection.sendall(bytes(1 << 22))
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 413 ")


def test_a_client_that_waits_is_told_to_continue(api: HostUnderTest) -> None:
    head = b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
    raw = head + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\nx"
    assert talk(api.host.port, raw).startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")


def test_an_answer_goes_back_as_the_function_gave_it(line: http.client.HTTPConnection) -> None:
    given = [
        ("cache-control", "no-store"),
        ("content-type", "image/webp"),
        ("etag", '"1-a"'),
        ("location", "/api/jobs/a%2Fb"),
        ("retry-after", "2"),
    ]
    status, headers, body = say(line, "POST", 201, *given, ("content-length", "999"), body=bytes(range(256)))
    assert (status, without(headers, "content-length"), body) == (201, given, bytes(range(256)))
    assert ("content-length", "256") in headers


@pytest.mark.parametrize("status", [204, 304])
@pytest.mark.case("host 14", was="204 and 304 lost their Content-Type")
def test_an_answer_without_content_has_no_length_and_keeps_its_type(
    line: http.client.HTTPConnection, status: int
) -> None:
    said = say(line, "POST", status, ("content-type", TEXT), ("etag", '"1"'), ("content-length", "0"))
    assert (said[0], without(said[1]), said[2]) == (status, [("content-type", TEXT), ("etag", '"1"')], b"")
    assert say(line, "POST", 200, body=b"next")[2] == b"next"


def test_an_answer_to_head_has_the_length_and_no_body(line: http.client.HTTPConnection) -> None:
    said = say(line, "HEAD", 200, ("content-type", TEXT), body=b"12345")
    assert (without(said[1]), said[2]) == ([("content-length", "5"), ("content-type", TEXT)], b"")
    assert ("content-length", "77") in say(line, "HEAD", 200, ("content-length", "77"))[1]
    assert say(line, "POST", 200, body=b"next")[2] == b"next"


def test_nothing_follows_the_headers_of_an_answer_to_head(api: HostUnderTest) -> None:
    assert talk(api.host.port, b"HEAD /api/any HTTP/1.0\r\n\r\n").endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    "header", [("x", "a\r\nb: c"), ("x", "a\nb"), ("x", "a\0"), ("x", "é"), ("a b", "c"), ("", "c")]
)
def test_a_header_that_cannot_be_sent_makes_a_500(
    api: HostUnderTest, line: http.client.HTTPConnection, header: tuple[str, str]
) -> None:
    failed = len(failures(api))
    assert say(line, "POST", 200, header)[::2] == (500, b"")
    assert len(failures(api)) == failed + 1


@pytest.mark.parametrize("status", [0, 100, 600])
def test_a_status_that_is_no_answers_makes_a_500(
    api: HostUnderTest, line: http.client.HTTPConnection, status: int
) -> None:
    failed = len(failures(api))
    assert say(line, "POST", status)[::2] == (500, b"")
    assert len(failures(api)) == failed + 1
