"""What every contestant can do, whoever it is."""

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.contest.ends import NAME, Ends
from bench.contest.processes import ROOT, Group, cpu_ms
from bench.contest.service import Service, until


class Contestant(ABC):
    """Work on images whose messages wait in a queue of its own.

    Args:
        service: The storage that all contestants share.
        folder: An empty folder for its files.
        number: Draws the names of its queue, tables and containers: one contestant a number.
        container: Where the images are.
        seconds: What each image takes at least.

    Attributes:
        name: As tables call it.
        settings: Variables of its environment, over those of the contest.
    """

    name: str

    def __init__(self, service: Service, folder: Path, number: int, *, container: str, seconds: float = 0.0) -> None:
        self.service, self.folder, self.number, self.container = service, folder, number, container
        folder.mkdir(parents=True)
        self.runs = Ends([folder / "runs"], NAME)
        self.log = folder / "log"
        self.seconds = seconds
        self.settings: dict[str, str] = {}
        self._group: Group | None = None

    @property
    @abstractmethod
    def ends(self) -> Ends:
        """The results that stand."""

    @abstractmethod
    def feed(self, names: Sequence[str]) -> None:
        """Put a message for each image into the queue, whether it is started or not."""

    @abstractmethod
    def commands(self, processes: int) -> Sequence[Sequence[str]]:
        """Return the command lines that make up so many working processes."""

    @abstractmethod
    def environ(self) -> Mapping[str, str]:
        """Return what the processes find in their environment beside what all contestants' find."""

    def standing(self) -> set[str]:
        """Return the images that have a result; by storage, where results are stored at all."""
        return set(self.ends.names) | set(self.runs.names)

    def start(self, processes: int) -> None:
        """Start working processes; they may need a while until they work."""
        given = {
            "PYTHONPATH": str(ROOT),
            "BENCH_CONNECTION": self.service.connection,
            "BENCH_CONTAINER": self.container,
            "BENCH_RUNS": str(self.folder / "runs"),
            "BENCH_ENDS": str(self.folder / "ends"),
            "BENCH_SECONDS": str(self.seconds),
        }
        environ = {**os.environ, **given, **self.environ(), **self.settings}
        self._group = Group(self.commands(processes), environ, self.log)

    @property
    def group(self) -> Group:
        """Its processes, once it is started."""
        if self._group is None:
            raise RuntimeError(f"{self.name} is not started.")
        return self._group

    def cpu_ms(self) -> float:
        """Return the processor time of its processes so far, in milliseconds."""
        return cpu_ms(self.group.pids)

    def wait_for(self, count: int, *, seconds: float) -> None:
        """Wait until so many results stand, repeats among them.

        Raises:
            TimeoutError: They do not come in time; with the end of what it has logged.
        """
        try:
            until(lambda: self.ends.count() >= count, seconds=seconds, what="")
        except TimeoutError:
            tail = self.log.read_text("utf-8", "replace")[-3000:]
            message = f"{self.name}: {len(self.ends.names)} of {count} results stand after {seconds:g} s.\n{tail}"
            raise TimeoutError(message) from None

    def stop(self) -> None:
        """End it; what it has in storage stays."""
        if self._group is not None:
            self._group.stop()
            self._group = None
