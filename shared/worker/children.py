"""The processes of a group, as their parent has them in hand."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, Protocol

from shared.worker.child import Options

_MODULE = "shared.worker.child"


class Child(Protocol):
    """A process of the group."""

    @property
    def pid(self) -> int:
        """Its number in the system."""

    def fileno(self) -> int:
        """Return what can be read when it has said something, or has ended."""

    def health(self) -> dict[str, Any] | None:
        """Return how it is, as it has said last; None where it has said nothing new."""

    def status(self) -> int | None:
        """Return its exit status, negative for a signal; None while it runs."""

    def wake(self) -> None:
        """Have it look at the queue."""

    def stop(self) -> None:
        """Ask it to drain."""

    def kill(self) -> None:
        """End it at once."""

    def close(self) -> None:
        """Let go of one that has ended."""


class ChildProcess:
    """A real one.

    Args:
        options: What it is told.
        environ: App settings, and the rest of its environment.
    """

    def __init__(self, options: Options, environ: Mapping[str, str]) -> None:
        command = [sys.executable, "-m", _MODULE, json.dumps(asdict(options))]
        theirs_in, orders = os.pipe()
        words, theirs_out = os.pipe()
        os.set_blocking(words, False)
        self._orders, self._words = os.fdopen(orders, "wb", 0), os.fdopen(words, "rb", 0)
        try:
            self._process = subprocess.Popen(command, env=environ, stdin=theirs_in, stdout=theirs_out)  # noqa: S603 - ours
        finally:
            os.close(theirs_in)
            os.close(theirs_out)
        self._part = b""

    @property
    def pid(self) -> int:
        """See ``Child``."""
        return self._process.pid

    def fileno(self) -> int:
        """See ``Child``."""
        return self._words.fileno()

    def health(self) -> dict[str, Any] | None:
        """See ``Child``."""
        *lines, self._part = (self._part + (self._words.read() or b"")).split(b"\n")
        if not lines:
            return None
        health: dict[str, Any] = json.loads(lines[-1])
        return health

    def status(self) -> int | None:
        """See ``Child``."""
        return self._process.poll()

    def wake(self) -> None:
        """See ``Child``."""
        try:
            self._orders.write(b"\n")
        except OSError:
            return  # it has ended

    def stop(self) -> None:
        """See ``Child``."""
        self._orders.close()

    def kill(self) -> None:
        """See ``Child``."""
        self._process.kill()

    def close(self) -> None:
        """See ``Child``."""
        self._orders.close()
        self._words.close()
