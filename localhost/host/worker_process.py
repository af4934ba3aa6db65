"""Start the worker process, and see how it ends."""

import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from socket import socketpair
from typing import Protocol

import localhost
from localhost.channel import Channel
from localhost.worker.kinds import Kind


class WorkerProcess(Protocol):
    """What calls the app's functions; see ``ChildProcess``."""

    channel: Channel

    def kill(self) -> None:
        """End it at once, and all that it is doing."""
        ...

    def wait(self) -> str:
        """Wait for its end; return how it ended."""
        ...


class ChildProcess:
    """A worker as a process of its own, in the group of the host.

    Args:
        app: The folder of the app.
        kind: Which worker it stands in for.
        environ: Its whole environment.
    """

    def __init__(self, app: Path, kind: Kind, environ: Mapping[str, str]) -> None:
        ours, theirs = socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "localhost.worker", str(app), kind.value, str(theirs.fileno())],
                cwd=Path(localhost.__file__).parent.parent,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )
        self.channel = Channel(ours)
        # A process that it has forked may hold its end of the channel open: its own end is what counts.
        threading.Thread(target=self._hang_up, name="worker-end", daemon=True).start()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def kill(self) -> None:
        """End it at once: it gets no notice, as on the real host."""
        self._process.kill()

    def wait(self) -> str:
        """Wait for its end; return how it ended."""
        status = self._process.wait()
        return f"signal {-status}" if status < 0 else f"exit status {status}"

    def _hang_up(self) -> None:
        self._process.wait()
        self.channel.hang_up()


def start_ahead(start: Callable[[], WorkerProcess]) -> Callable[[], WorkerProcess]:
    """Start one now, to load while the host loads; return what gives it, and then starts another one each time."""
    ahead = [start()]
    return lambda: ahead.pop() if ahead else start()
