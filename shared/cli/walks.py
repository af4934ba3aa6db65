"""Walk through the container at full speed, and count it meanwhile, to say how far the walk is."""

from collections.abc import Callable
from dataclasses import dataclass, field

from shared.cli.output import Progress
from shared.cli.service import Service, ServiceDown, ServiceRefused
from shared.runtime import Runtime

#: So long it waits where another walk is under way: the timer's slice, or another's command.
_PAUSE_SECONDS = 5.0
#: So many slices in a row may fail. Each has tried all of its images, and has left the rest to the next one.
_MOST_FAILURES = 5


@dataclass
class Backfill:
    """One walk to the end of the container.

    Attributes:
        service: The API.
        progress: Shows how far it is.
        say: Says why nothing happens.
        runtime: Pauses and threads.
        blobs: Blobs that the walk has listed so far.
        new: Images that it has recorded so far.
    """

    service: Service
    progress: Progress
    say: Callable[[str], object]
    runtime: Runtime
    blobs: int = 0
    new: int = 0
    _failures: int = field(default=0, init=False)
    _waits: bool = field(default=False, init=False)
    _is_over: bool = field(default=False, init=False)

    def run(self, *, seconds: int) -> None:
        """Walk, slice by slice.

        Args:
            seconds: How long one slice may begin new work.

        Raises:
            ServiceDown: Slices fail one after another.
            ServiceRefused: The app refuses.

        Costs:
            1 request of the API for each slice, and 1 for each 50,000 blobs.
        """
        with self.runtime.pool(1, "count") as pool:
            pool.submit(self._count)
            try:
                while not self._walk(seconds):
                    pass
            finally:
                self._is_over = True

    def _walk(self, seconds: int) -> bool:
        """Walk one slice; say whether it has come to the end."""
        try:
            walk = self.service.call("POST", "/container/walk", body={"seconds": seconds}).json(
                blobs=int, new=int, complete=bool
            )
        except ServiceRefused as refused:
            if refused.code != "locked_out":
                raise
            self._wait()
            return False
        except ServiceDown:
            self._failures += 1
            if self._failures == _MOST_FAILURES:
                raise
            return False
        self._failures, self._waits = 0, False
        self.blobs += walk["blobs"]
        self.new += walk["new"]
        self.progress.advance(walk["blobs"])
        return bool(walk["complete"])

    def _wait(self) -> None:
        if not self._waits:
            self.say("Another walk is under way. This one goes on when it is done.")
        self._waits = True
        self.runtime.pause(_PAUSE_SECONDS)

    def _count(self) -> None:
        """Count the container; without a count the walk goes on all the same."""
        total, cursor = 0, None
        try:
            while not self._is_over:
                part = self.service.call("GET", "/container", query={"cursor": cursor}).json(blobs=int)
                total, cursor = total + part["blobs"], part.get("cursor")
                if cursor is None:
                    self.progress.total = total
                    return
        except (ServiceDown, ServiceRefused):
            return
