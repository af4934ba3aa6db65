"""``darkroom worker`` as a process, beside a rig without hosts."""

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rig import QUICK, ROOT, Rig, until


class WorkerProcess:
    """One worker, or a group, in a session of its own.

    Args:
        environ: Its environment.
        log: Where its stderr goes.
        words: Of the command.
    """

    def __init__(self, environ: dict[str, str], log: Path, words: tuple[str, ...]) -> None:
        self.log = log
        command = [sys.executable, "-m", "shared.cli", "worker", *words]
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                command, cwd=ROOT, env=environ, stdin=subprocess.DEVNULL, stderr=file, start_new_session=True
            )

    def lines(self, event: str = "") -> list[dict[str, Any]]:
        """Return what it has logged, of one event or all."""
        whole = self.log.read_text("utf-8").split("\n")[:-1]  # the last may be half a line
        lines = [json.loads(line) for line in whole]
        return [line for line in lines if event in ("", line.get("event"))]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it alone, as the runtime of containers does."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """End all of its group as ``kill -9`` does; harmless when it has ended."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)

    def drain(self) -> int:
        """End it as an operator does; return its exit status."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def workers(rig: Rig) -> Iterator["Start"]:
    """Give what starts workers on a rig's storage, and end them all."""
    start = Start(rig)
    try:
        yield start
    finally:
        for worker in start.started:
            worker.kill()


class Start:
    """Starts workers.

    Attributes:
        started: All of them.
    """

    def __init__(self, rig: Rig) -> None:
        self._rig = rig
        self.started: list[WorkerProcess] = []

    def __call__(self, *words: str, **settings: str) -> WorkerProcess:
        """Start one with these words, and settings over the quick ones; return it when it has begun."""
        environ = {**os.environ, **QUICK, **self._rig.environ, "PYTHONPATH": str(ROOT), **settings}
        log = self._rig.folder / f"worker-{len(self.started)}.log"
        worker = WorkerProcess(environ, log, words)
        self.started.append(worker)
        until(lambda: worker.lines("worker started"), what="the worker")
        return worker


def health(port: int) -> tuple[int, dict[str, Any]]:
    """Ask a worker how it is; 0 where nobody listens."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=10) as reply:
            return reply.status, json.load(reply)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, json.load(refusal)
    except OSError:
        return 0, {}
