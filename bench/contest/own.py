"""Darkroom's own contestants: the app in local hosts, and the worker; with the peers' task, or its whole report."""

import shutil
import sys
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import ClassVar

from bench.contest.contestants import Contestant
from bench.contest.ends import COMMIT, Ends
from bench.contest.processes import ROOT
from bench.contest.service import Service
from bench.contest.thumbnail_job import KIND, make_thumbnail
from shared import wiring
from shared.rules.ids import job_id
from shared.rules.images import ImageRef
from shared.rules.jobs import State
from shared.steps.intake.add import NewJob
from shared.wiring.steps import Darkroom

#: Registers the peers' task in the processes of a contest.
_HANDLERS = "bench.contest.task_handler"
#: As long as a contest may go on: reconcile leaves its images alone.
_DAY = 24 * 60 * 60


class Own(Contestant):
    """Darkroom on a queue and tables of its own.

    Attributes:
        report: Whether it makes its whole report; the peers' task otherwise.
    """

    report: ClassVar[bool]
    #: Options for short leases, so that what a kill leaves behind is over soon.
    quick: ClassVar[tuple[str, ...]] = ()

    def __init__(self, service: Service, folder: Path, number: int, *, container: str, seconds: float = 0.0) -> None:
        super().__init__(service, folder, number, container=container, seconds=seconds)
        self._ends = Ends([self.log], COMMIT)
        self._jobs: dict[str, str] = {}
        #: More options of its command.
        self.options: tuple[str, ...] = ()

    @property
    def ends(self) -> Ends:
        """The commits in its log."""
        return self._ends

    @cached_property
    def darkroom(self) -> Darkroom:
        """Its storage and steps, wired in this process without handlers of its own."""
        darkroom = wiring.build(self.environ(), threaded=False, works={KIND: make_thumbnail})
        darkroom.storage.create()
        return darkroom

    def feed(self, names: Sequence[str]) -> None:
        """Record each image, or add a job about it: row first, message second."""
        for name in names:
            image = ImageRef(self.container, name)
            if self.report:
                self._jobs[name] = self.darkroom.record.record(image).job_id
            else:
                self.darkroom.add.add(NewJob(kind=KIND, ref=image.ref, params={}, unique=True))
                self._jobs[name] = job_id(KIND, image.ref, "")

    def standing(self) -> set[str]:
        """Return the images whose jobs are completed, by their rows."""
        jobs = {name: self.darkroom.lookup.get(identity).job for name, identity in self._jobs.items()}
        return {name for name, job in jobs.items() if job.state is State.COMPLETED}

    def environ(self) -> Mapping[str, str]:
        """Return its settings: the defaults, but for names, thumbnails, buckets, and what the uploads would start."""
        return {
            "AzureWebJobsStorage": self.service.connection,
            "FUNCTIONS_WORKER_RUNTIME": "python",
            "PYTHON_THREADPOOL_THREAD_COUNT": "32",
            "IMAGES_CONTAINER": self.container if self.report else f"none-{self.number}",
            "THUMBNAILS_CONTAINER": f"thumbnails-{self.number}",
            "THUMBNAILS": "off",
            "JOB_BUCKETS": "16",
            "JOB_QUEUE": f"darkroom-{self.number}",
            "JOBS_TABLE": f"jobs{self.number}",
            "LOCKS_TABLE": f"locks{self.number}",
            "AzureWebJobs.record_image.Disabled": "true",
            "RECONCILE_GRACE_SECONDS": str(_DAY),
            **self.settings,
        }

    def start(self, processes: int) -> None:
        """Create what it needs in storage, and start it."""
        _ = self.darkroom
        super().start(processes)


class Host(Own):
    """Local Functions hosts with the host.json of the app."""

    quick = ("--fast",)

    def commands(self, processes: int) -> Sequence[Sequence[str]]:
        """Return a command a host."""
        host = (sys.executable, "-m", "localhost.host", "--app", str(self._app()), "--port", "0")
        return [[*host, "--instance", f"host-{number}", *self.options] for number in range(processes)]

    def _app(self) -> Path:
        """Return the folder of the app: the project's, or one that registers the handler beside it."""
        if self.report:
            return ROOT
        app = self.folder / "app"
        app.mkdir(exist_ok=True)
        shutil.copy(ROOT / "host.json", app)
        text = (ROOT / "function_app.py").read_text("utf-8")
        (app / "function_app.py").write_text(f"{text}\nimport {_HANDLERS}\n", "utf-8")
        return app


class HostTask(Host):
    """The peers' task as a handler."""

    name, report = "Darkroom host", False


class HostReport(Host):
    """The whole report."""

    name, report = "Darkroom host, report", True


class Worker(Own):
    """``darkroom worker``: one command, a group of processes."""

    def commands(self, processes: int) -> Sequence[Sequence[str]]:
        """Return the command."""
        handlers = () if self.report else ("--handlers", _HANDLERS)
        return [[sys.executable, "-m", "shared.cli", "worker", "--processes", str(processes), *handlers]]


class WorkerTask(Worker):
    """The peers' task as a handler."""

    name, report = "Darkroom worker", False


class WorkerReport(Worker):
    """The whole report."""

    name, report = "Darkroom worker, report", True
