"""What people would pick instead: Celery, and dramatiq, on Azure storage queues.

Each is given what speaks for it: Celery a pool ``solo`` a process, which is faster here than one parent with children,
and no remote control, gossip, mingling or heartbeats, which would poll further queues; dramatiq its 8 threads a
process. dramatiq stores no result.
"""

import json
import os
import subprocess
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from bench.contest.contestants import Contestant
from bench.contest.ends import NAME, Ends
from bench.contest.environments import python_with
from bench.contest.processes import ROOT
from bench.contest.service import Service


class Peer(Contestant):
    """A contestant with an environment of its own, and a producer of its messages there."""

    package: ClassVar[str]

    def __init__(self, service: Service, folder: Path, number: int, *, container: str, seconds: float = 0.0) -> None:
        super().__init__(service, folder, number, container=container, seconds=seconds)
        self.python = python_with(self.package)
        self._ends = Ends([folder / "ends"], NAME)
        self._producer: subprocess.Popen[str] | None = None

    @property
    def ends(self) -> Ends:
        """The names that its hook has noted behind the stored result or the returned task."""
        return self._ends

    @property
    @abstractmethod
    def module(self) -> str:
        """The module with its tasks and its producer."""

    def feed(self, names: Sequence[str]) -> None:
        """Let its producer send a message for each; it stays for the next time."""
        if self._producer is None:
            self._producer = subprocess.Popen(  # noqa: S603 - our own module, in its environment
                [str(self.python), "-m", self.module],
                cwd=ROOT,
                env={**os.environ, "PYTHONPATH": str(ROOT), **self.environ()},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self._producer.stdin is not None  # noqa: S101 - for the type checker; pipes were asked for
        assert self._producer.stdout is not None  # noqa: S101
        for name in names:
            self._producer.stdin.write(f"{name}\n")
            self._producer.stdin.flush()
            if not self._producer.stdout.readline():
                raise RuntimeError(f"The producer of {self.name} has ended.")

    def stop(self) -> None:
        """End its processes, and its producer."""
        super().stop()
        if self._producer is not None:
            self._producer.communicate()
            self._producer = None


class Celery(Peer):
    """Celery, a process that receives and works, results in blobs."""

    name, package = "Celery", "celery"

    @property
    def module(self) -> str:
        """The module with its tasks and its producer."""
        return "bench.peers.celery_tasks"

    def commands(self, processes: int) -> Sequence[Sequence[str]]:
        """Return a command a process; one parent that receives for all children is slower."""
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING")
        python = (str(self.python), "-m", "celery", "--app", self.module)
        pool = ("worker", "--pool", "solo", "--hostname")
        return [[*python, *pool, f"bench-{number}@localhost", *quiet] for number in range(processes)]

    def standing(self) -> set[str]:
        """Return the images whose results are in its container."""
        results = self.service.blobs.get_container_client(f"celery-results-{self.number}")
        stored = [json.loads(results.download_blob(blob.name).readall()) for blob in results.list_blobs()]
        return {each["result"]["name"] for each in stored if each["status"] == "SUCCESS"}

    def environ(self) -> Mapping[str, str]:
        """Return where its queue and results are."""
        return {
            "BENCH_KEY": self.service.part("AccountKey"),
            "BENCH_QUEUES": self.service.part("QueueEndpoint"),
            "BENCH_CONNECTION": self.service.connection,
            "BENCH_QUEUE": f"celery-{self.number}",
            "BENCH_RESULTS": f"celery-results-{self.number}",
        }


class Dramatiq(Peer):
    """dramatiq on the broker of dramatiq-azure."""

    name, package = "dramatiq", "dramatiq"

    @property
    def module(self) -> str:
        """The module with its tasks and its producer."""
        return "bench.peers.dramatiq_tasks"

    def commands(self, processes: int) -> Sequence[Sequence[str]]:
        """Return one command: so many processes receive and work."""
        return [[str(self.python), "-m", "dramatiq", self.module, "--processes", str(processes)]]

    def environ(self) -> Mapping[str, str]:
        """Return where its queue is."""
        return {
            "AZURE_STORAGE_CONNECTION_STR": self.service.connection,
            "BENCH_QUEUE": f"dramatiq-{self.number}",
        }
