"""Look at jobs: whether they come to their turn, and whether this release can read them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.clock import ServerClock
from shared.errors import NewerSchema, RowDamaged, SettingsInvalid, StorageOut
from shared.ports.storage import Storage
from shared.rules.diagnoses import Diagnosis, Symptom, span
from shared.rules.jobs import State
from shared.settings.enums import Dispatch
from shared.settings.settings import Settings
from shared.steps.operators.doctor.settings_check import invalid_setting

JOBS = "jobs"
#: An idle app sweeps this seldom; a job that is due for longer has missed a sweep, or there is too much to do.
PATIENCE = timedelta(minutes=20)


@dataclass(frozen=True, kw_only=True)
class CheckJobs:
    """Look at the oldest due job and the newest ended one of each partition of images.

    Attributes:
        storage: Where they are.
        settings: Type of images, buckets, what starts analyses.
        clock: The service's time.
    """

    storage: Storage
    settings: Settings
    clock: ServerClock

    def check(self) -> list[Diagnosis]:
        """Look.

        Costs: 1 read; 2 queries a bucket, and a read for each job that they find.
        """
        try:
            self.storage.check()
            return list(self._look())
        except SettingsInvalid as invalid:
            return [invalid_setting(problem) for problem in invalid.problems]
        except StorageOut as error:
            return [Diagnosis(Symptom.JOBS_UNREADABLE, JOBS, {"error": error})]

    def _look(self) -> Iterator[Diagnosis]:
        index, kind = self.storage.index, self.settings.image_type
        due: list[datetime] = []
        found: list[str] = []
        for bucket in range(self.settings.job_buckets):
            live = index.live(kind, bucket, after=None, limit=1)
            ended = index.ended(kind, bucket, State.COMPLETED, after=None, ended_from=None, ended_to=None, limit=1)
            due += [datetime.fromtimestamp(at.ms / 1000, UTC) for at in live]
            found += [at.job_id for at in (*live, *ended)]
        yield from self._lateness(due)
        yield from self._unreadable(found)

    def _lateness(self, due: Sequence[datetime]) -> Iterator[Diagnosis]:
        age = self.clock.now() - min(due) if due else timedelta(0)
        if self.settings.dispatch is Dispatch.OFF or age <= self.settings.grace + PATIENCE:
            yield Diagnosis(Symptom.ON_TIME, JOBS)
        else:
            yield Diagnosis(Symptom.JOBS_LATE, JOBS, {"age": span(age)})

    def _unreadable(self, job_ids: Sequence[str]) -> Iterator[Diagnosis]:
        for job_id in job_ids:
            try:
                self.storage.jobs.get(job_id)
            except NewerSchema:
                yield Diagnosis(Symptom.NEWER_ROWS, JOBS, {"job": job_id})
            except RowDamaged:
                yield Diagnosis(Symptom.DAMAGED_ROW, JOBS, {"job": job_id})
