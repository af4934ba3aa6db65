"""A handler that does what a test wants, and one job for it."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shared.handlers import Completion, Context, Handler
from shared.rules.jobs import Job
from shared.steps.intake.add import NewJob
from tests.doubles.world import World

KIND = "word-count"


class HandlerWorld(World):
    """A world with one handler, which does what the test wants, and one job for it."""

    def __init__(self, *acts: Handler, **environ: str) -> None:
        self._acts = list(acts)
        self.contexts: list[Context] = []
        super().__init__({KIND: self._handler}, **environ)
        self.job_id = self.add_job()

    def add_job(self, ref: str = "text") -> str:
        """Add a job; return its id."""
        row = self.darkroom.add.add(NewJob(kind=KIND, ref=ref, params={"text": "a b"}, unique=True)).row
        assert row is not None
        self.journal.clear()
        return row.job.id

    def work(self, job_id: str | None = None) -> StrEnum:
        """Work on the job."""
        return self.darkroom.attempt.run(job_id or self.job_id, owner="queue/1")

    def job(self, job_id: str | None = None) -> Job:
        """Return a job as it stands; the one of the handler without an id."""
        return super().job(job_id or self.job_id)

    @property
    def error(self) -> tuple[str, str] | None:
        """Code and message of its error."""
        error = self.job().error
        return error and (error.code, error.message)

    def _handler(self, job: Context) -> Completion | Mapping[str, Any] | None:
        self.contexts.append(job)
        return self._acts.pop(0)(job) if self._acts else None
