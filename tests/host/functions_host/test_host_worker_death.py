"""The worker as a process: it may die in any way, and the host lives on."""

import json
import os
import re
import signal
from pathlib import Path
from typing import Any

from tests.host.functions_host.hosts import Copy, Spawn, Storage
from tests.rig import HostProcess, stands_still, until


def events(host: HostProcess, name: str) -> list[dict[str, Any]]:
    """Return the host's own lines of this event so far."""
    whole = host.log.read_text("utf-8").split("\n")[:-1]
    lines = [json.loads(line) for line in whole if line.startswith("{")]
    return [line for line in lines if line["event"] == name]


def test_a_worker_that_dies_fails_all_that_it_runs_and_the_messages_come_back(storage: Storage, spawn: Spawn) -> None:
    queue = storage.queue()
    host = spawn("deaths", "--restart-seconds", "0", settings={})
    queue.send_message("hold")
    assert host.read() == "began 1 hold"
    queue.send_message("exit")
    assert host.read() == "began 1 exit"
    assert {host.read(), host.read()} == {"began 2 hold", "began 2 exit"}
    for word in ("kill", "fault"):
        queue.send_message(word)
        assert [host.read(), host.read()] == [f"began 1 {word}", f"began 2 {word}"]
    ends = [(line["how"], line["invocations"]) for line in events(host, "worker ended")]
    assert ends == [("exit status 3", 2), ("signal 9", 1), ("signal 11", 1)]
    failed = [line["error"] for line in events(host, "function ended") if line["outcome"] == "failed"]
    assert failed == [f"The worker process ended: {how}" for how, count in ends for _ in range(count)]
    until(lambda: queue.get_queue_properties().approximate_message_count == 0)
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(15) == 0
    assert host.read() == "", "a worker gets no notice of its end"


def test_a_call_longer_than_function_timeout_ends_the_worker_and_fails_its_neighbours(
    storage: Storage, spawn: Spawn, copy_app: Copy
) -> None:
    queue = storage.queue()
    host = spawn(str(copy_app("deaths", "00:00:20", "00:00:03")), settings={})
    before = host.worker
    for _ in range(2):
        queue.send_message("hold")
        assert host.read() == "began 1 hold"
    for _ in range(2):  # a worker that starts slowly may run out of time as well, before it says a word
        assert re.fullmatch("began [2-9] hold", host.read())
    errors = {line["error"] for line in events(host, "function ended") if line["outcome"] == "failed"}
    assert errors == {"functionTimeout exceeded", "The worker process ended: signal 9"}
    restarts = events(host, "functionTimeout exceeded: the worker process is restarted")
    assert {line["function"] for line in restarts} == {"work"}
    assert host.worker != before


def test_a_worker_ends_with_its_host_whatever_it_is_doing(storage: Storage, spawn: Spawn) -> None:
    host = spawn("deaths", settings={})
    storage.queue().send_message("hold")
    assert host.read() == "began 1 hold"
    worker = host.worker
    os.kill(host.process.pid, signal.SIGKILL)
    until(lambda: stands_still(worker), seconds=10, what="the end of the worker")


def test_a_signal_to_the_whole_group_lets_the_call_finish(storage: Storage, spawn: Spawn, tmp_path: Path) -> None:
    storage.queue().send_message("one")
    go_on = tmp_path / "go-on"
    settings = {"AzureWebJobs.tick.Disabled": "true", "GO_ON": str(go_on)}
    host = spawn("timers", settings=settings)
    assert host.read() == "began 1"
    os.killpg(host.process.pid, signal.SIGTERM)  # as a terminal signals for Ctrl-C, and others when they stop a service
    go_on.touch()
    assert host.read() == "ended"
    assert host.process.wait(15) == 0
    assert [line["outcome"] for line in events(host, "function ended")] == ["succeeded"]
