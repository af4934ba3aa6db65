"""Workers in this process, behind the same channel: a test sees the app's own objects, and starts no process."""

import socket
import threading
from collections.abc import Callable
from pathlib import Path

from localhost.channel import Channel
from localhost.worker.app import AppWrong, find_functions
from localhost.worker.calls import Calls, Functions
from localhost.worker.converters import Converters


class WorkerThread:
    """Serve a host in a thread.

    Args:
        make: Makes the functions, in that thread; the app's refusal reaches the host.
    """

    def __init__(self, make: Callable[[], Functions]) -> None:
        ours, theirs = socket.socketpair()
        self.channel = Channel(ours)
        self.theirs = Channel(theirs)
        self._make = make
        self._thread = threading.Thread(target=self._serve, name="worker under test")
        self._thread.start()

    def _serve(self) -> None:
        try:
            calls = Calls(self.theirs, self._make())
        except AppWrong as error:
            self.theirs.send({"frame": "refusal", "error": str(error)})
        else:
            calls.serve()
            calls.close()
        self.theirs.close()

    def kill(self) -> None:
        """End it: it takes nothing more."""
        self.channel.hang_up()

    def wait(self) -> str:
        """Wait for its end."""
        self._thread.join()
        return "the end of a thread"


def of_app(app: Path, *, threads: int) -> Callable[[], WorkerThread]:
    """Return what starts a worker for an app."""
    return lambda: WorkerThread(lambda: Converters(find_functions(app), folder=app, threads=threads))
