"""What is sent of a file: all that was announced, from its beginning at each try, and never the whole of it at once."""

import hashlib
import os
import threading
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from shared.cli.over_http import OverHttp
from shared.cli.request_body import open_body
from shared.cli.service import FileRefused
from shared.runtime import Runtime
from tests.doubles.api import Pauses
from tests.doubles.clock import FakeClock

_MIB = 1 << 20


class Sink(ThreadingHTTPServer):
    """Takes bodies, and keeps their digests; the first request is put off behind its body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.digests: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Sink

    def do_PUT(self) -> None:
        left, digest = int(self.headers["Content-Length"]), hashlib.sha256()
        while left:
            part = self.rfile.read(min(left, 65_536))
            digest.update(part)
            left -= len(part)
        self.server.digests.append(digest.hexdigest())
        self.send_response(503 if len(self.server.digests) == 1 else 201)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def sink() -> Iterator[Sink]:
    """Serve on the loopback."""
    with Sink() as server:
        threading.Thread(target=server.serve_forever, args=(0.005,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give a file of 16 MiB."""
    path = tmp_path / "large.png"
    path.write_bytes(os.urandom(_MIB) * 16)
    return path


def test_a_file_is_sent_from_its_beginning_at_each_try_and_is_never_in_memory(sink: Sink, file: Path) -> None:
    pauses = Pauses(FakeClock())
    service = OverHttp(f"http://127.0.0.1:{sink.server_port}", {}, runtime=Runtime(pause=pauses))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    tracemalloc.start()
    try:
        reply = service.call("PUT", "/images/large.png", data=file)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (reply.status, sink.digests) == (201, [digest, digest])
    assert peak < 4 * _MIB


def test_a_file_that_is_not_there_is_refused_and_nothing_is_tried_again(sink: Sink, tmp_path: Path) -> None:
    service = OverHttp(f"http://127.0.0.1:{sink.server_port}", {}, runtime=Runtime())
    with pytest.raises(FileRefused, match="can't be read: No such file"):
        service.call("PUT", "/images/large.png", data=tmp_path / "absent.png")
    assert sink.digests == []


@pytest.mark.parametrize("size", [3 * _MIB, 0])
def test_a_file_that_becomes_shorter_meanwhile_is_refused(file: Path, size: int) -> None:
    with open_body(file) as (body, headers):
        assert headers == {"Content-Length": str(16 * _MIB)}
        os.truncate(file, size)
        with pytest.raises(FileRefused, match="became shorter"):
            list(body or ())


def test_what_a_file_grows_by_meanwhile_is_not_sent(file: Path) -> None:
    with open_body(file) as (body, _):
        with file.open("ab") as more:
            more.write(b"GET /admin HTTP/1.1")
        assert sum(len(part) for part in body or () if isinstance(part, bytes)) == 16 * _MIB
