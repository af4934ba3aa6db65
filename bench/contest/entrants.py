"""Who takes part, by name."""

from pathlib import Path
from typing import Protocol

from bench.contest.contestants import Contestant
from bench.contest.own import HostReport, HostTask, WorkerReport, WorkerTask
from bench.contest.peers import Celery, Dramatiq
from bench.contest.service import Service


class Entrant(Protocol):
    """Makes a contestant; see there what of."""

    def __call__(
        self, service: Service, folder: Path, number: int, *, container: str, seconds: float = 0.0
    ) -> Contestant:
        """Make it."""


PEERS = (Celery.name, Dramatiq.name)
ENTRANTS: dict[str, Entrant] = {
    each.name: each for each in (Celery, Dramatiq, WorkerTask, WorkerReport, HostTask, HostReport)
}
#: Those that do the same task.
TASKS = tuple(name for name in ENTRANTS if not name.endswith("report"))
