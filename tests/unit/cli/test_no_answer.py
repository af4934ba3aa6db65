"""Why a request had no answer: what may pass is tried again, and all else is answered by what to do, at once."""

import http.client
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from urllib3.connection import HTTPConnection
from urllib3.exceptions import HTTPError, NameResolutionError, ProtocolError, SSLError

from shared.cli.no_answer import Failure
from shared.cli.over_http import OverHttp
from shared.cli.service import ServiceDown, ServiceUnreachable
from shared.runtime import Runtime
from tests.doubles.api import Api, Pauses
from tests.doubles.api import Reply as Scripted
from tests.doubles.certificate import certify
from tests.doubles.clock import FakeClock


@pytest.fixture
def pauses() -> Pauses:
    """Give a clock that pauses move on."""
    return Pauses(FakeClock())


def _service(address: str, pauses: Pauses) -> OverHttp:
    return OverHttp(address, {}, runtime=Runtime(monotonic=pauses.clock, pause=pauses))


@pytest.fixture
def own_certificate(tmp_path: Path) -> Iterator[str]:
    """Serve with a certificate that nobody vouches for; give the address."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certify(tmp_path, "127.0.0.1"))
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.handle_error = lambda *_: None  # type: ignore[method-assign] # the client hangs up, as it must
        threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
        yield f"https://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_certificate_that_is_not_trusted_is_said_at_once(own_certificate: str, pauses: Pauses) -> None:
    with pytest.raises(ServiceUnreachable, match=r"certificate is not trusted: self-signed .* SSL_CERT_FILE"):
        _service(own_certificate, pauses).call("GET", "/jobs")
    assert pauses.seconds == []


def test_a_port_without_tls_is_said_at_once(pauses: Pauses) -> None:
    with Api() as api, pytest.raises(ServiceUnreachable, match="does not speak TLS at this port"):
        _service(api.url.replace("http:", "https:"), pauses).call("GET", "/jobs")
    assert pauses.seconds == []


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_failure_that_may_have_had_an_effect_is_tried_again_where_that_does_no_harm(
    status: int, pauses: Pauses
) -> None:
    with Api() as api:
        api.script("list", Scripted(status), None)
        assert _service(api.url, pauses).call("GET", "/jobs").status == 200
        api.script("add", Scripted(status))
        with pytest.raises(ServiceDown, match=f"HTTP {status}"):
            _service(api.url, pauses).call("POST", "/jobs", body={"type": "t", "ref": "r", "unique": False})
    assert len(pauses.seconds) == 1


def _with_cause(error: HTTPError, cause: BaseException) -> HTTPError:
    error.__context__ = cause
    return error


def _name_error(number: int) -> HTTPError:
    cause = socket.gaierror(number, "not now, or never")
    return _with_cause(NameResolutionError("app.example", HTTPConnection("app.example"), cause), cause)


@pytest.mark.parametrize(
    ("error", "may_pass"),
    [
        (_name_error(socket.EAI_NONAME), False),
        (_name_error(socket.EAI_AGAIN), True),
        (_with_cause(ProtocolError(), http.client.BadStatusLine("\x15\x03")), False),
        (_with_cause(ProtocolError(), http.client.RemoteDisconnected("")), True),
        (_with_cause(ProtocolError(), ConnectionResetError(104, "Connection reset by peer")), True),
        (_with_cause(SSLError(), ssl.SSLEOFError(8, "EOF occurred in violation of protocol")), True),
    ],
)
def test_only_what_may_pass_is_worth_another_try(error: HTTPError, *, may_pass: bool) -> None:
    assert (Failure.of(error).advice is None) is may_pass
