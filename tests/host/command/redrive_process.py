"""``darkroom redrive`` in a process of its own, and what its ledger says while it runs."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.rig import ROOT, until


class RedriveProcess:
    """One run of the command against a host.

    Args:
        port: Of the host.
        state: The user's state directory.
        log: For what it prints.
    """

    def __init__(self, port: int, state: Path, log: Path) -> None:
        words = ["redrive", "--state", "FAILED", "--yes", "--url", f"http://127.0.0.1:{port}"]
        self._state, self._log = state, log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "shared.cli", *words],
                cwd=ROOT,
                env={**os.environ, "XDG_STATE_HOME": str(state)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_for_results(self, count: int) -> None:
        """Wait until so many jobs have results, of all runs together."""
        until(lambda: self._process.poll() is not None or self.results() >= count, seconds=300, what=f"{count} results")
        assert self._process.poll() is None, self.text

    def results(self) -> int:
        """Count the results that the ledger has."""
        lines = [line for file in self._state.rglob("*.jsonl") for line in file.read_text().split("\n")[:-1]]
        return sum(len(json.loads(line).get("results", ())) for line in lines)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; return its status."""
        return self._process.wait(600)

    def close(self) -> None:
        """End it, if a test has failed."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait(60)

    @property
    def text(self) -> str:
        """All that it has printed."""
        return self._log.read_text("utf-8")
