"""What is sent, and what its failures mean: a request that was not sent differs from one of which nobody knows."""

import http.client
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NoReturn
from urllib.parse import urlsplit

import pytest
from azure.core.exceptions import (
    AzureError,
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)
from azure.core.rest import HttpRequest

from shared import wiring
from shared.rules.images import ImageRef
from shared.storage import pools
from shared.storage.clients import default_transport
from shared.storage.pools import Pool
from tests.contract.cutting_server import breaking, sized_reply
from tests.contract.test_cut_replies import BLOB
from tests.doubles.certificate import certify
from tests.sdk_clients import blobs_of

#: What opening a connection may meet, and what asking and reading may.
NOT_SENT: list[tuple[Exception, type[AzureError]]] = [
    (ConnectionRefusedError(), ServiceRequestError),
    (socket.gaierror(), ServiceRequestError),
    (ssl.SSLCertVerificationError("nobody vouches"), ServiceRequestError),
    (OSError("Tunnel connection failed"), ServiceRequestError),
    (http.client.RemoteDisconnected("a tunnel that is none"), ServiceRequestError),
    (TimeoutError(), ServiceRequestTimeoutError),
]
NOT_KNOWN: list[tuple[Exception, type[AzureError]]] = [
    (TimeoutError(), ServiceResponseTimeoutError),
    (ConnectionResetError(), ServiceResponseError),
    (BrokenPipeError(), ServiceResponseError),
    (ssl.SSLEOFError(), ServiceResponseError),
    (http.client.RemoteDisconnected("x"), ServiceResponseError),
    (http.client.BadStatusLine("x"), ServiceResponseError),
]


class _Answer(BaseHTTPRequestHandler):
    """Answer every request, and keep the connection."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer with the number of the connection."""
        body = str(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", self.headers.get("Connection", "keep-alive"))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(trust: ssl.SSLContext | None = None) -> Iterator[str]:
    """Serve on a free port of this machine; give its host and port."""
    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), _Answer))
        server.daemon_threads = True
        if trust is not None:
            server.socket = trust.wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        stack.callback(thread.join)
        stack.callback(server.shutdown)
        yield f"127.0.0.1:{server.server_port}"


def get(url: str, environ: Mapping[str, str] | None = None, **options: float) -> bytes:
    """Ask once."""
    with default_transport(environ or {}) as transport:
        return bytes(transport.send(HttpRequest("GET", url), **options).internal_response.content)


def failing(error: Exception) -> Callable[..., NoReturn]:
    def fail(*_: object, **__: object) -> NoReturn:
        raise error

    return fail


@pytest.mark.parametrize(("error", "meaning"), NOT_SENT)
def test_a_connection_that_can_not_be_opened_sends_no_request(
    monkeypatch: pytest.MonkeyPatch, error: Exception, meaning: type[AzureError]
) -> None:
    monkeypatch.setattr(http.client.HTTPConnection, "connect", failing(error))
    with pytest.raises(meaning) as met:
        get("http://x/")
    assert type(met.value) is meaning


@pytest.mark.parametrize(("error", "meaning"), NOT_KNOWN)
def test_a_failure_on_a_connection_says_that_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, error: Exception, meaning: type[AzureError]
) -> None:
    monkeypatch.setattr(pools.Reply, "begin", failing(error))
    with serving() as host, pytest.raises(meaning) as met:
        get(f"http://{host}/")
    assert type(met.value) is meaning


@pytest.mark.parametrize(("word", "count"), [("close", 3), ("keep-alive", 1)])
def test_a_connection_that_the_service_closes_is_not_used_again(
    monkeypatch: pytest.MonkeyPatch, word: str, count: int
) -> None:
    connections: list[http.client.HTTPConnection] = []
    connect = http.client.HTTPConnection.connect

    def count_connection(connection: http.client.HTTPConnection) -> None:
        connections.append(connection)
        connect(connection)

    monkeypatch.setattr(http.client.HTTPConnection, "connect", count_connection)
    with serving() as host, default_transport({}) as transport:
        for _ in range(3):
            request = HttpRequest("GET", f"http://{host}/", headers={"Connection": word})
            assert transport.send(request).internal_response.content
    assert len(connections) == count


