"""Requests in flight: many side by side, beside other triggers, given up by their clients, and at a drain."""

import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.host.functions_host.hosts import HostUnderTest, Launch, Storage
from tests.rig import until


@pytest.fixture
def own(launch: Launch) -> HostUnderTest:
    """Return a host for a test that holds requests or closes it."""
    return launch("api")


def test_calls_that_block_in_threads_run_side_by_side_and_hold_up_nobody(own: HostUnderTest) -> None:
    def get(path: str) -> int:
        return own.ask("GET", path).status

    with ThreadPoolExecutor(51) as pool:
        waiting = pool.submit(get, "/api/hold")
        assert own.names["BEGAN"].wait(15)
        assert list(pool.map(get, ["/api/meet"] * 50)) == [200] * 50
        assert (get("/api/open"), waiting.done()) == (200, False)
        own.go_on.set()
        assert waiting.result(15) == 200


def test_a_queue_and_a_timer_go_on_while_many_requests_are_held(storage: Storage, launch: Launch) -> None:
    mixed = launch("mixed")
    with ThreadPoolExecutor(50) as pool:
        waiting = [pool.submit(mixed.ask, "GET", "/api/hold") for _ in range(50)]
        mixed.names["ALL"].wait(15)
        ticks = len(mixed.log.find("function started", function="tick"))
        storage.queue().send_message("now")
        assert mixed.log.wait_for("function ended", function="work", outcome="succeeded")
        assert mixed.log.wait_for("function ended", function="tick", outcome="succeeded", count=ticks + 1)
        assert not any(one.done() for one in waiting)
        mixed.go_on.set()
        assert [one.result(15).data for one in waiting] == [b"GET"] * 50


def test_a_request_counts_as_running_until_it_is_answered(own: HostUnderTest) -> None:
    def running() -> int:
        return int(own.ask("GET", "/admin/host/status").json()["running"])

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(own.ask, "GET", "/api/hold")
        assert own.names["BEGAN"].wait(15)
        assert running() == 1
        own.go_on.set()
        assert waiting.result(15).status == 200
    assert until(lambda: running() == 0)


def test_a_client_that_goes_away_is_no_event(own: HostUnderTest, capfd: pytest.CaptureFixture[str]) -> None:
    connection = socket.create_connection(("127.0.0.1", own.host.port), 15)
    connection.sendall(b"GET /api/hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert own.names["BEGAN"].wait(15)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
    connection.close()
    own.go_on.set()
    own.log.wait_for("function ended", function="whole", outcome="succeeded")
    assert own.host.close()
    assert not [event for event in own.log.entries if event.get("level") == "error"]
    assert capfd.readouterr().err == ""


def test_a_drain_closes_idle_connections_and_answers_what_it_has_taken_on(own: HostUnderTest) -> None:
    idle, halfway, body, busy = (socket.create_connection(("127.0.0.1", own.host.port), 15) for _ in range(4))
    halfway.sendall(b"GET /api/o")
    body.sendall(b"POST /api/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\nhalf")
    busy.sendall(b"GET /api/hold HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert own.names["BEGAN"].wait(15)
    with ThreadPoolExecutor(1) as pool, idle, halfway, body, busy:
        closed = pool.submit(own.host.close)
        assert idle.recv(1) == b""
        assert [halfway.recv(1), body.recv(1)] == [b"", b""]
        assert not closed.done()
        own.go_on.set()
        assert b"".join(iter(lambda: busy.recv(65536), b"")).startswith(b"HTTP/1.1 200")
        assert until(closed.done)
        assert closed.result()
