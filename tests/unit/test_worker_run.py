"""One worker's process: its signals, its end, its log and its state over HTTP."""

import json
import logging
import os
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shared.runtime import Runtime
from shared.telemetry import LOGGER, LogEvent, emit
from shared.worker import health, health_server
from shared.worker.log_lines import JsonLines
from shared.worker.run import Ending, run
from shared.worker.signals import Signals
from tests.doubles.clock import FakeClock


class Steady:
    """A worker that works until it is stopped, or until ``release``.

    Args:
        obeys: Whether stopping it ends it.
    """

    def __init__(self, *, obeys: bool = True) -> None:
        self.is_stopping = False
        self._obeys = obeys
        self._end = threading.Event()

    def run(self) -> bool:
        """Work; say that all is settled."""
        self._end.wait(20)
        return True

    def stop(self) -> None:
        """Note it."""
        self.is_stopping = True
        if self._obeys:
            self.release()

    def release(self) -> None:
        """Let it end."""
        self._end.set()


class Cut(Steady):
    """A worker that storage does not let give everything back."""

    def run(self) -> bool:
        """Work."""
        return not super().run()


class Faulty(Steady):
    """A worker with a bug."""

    def run(self) -> bool:
        """Fail."""
        raise ValueError("a bug")


@pytest.fixture
def signals() -> Iterator[Signals]:
    """Count signals of this process."""
    with Signals() as entered:
        yield entered


def test_a_signal_is_counted_and_wakes_who_waits(signals: Signals) -> None:
    before = signals.count
    os.kill(os.getpid(), signal.SIGTERM)
    signals.wait(20)
    assert (before, signals.count) == (0, 1)


def test_what_can_be_read_wakes_who_waits(signals: Signals) -> None:
    ours, theirs = os.pipe()
    os.write(theirs, b"x")
    assert signals.wait(20, ours) == [ours]
    os.close(ours)
    os.close(theirs)


def test_signals_are_given_back() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Signals() as entered:
        assert signal.getsignal(signal.SIGTERM) == entered._note
    assert signal.getsignal(signal.SIGTERM) == before


def test_the_first_signal_stops_the_worker_which_settles_what_it_has(signals: Signals) -> None:
    worker = Steady()
    os.kill(os.getpid(), signal.SIGINT)
    assert run(worker, drain=20, wishes=signals) is Ending.SETTLED
    assert worker.is_stopping


def test_a_worker_that_could_not_settle_all_says_that_storage_was_out(signals: Signals) -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    assert run(Cut(), drain=20, wishes=signals) is Ending.STORAGE_OUT


def test_a_second_signal_ends_it_at_once(signals: Signals) -> None:
    worker = Steady(obeys=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        os.kill(os.getpid(), number)
    assert run(worker, drain=1_000, wishes=signals) is Ending.CUT_SHORT
    worker.release()


def test_a_worker_that_does_not_end_within_its_time_to_drain_is_cut_short(signals: Signals) -> None:
    worker, clock = Steady(obeys=False), FakeClock()
    os.kill(os.getpid(), signal.SIGTERM)

    def tick() -> None:
        clock.advance(26)
        signals.wake()

    assert run(worker, drain=25, wishes=signals, tick=tick, runtime=Runtime(monotonic=clock)) is Ending.CUT_SHORT
    assert worker.is_stopping
    worker.release()


def test_a_worker_with_a_bug_has_failed(signals: Signals) -> None:
    assert run(Faulty(), drain=20, wishes=signals) is Ending.FAILED


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """Return what was logged as it is written to stderr."""
    return [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_an_event_is_a_line_of_its_fields_with_time_and_level(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, LOGGER.name)
    emit(LogEvent.WORKER_STARTED, owner="worker/1", slots=4)
    (line,) = lines(caplog)
    assert line.pop("time").endswith("Z")
    assert line == {"level": "INFO", "event": "worker started", "owner": "worker/1", "slots": 4}


def test_what_libraries_log_is_a_line_too_with_the_exception(caplog: pytest.LogCaptureFixture) -> None:
    error = ValueError("no event")
    logging.getLogger("azure").error("of %s", "theirs", exc_info=error)
    (line,) = lines(caplog)
    assert (line["logger"], line["message"], line["level"]) == ("azure", "of theirs", "ERROR")
    assert "ValueError: no event" in line["exception"]


UPKEEP = {"sweep": {"age_seconds": 7.0, "limit_seconds": 3420.0, "late": False}}


@pytest.fixture(scope="module")
def ask() -> Iterator[Callable[[str, bool], tuple[int, bytes]]]:
    """Ask a server how a worker is that is well, or is not."""
    state: dict[str, Any] = {}
    with health_server.serve(lambda: state, "127.0.0.1", 0) as port:

        def get(path: str, is_well: bool) -> tuple[int, bytes]:  # noqa: FBT001 - the only fact
            state.update(health.state_of([{"is_well": is_well, "upkeep": UPKEEP}]))
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=20) as reply:
                    return reply.status, reply.read()
            except urllib.error.HTTPError as refusal:
                with refusal:
                    return refusal.code, refusal.read()

        yield get


def test_health_is_200_while_all_is_well_and_503_otherwise(ask: Callable[[str, bool], tuple[int, bytes]]) -> None:
    status, body = ask("/health", True)
    processes = [{"is_well": True, "upkeep": UPKEEP}]
    assert (status, json.loads(body)) == (200, {"is_well": True, "upkeep": UPKEEP, "processes": processes})
    status, body = ask("/health?x=1", False)
    assert (status, json.loads(body)["is_well"]) == (503, False)


def test_any_other_path_is_404(ask: Callable[[str, bool], tuple[int, bytes]]) -> None:
    assert ask("/", True)[0] == 404


def test_a_group_is_well_when_each_process_is_and_its_leader_does_the_upkeep() -> None:
    leader, other = {"is_well": True, "upkeep": UPKEEP}, {"is_well": True, "upkeep": None}
    assert health.state_of([leader, other])["is_well"]
    assert health.state_of([other, leader])["upkeep"] == UPKEEP
    assert health.state_of([other])["upkeep"] is None
    assert not health.state_of([leader, {**other, "is_well": False}])["is_well"]
    assert not health.state_of([])["is_well"]
