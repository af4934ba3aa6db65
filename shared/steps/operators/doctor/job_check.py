"""Look at jobs: whether they come to their turn, and whether this release can read them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from shared.clock import ServerClock
from shared.errors import NewerSchema, RowDamaged, SettingsInvalid, StorageOut
from shared.ports.storage import Storage
from shared.rules.causes import late_before
from shared.rules.diagnoses import Diagnosis
from shared.rules.jobs import State
from shared.rules.rhythms import Upkeep
from shared.rules.symptoms import Symptom
from shared.rules.timestamps import span
from shared.settings.enums import Dispatch
from shared.settings.settings import Settings
from shared.steps.operators.doctor.settings_check import invalid_setting
from shared.steps.operators.liveness import Liveness

JOBS = "jobs"


_NAMES: Mapping[str, str] = {Upkeep.RECONCILE: "slice of the walk", Upkeep.WALK: "whole walk"}


def check_upkeep(what: str, *, seconds: float | None, limit: float | None, where: str = JOBS) -> Iterator[Diagnosis]:
    """Judge the age of what timers do; what has no limit is paused, or may take any time.

    Args:
        what: One of ``Upkeep``.
        seconds: Its age; None where it was never done.
        limit: From which age on it is late; None without a limit.
        where: Of what the diagnosis is.
    """
    facts = {"what": _NAMES.get(what, what)}
    if seconds is not None:
        is_late = limit is not None and seconds > limit
        facts |= {"age": span(timedelta(seconds=seconds)), "limit": span(timedelta(seconds=limit or 0))}
        yield Diagnosis(Symptom.UPKEEP_LATE if is_late else Symptom.UPKEEP_DONE, where, facts)
    elif limit is not None:
        yield Diagnosis(Symptom.UPKEEP_NEVER, where, facts)


@dataclass(frozen=True, kw_only=True)
class CheckJobs:
    """Look at the oldest due job and the newest ended one of each partition of images.

    Attributes:
        storage: Where they are.
        liveness: Tells the ages of what timers do.
        settings: Type of images, buckets, what starts analyses.
        clock: The service's time.
    """

    storage: Storage
    liveness: Liveness
    settings: Settings
    clock: ServerClock

    def check(self) -> list[Diagnosis]:
        """Look.

        Costs: 1 read, and those of ``Liveness.read``; 2 queries a bucket, and a read for each job that they find.
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
        for each, age in self.liveness.read().items():
            yield from check_upkeep(each, seconds=age.seconds, limit=age.limit_seconds)

    def _lateness(self, due: Sequence[datetime]) -> Iterator[Diagnosis]:
        now = self.clock.now()
        oldest = min(due, default=now)
        if self.settings.dispatch is Dispatch.OFF or oldest >= late_before(now, grace=self.settings.grace):
            yield Diagnosis(Symptom.ON_TIME, JOBS)
        else:
            yield Diagnosis(Symptom.JOBS_LATE, JOBS, {"age": span(now - oldest)})

    def _unreadable(self, job_ids: Sequence[str]) -> Iterator[Diagnosis]:
        for job_id in job_ids:
            try:
                self.storage.jobs.get(job_id)
            except NewerSchema:
                yield Diagnosis(Symptom.NEWER_ROWS, JOBS, {"job": job_id})
            except RowDamaged:
                yield Diagnosis(Symptom.DAMAGED_ROW, JOBS, {"job": job_id})
