"""The host as a process: signals, deaths, refusals."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from localhost.host.server import Server
from tests.host.functions_host.hosts import Spawn, Storage
from tests.rig import ROOT, until

NO_TICK = {"AzureWebJobs.tick.Disabled": "true"}


def refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except ConnectionError:
        return True
    return False


def test_a_host_loads_what_answers_http_with_the_first_connection_and_never_what_calls_functions() -> None:
    web = {"uvicorn", "starlette", "h11", "anyio", "click", "fastapi", "azure.functions"}
    code = f"import sys, localhost.host.serve; print(*{web} & sys.modules.keys(), 'none')"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout == "none\n"


def test_a_port_that_nobody_has_called_is_given_back_at_once() -> None:
    server = Server(lambda: pytest.fail("nobody has called"), 0)
    thread = threading.Thread(target=server.run)
    thread.start()
    server.stop()
    thread.join(10)
    assert refuses(server.port)
    server.close()


def test_sigterm_lets_the_running_invocation_finish_and_exits_0(storage: Storage, spawn: Spawn, tmp_path: Path) -> None:
    queue = storage.queue()
    queue.send_message("one")
    go_on = tmp_path / "go-on"
    host = spawn("timers", settings={**NO_TICK, "GO_ON": str(go_on)})
    assert host.read() == "began 1"
    host.process.send_signal(signal.SIGTERM)
    until(lambda: refuses(host.port))
    queue.send_message("two")
    with pytest.raises(subprocess.TimeoutExpired):
        host.process.wait(0.3)
    go_on.touch()
    assert host.read() == "ended"
    assert host.process.wait(10) == 0
    assert host.read() == "", "a draining host takes on nothing new"
    assert [message.content for message in queue.peek_messages(5)] == ["two"]


def test_the_drain_ends_when_its_time_is_up(storage: Storage, spawn: Spawn, tmp_path: Path) -> None:
    storage.queue().send_message("one")
    host = spawn("timers", "--drain-seconds", "0.5", settings={**NO_TICK, "GO_ON": str(tmp_path / "never")})
    assert host.read() == "began 1"
    host.process.send_signal(signal.SIGINT)
    assert host.process.wait(10) == 0


def test_a_second_signal_ends_the_host_at_once(storage: Storage, spawn: Spawn, tmp_path: Path) -> None:
    storage.queue().send_message("one")
    host = spawn("timers", settings={**NO_TICK, "GO_ON": str(tmp_path / "never")})
    assert host.read() == "began 1"
    host.process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        host.process.wait(0.3)
    host.process.send_signal(signal.SIGTERM)
    assert host.process.wait(5) == 1


def test_a_killed_host_leaves_its_message_to_the_next_one_after_the_lease(
    storage: Storage, spawn: Spawn, tmp_path: Path
) -> None:
    storage.queue().send_message("one")
    go_on = tmp_path / "go-on"
    settings = {**NO_TICK, "GO_ON": str(go_on)}
    first = spawn("timers", "--message-lease-seconds", "1", settings=settings)
    assert first.read() == "began 1"
    first.process.kill()
    first.process.wait()
    go_on.touch()
    second = spawn("timers", settings=settings)
    assert second.read() == "began 2"
    assert second.read() == "ended"


def start(app: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "localhost.host", "--app", str(app), "--port", "0"]
    environ = {"PATH": os.environ["PATH"], "AzureWebJobsStorage": "UseDevelopmentStorage=true", **settings}
    return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=30, check=False)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import absent_module\n", "absent_module"),
        ("import azure.functions as func\napp = func.FunctionApp()\n", "defines no function"),
    ],
)
def test_an_app_that_cannot_run_is_refused_with_its_reason_and_status_1(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "function_app.py").write_text(source)
    result = start(tmp_path)
    assert (result.returncode, result.stdout) == (1, "")
    assert said in result.stderr


def test_settings_come_from_local_settings_json_and_the_environment_wins(tmp_path: Path) -> None:
    source = "import os\nraise SystemError(os.environ['A'] + os.environ['B'])\n"
    (tmp_path / "function_app.py").write_text(source)
    (tmp_path / "local.settings.json").write_text('{"Values": {"A": "file-a", "B": "file-b"}}')
    assert "file-aenviron-b" in start(tmp_path, B="environ-b").stderr