@pytest.mark.parametrize("headers", [{"A": "b\r\nC: d"}, {"A\r\nC": "d"}, {"A": "b\n"}])
def test_a_header_of_two_lines_is_not_sent(headers: dict[str, str]) -> None:
    with pytest.raises(ServiceRequestError), default_transport({}) as transport:
        transport.send(HttpRequest("GET", "http://127.0.0.1:1/", headers=headers))


def test_a_port_where_nobody_listens_gets_no_request() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ServiceRequestError):
        get(f"http://127.0.0.1:{port}/")


def test_a_reply_that_does_not_come_in_time_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(ServiceResponseTimeoutError):
        get(f"http://127.0.0.1:{server.getsockname()[1]}/", read_timeout=0.01)


def test_one_connection_carries_many_requests() -> None:
    with serving() as host, default_transport({}) as transport:
        bodies = {transport.send(HttpRequest("GET", f"http://{host}/")).internal_response.content for _ in range(3)}
    assert len(bodies) == 1


@pytest.mark.parametrize(("trusted", "host"), [(True, "127.0.0.1"), (True, "127.0.0.2"), (False, "127.0.0.1")])
def test_only_a_host_that_somebody_vouches_for_gets_a_request(tmp_path: Path, *, trusted: bool, host: str) -> None:
    file = certify(tmp_path, host)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    environ = {"REQUESTS_CA_BUNDLE": str(file)} if trusted else {}
    with serving(context) as address:
        if trusted and address.startswith(host):
            assert get(f"https://{address}/", environ)
        else:
            with pytest.raises(ServiceRequestError, match="CERTIFICATE_VERIFY_FAILED"):
                get(f"https://{address}/", environ)


@pytest.mark.parametrize("name", ["cat.png", "~a b/%7E+%25/'(ä)!*;:@&=,$.png", "a//b"])
def test_what_is_sent_is_the_url_that_was_signed(name: str) -> None:
    with breaking() as server:
        server.reply = sized_reply("200 OK", b"", *BLOB)
        images = wiring.build({"AzureWebJobsStorage": server.connection}, threaded=False).storage.images
        images.head(ImageRef("images", name))
        signed = urlsplit(blobs_of(images).get_blob_client("images", name).url).path
    assert server.requests == [f"HEAD {signed} HTTP/1.1"]


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_a_proxy_gets_the_request_with_the_whole_url(name: str) -> None:
    with breaking() as server:
        server.reply = sized_reply("200 OK", b"")
        proxy = urlsplit(server.connection.rpartition("BlobEndpoint=")[2]).netloc
        get("http://images.example/a%20b?c=1", {name: proxy})
    assert server.requests == ["GET http://images.example/a%20b?c=1 HTTP/1.1"]


def test_a_secure_request_goes_through_a_tunnel_of_the_proxy() -> None:
    with breaking() as server:
        server.reply = sized_reply("403 Forbidden", b"")
        proxy = urlsplit(server.connection.rpartition("BlobEndpoint=")[2]).netloc
        with pytest.raises(ServiceRequestError):
            get("https://images.example/", {"HTTPS_PROXY": proxy})
    assert [line.split()[:2] for line in server.requests] == [["CONNECT", "images.example:443"]]


@pytest.mark.parametrize("hosts", ["127.0.0.1", "*", "example.org,127.0.0.1"])
def test_a_host_that_needs_no_proxy_is_asked_itself(hosts: str) -> None:
    with serving() as host:
        assert get(f"http://{host}/", {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": hosts})


def test_a_proxy_is_told_who_asks() -> None:
    pool = Pool(urlsplit("http://images.example/"), {"HTTP_PROXY": "http://user:pass%21@proxy.example"})
    assert pool.headers == {"Proxy-Authorization": "Basic dXNlcjpwYXNzIQ=="}


@pytest.mark.parametrize(("proxy", "port"), [("http://proxy.example", 80), ("proxy.example:3128", 3128)])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_asked_at_its_own_port(monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str, port: int) -> None:
    places: list[tuple[str, int]] = []

    def note_place(connection: http.client.HTTPConnection) -> NoReturn:
        places.append((connection.host, connection.port))
        raise ConnectionRefusedError

    monkeypatch.setattr(http.client.HTTPConnection, "connect", note_place)
    with pytest.raises(ServiceRequestError):
        get(f"{scheme}://images.example/", {"ALL_PROXY": proxy})
    assert places == [("proxy.example", port)]
