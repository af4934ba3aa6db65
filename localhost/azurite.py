"""Azurite, the storage emulator, as a child process.

On free ports by default and with an account key drawn at each start, so that nothing here is a secret and nothing
collides with another Azurite of the same machine.
"""

import base64
import os
import re
import secrets
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO, Self

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "node_modules" / "azurite" / "dist" / "src" / "azurite.js"
ACCOUNT = "darkroom"
START_SECONDS = 60.0
STOP_SECONDS = 30.0

#: What ``UseDevelopmentStorage=true`` stands for in every SDK and in the Functions host.
DEVELOPMENT_PORTS = {"blob": 10000, "queue": 10001, "table": 10002}

_LISTENING = re.compile(r"Azurite (Blob|Queue|Table) service is successfully listening at (http://\S+)")


class AzuriteFailed(RuntimeError):
    """Azurite did not start."""


class Azurite:
    """Run the blob, queue and table services of Azurite until closed.

    Args:
        data: Keep the storage in this folder; without it everything stays in memory and is gone at the end.
        development: Listen where ``UseDevelopmentStorage=true`` points (ports 10000 to 10002, the well-known account),
            instead of on free ports with an account of its own.
        debug: Write Azurite's request log, bodies of batches included, to this file.
        access: Called with each line that Azurite prints once it listens: its access log, a line a request.

    Attributes:
        connection: The connection string; ``UseDevelopmentStorage=true`` with ``development``.
    """

    def __init__(
        self,
        *,
        data: Path | None = None,
        development: bool = False,
        debug: Path | None = None,
        access: Callable[[str], object] | None = None,
    ) -> None:
        node = shutil.which("node")
        if node is None or not SCRIPT.exists():
            raise AzuriteFailed("Azurite is not installed. Install Node 20 or newer, then run `python3 dev.py run`.")
        if data is not None:
            data.mkdir(parents=True, exist_ok=True)
        environ = {k: v for k, v in os.environ.items() if k != "AZURITE_ACCOUNTS"}
        key = base64.b64encode(secrets.token_bytes(64)).decode()
        if not development:
            environ["AZURITE_ACCOUNTS"] = f"{ACCOUNT}:{key}"
        self._endpoints: dict[str, str] = {}
        self._ready = threading.Event()
        self._access = access
        silent = () if access else ("--silent",)
        self._process = subprocess.Popen(
            [node, str(SCRIPT), *silent, *_arguments(data, development=development, debug=debug)],
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # a Ctrl-C in the terminal reaches the host first, which still needs storage
        )
        self._output: list[str] = []
        output = self._process.stdout
        assert output is not None  # noqa: S101 - for the type checker; a pipe was asked for
        self._reader = threading.Thread(target=self._read, args=(output,), daemon=True)
        self._reader.start()
        self._ready.wait(START_SECONDS)
        if len(self._endpoints) < len(DEVELOPMENT_PORTS):
            self.close()
            raise AzuriteFailed("Azurite did not start:\n" + "".join(self._output[-20:]))
        self.connection = "UseDevelopmentStorage=true" if development else self._connection(key)

    @property
    def pid(self) -> int:
        """The process id of the Node process that serves."""
        return self._process.pid

    def _connection(self, key: str) -> str:
        endpoints = "".join(f"{kind}Endpoint={url}/{ACCOUNT};" for kind, url in sorted(self._endpoints.items()))
        return f"DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={key};{endpoints}"

    def _read(self, output: IO[str]) -> None:
        """Note where the services listen, then pass lines on, and keep the pipe empty until the process ends."""
        for line in output:
            found = _LISTENING.search(line)
            if found:
                self._endpoints[found[1]] = found[2]
                if len(self._endpoints) == len(DEVELOPMENT_PORTS):
                    self._ready.set()
            elif not self._ready.is_set():
                self._output.append(line)
            elif self._access:
                self._access(line)
        output.close()
        self._ready.set()

    def wait(self) -> int:
        """Block until Azurite ends by itself; return its exit status."""
        return self._process.wait()

    def close(self) -> None:
        """End Azurite by SIGTERM, so that it writes down what it holds; harmless when it has ended."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._reader.join(STOP_SECONDS)

    def __enter__(self) -> Self:
        """Return itself, already listening."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def _arguments(data: Path | None, *, development: bool, debug: Path | None) -> list[str]:
    arguments = ["--skipApiVersionCheck", "--disableTelemetry"]
    for kind, port in DEVELOPMENT_PORTS.items():
        arguments += [f"--{kind}Port", str(port if development else 0), f"--{kind}Host", "127.0.0.1"]
    arguments += ["--inMemoryPersistence"] if data is None else ["--location", str(data)]
    if debug is not None:
        arguments += ["--debug", str(debug)]
    return arguments
