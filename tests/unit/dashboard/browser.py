"""The dashboard's scripts, run in a browser that Node makes: one process for all tests."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shared.http.dashboard.assets import FOLDER

SCRIPT = Path(__file__).with_name("browser.mjs")


class Browser:
    """Runs scenarios: bodies of asynchronous functions, in which ``Page`` is the class of ``browser.mjs``."""

    def __init__(self, node: "subprocess.Popen[str]") -> None:
        self._node = node

    def run(self, scenario: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return what a scenario returns; fail with its error."""
        assert self._node.stdin is not None
        assert self._node.stdout is not None
        self._node.stdin.write(json.dumps(scenario) + "\n")
        self._node.stdin.flush()
        line = self._node.stdout.readline()
        assert line, "the browser has ended"
        result = json.loads(line)
        assert "error" not in result, result["error"]
        return result["value"]


@contextmanager
def browser() -> Iterator[Browser]:
    """Start one, and end it."""
    command = ["node", "--experimental-vm-modules", "--no-warnings", str(SCRIPT), str(FOLDER)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8") as node:
        try:
            yield Browser(node)
        finally:
            assert node.stdin is not None
            node.stdin.close()
