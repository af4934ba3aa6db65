"""The hosts of a run, as child processes that end with it."""

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from localhost.azurite import ROOT
from localhost.run.failures import HostFailed
from localhost.run.run_options import RunOptions
from localhost.stop import Stop

READY_SECONDS = 60.0
FUNC_READY_SECONDS = 180.0  # it may download an extension bundle first
#: A host gives its running calls 30 s to end; after that it is no longer asked.
STOP_SECONDS = 35.0
TAIL_LINES = 15
TAIL_BYTES = 16_384
ADDRESS = "127.0.0.1"
INSTALL_FUNC = "https://learn.microsoft.com/azure/azure-functions/functions-run-local"


class Host:
    """One host process.

    Args:
        number: From 1; stands in its name.
        command: Program and arguments.
        environ: Its whole environment.
        log: Where its log goes; an older one is replaced.

    Attributes:
        name: ``host-1`` and so on.
        url: Where it listens; empty until it has said so.
    """

    def __init__(self, number: int, command: list[str], environ: Mapping[str, str], log: Path) -> None:
        self.name = f"host-{number}"
        self.url = ""
        self.log = log
        log.write_bytes(b"")
        with log.open("ab") as file:  # appending: its two streams share the file
            self._process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=file,
                start_new_session=True,  # Ctrl-C ends the run, and the run ends its hosts: once, and in order
            )
        output = self._process.stdout
        assert output is not None  # noqa: S101 - for the type checker; a pipe was asked for
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()

    def _read(self, output: IO[bytes]) -> None:
        """Look for the word that it is ready; put everything in the log."""
        with output, self.log.open("ab") as file:
            for line in output:
                file.write(line)
                file.flush()
                self.url = self.url or ready_url(line)

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    def send_signal(self, number: int) -> None:
        """Send it a signal; harmless when it has ended."""
        if self.status is None:
            self._process.send_signal(number)

    def end(self, until: float, hurry: Callable[[], bool]) -> None:
        """Wait for it, then end whatever is left of it and its children.

        Args:
            until: Of the monotonic clock.
            hurry: Asked again and again; True means not to wait any longer.
        """
        while self.status is None and time.monotonic() < until and not hurry():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.1)
        if hasattr(os, "killpg"):
            with contextlib.suppress(ProcessLookupError, PermissionError):  # macOS refuses for a dead group
                os.killpg(self._process.pid, signal.SIGKILL)
        else:
            self._process.kill()
        self._process.wait()
        self._reader.join(1)

    def last_lines(self) -> str:
        """Return the end of its log."""
        with self.log.open("rb") as file:
            file.seek(max(0, self.log.stat().st_size - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
        return "\n".join(f"    {line}" for line in lines[-TAIL_LINES:]) or "    (no output)"


class Hosts:
    """All hosts of a run; ended when left, in whatever way.

    Args:
        options: How many, of which kind, where.
        environ: The environment of each.
        stop: Says when somebody loses patience.

    Raises:
        HostFailed: A port is taken, or ``func`` is not there.
    """

    def __init__(self, options: RunOptions, environ: Mapping[str, str], stop: Stop) -> None:
        self._options = options
        self._environ = environ
        self._stop = stop
        self._ports = ports(options)
        self._func = shutil.which("func", path=environ.get("PATH")) if options.func else None
        if options.func and self._func is None:
            raise HostFailed(f"func is not installed. See {INSTALL_FUNC}")
        self._hosts: list[Host] = []
        self._dead: set[str] = set()

    @property
    def urls(self) -> list[str]:
        """Where they listen."""
        return [host.url for host in self._hosts]

    def start(self) -> None:
        """Start them all; they get ready side by side."""
        for index, port in enumerate(self._ports):
            number = index + 1
            command = func_command(self._func, port) if self._func else host_command(number, port)
            self._hosts.append(Host(number, command, self._environ, self._options.out / f"host-{number}.log"))

    def wait_ready(self) -> None:
        """Wait until each has said that it is ready.

        Raises:
            HostFailed: One has ended or takes too long.
            Stopped: By a signal.
        """
        until = time.monotonic() + (FUNC_READY_SECONDS if self._func else READY_SECONDS)
        for host, port in zip(self._hosts, self._ports, strict=True):
            while not host.url:
                if host.status is not None:
                    raise HostFailed(f"{host.name} ended while it was starting, {_how(host)}:\n{host.last_lines()}")
                if time.monotonic() > until:
                    raise HostFailed(f"{host.name} did not start in time:\n{host.last_lines()}")
                if self._func and func_answers(port):
                    host.url = f"http://{ADDRESS}:{port}"
                self._stop.wait(0.02 if not self._func else 0.5)

    def check(self) -> str:
        """Look whether one has ended by itself.

        Returns:
            What happened, each death once; nothing when all is well.

        Raises:
            HostFailed: None is left.
        """
        fallen = [host for host in self._hosts if host.status is not None and host.name not in self._dead]
        self._dead.update(host.name for host in fallen)
        said = "\n".join(f"{host.name} ended unexpectedly, {_how(host)}:\n{host.last_lines()}" for host in fallen)
        if said and len(self._dead) == len(self._hosts):
            raise HostFailed(f"{said}\nNo host is running any more.")
        return said

    def __enter__(self) -> Self:
        """Return itself; nothing is started yet."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Ask all to end, then wait for each; a second signal from the user ends them at once."""
        for host in self._hosts:
            host.send_signal(signal.SIGTERM)
        until, patience = time.monotonic() + STOP_SECONDS, max(self._stop.times, 1)
        for host in self._hosts:
            host.end(until, lambda: self._stop.times > patience)


def _how(host: Host) -> str:
    status = host.status or 0
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def ready_url(line: bytes) -> str:
    """Return the address in a host's ready line; nothing for any other line."""
    try:
        status = json.loads(line)
    except ValueError:
        return ""
    if not isinstance(status, dict) or status.get("event") != "host started":
        return ""
    return str(status.get("url") or f"http://{ADDRESS}:{status.get('port')}").rstrip("/")


def host_command(number: int, port: int) -> list[str]:
    """Return the command line of our own host."""
    command = [sys.executable, "-m", "localhost.host", "--app", str(ROOT), "--port", str(port)]
    return [*command, "--instance", f"host-{number}", "--fast"]


def func_command(func: str, port: int) -> list[str]:
    """Return the command line of Azure Functions Core Tools."""
    return [func, "start", "--port", str(port)]


def func_answers(port: int) -> bool:
    """Ask a host's own status page whether it runs; what ``func`` prints is made for people."""
    try:
        with urllib.request.urlopen(f"http://{ADDRESS}:{port}/admin/host/status", timeout=2) as reply:
            status = json.load(reply)
    except (urllib.error.URLError, OSError, ValueError):
        return False
    return isinstance(status, dict) and status.get("state") == "Running"


def ports(options: RunOptions) -> list[int]:
    """Choose a port for each host: those asked for; where none was, free ones if the usual are taken.

    Raises:
        HostFailed: One asked for is taken.
    """
    wanted = [options.port + index for index in range(options.instances)]
    taken = [port for port in wanted if options.port and not is_free(port)]
    if taken and options.explicit_port:
        raise HostFailed(f"Port {taken[0]} is in use. Choose another with --port; 0 chooses a free one.")
    if options.port and not taken:
        return wanted
    if options.func:  # it does not say where it listens
        return [free_port()]
    return [0] * options.instances


def is_free(port: int) -> bool:
    """Tell whether one can listen on a port of this machine."""
    with socket.socket() as probe:
        if os.name != "nt":  # a port that is merely cooling down is free; Windows means something else by it
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """Return a port on which nobody listens now."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        return int(probe.getsockname()[1])
