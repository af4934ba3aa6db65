"""The end of a worker, as its host sees it: what ran in it fails, what comes then waits for another one."""

import socket
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from localhost.channel import Channel
from localhost.host.app_settings import SettingsWrong
from localhost.host.clock import SystemClock
from localhost.host.worker import Worker
from tests.host.functions_host.hosts import Events
from tests.host.functions_host.one_function import Make


def test_what_runs_in_a_worker_that_ends_fails_and_what_comes_then_waits_for_the_next(make: Make, log: Events) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def call(value: str) -> None:
        begun.set()
        assert go_on.wait(15)
        assert value == "x"

    one = make(call)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(one.invoke)
        assert begun.wait(15)
        one.threads[-1].kill()
        go_on.set()
        assert running.result(15).error == "The worker process ended: the end of a thread"
    assert log.find("worker ended", invocations=1)
    assert one.invoke().success
    assert (len(one.threads), len(log.find("worker started again"))) == (2, 1)


def ignore(value: str) -> None:
    """Fail where there is no text."""
    assert value


def test_only_the_first_restart_comes_at_once(make: Make, log: Events, monkeypatch: pytest.MonkeyPatch) -> None:
    one = make(ignore)
    waits: list[float] = []

    def wait(seconds: float) -> bool:
        waits.append(seconds)
        return one.worker._closed.is_set()

    monkeypatch.setattr(one.worker, "_restart_seconds", 10)
    monkeypatch.setattr(one.worker._closed, "wait", wait)
    for number in (1, 2):
        one.threads[-1].kill()
        log.wait_for("worker started again", count=number)
    assert waits[0] == 0
    assert 9 < waits[1] <= 10


def test_a_worker_that_cannot_come_up_again_is_started_until_it_can(make: Make, log: Events) -> None:
    one = make(ignore)
    functions = one.functions
    one.functions = one.list_of(print)
    one.threads[-1].kill()
    log.wait_for("worker not started", count=2)
    one.functions = functions
    log.wait_for("worker started again")
    assert one.invoke().success


class Ended:
    """A process that has died before it said anything."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        theirs.close()
        self.channel = Channel(ours)

    def kill(self) -> None:
        """Do nothing more to it."""

    def wait(self) -> str:
        """Return how it ended."""
        return "signal 11"


def test_an_app_whose_import_ends_the_process_is_refused(log: Events) -> None:
    worker = Worker(Ended, log=log, clock=SystemClock(), timeout_seconds=None, restart_seconds=0)
    with pytest.raises(SettingsWrong, match="ended while it imported the app: signal 11"):
        worker.open()
    worker.close()
