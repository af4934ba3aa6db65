"""The peers' task without a queue: what nobody who does it can be faster than."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench.contest.contestants import Contestant
from bench.contest.ends import NAME, Ends
from bench.contest.service import Service


class Alone(Contestant):
    """Processes that take the names of their images from files, share and share alike."""

    name = "the task alone"

    def __init__(self, service: Service, folder: Path, number: int, *, container: str, seconds: float = 0.0) -> None:
        super().__init__(service, folder, number, container=container, seconds=seconds)
        self._ends = Ends([folder / "runs"], NAME)
        self._files: list[Path] = []

    @property
    def ends(self) -> Ends:
        """The tasks that have ended."""
        return self._ends

    def commands(self, processes: int) -> Sequence[Sequence[str]]:
        """Return a command a process."""
        self._files = [self.folder / f"names-{number}" for number in range(processes)]
        return [[sys.executable, "-m", "bench.contest.task_loop", str(file)] for file in self._files]

    def feed(self, names: Sequence[str]) -> None:
        """Write the names down, in turns."""
        for number, file in enumerate(self._files):
            with file.open("a", encoding="utf-8") as stream:
                stream.writelines(f"{name}\n" for name in names[number :: len(self._files)])

    def environ(self) -> Mapping[str, str]:
        """Return nothing: it has no queue."""
        return {}
