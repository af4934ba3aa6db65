"""Which types of jobs there are: a row each, made before the type's first job, gone some time after its last.

Types cost every sweep and list their queries, so an empty one must go; and nobody would ever look at a job whose type
has no row. Row and jobs stand in different partitions: no transaction holds both. So:

* Whoever adds a job writes the type's row again, unless this process did so less than ``TRUST`` ago, *before* the job;
  and once more after it, where more than ``TRUST`` has gone by meanwhile.
* Whoever takes a row away has found it unwritten for ``QUIET``, by the service's clock, and the type without a job. It
  deletes the row as it was read (If-Match), then looks for jobs once more, and puts the row back if there are any.

A job that stands before that last look is seen by it. One that comes later stands less than ``TRUST`` behind a write of
the row. That write came after the row was read, since ``QUIET`` is longer: so it has made the deletion void, or the row
again. An add that was answered is thus never of a type without a row.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.errors import Lost, Refused
from shared.ports.index import JobIndex
from shared.settings.settings import Settings

#: For so long a process believes that a row which it has written stands. Both times hold a second for clocks' rounding.
TRUST = timedelta(seconds=10)
QUIET = timedelta(seconds=15)


@dataclass(kw_only=True)
class Types:
    """Make types known, and forget those that are empty.

    Attributes:
        index: Keeps the rows.
        settings: How many there may be, and partitions.
        now: The service's time.
    """

    index: JobIndex
    settings: Settings
    now: Callable[[], datetime]
    _write_times: dict[str, datetime] = field(default_factory=dict, init=False)
    _collected_at: datetime | None = field(default=None, init=False)

    def introduce(self, kind: str) -> None:
        """Make a type known before its first job.

        Raises:
            Refused: ``too_many_types``.

        Costs: nothing within ``TRUST``; then 1 transaction; for a type that is new to this process 1 query more, and at
        the limit, at most once in ``QUIET``, those of ``collect``.
        """
        if not self._trusts(kind):
            if kind not in self._write_times:
                self._make_room(kind)
            self._write(kind)

    def confirm(self, kind: str) -> None:
        """Make a type known once more, where its job has taken long. Costs: nothing; 1 transaction after ``TRUST``."""
        if not self._trusts(kind):
            self._write(kind)

    def collect(self, *, most: int | None = None) -> int:
        """Forget types that have no job; return how many.

        Args:
            most: Stop behind so many; all of them without it.

        Costs: 1 query; for each type that is quiet 1 for each bucket until one has a job; for each that goes 1
        transaction and 1 query for each bucket.
        """
        gone = 0
        for known in self.index.quiet_types(QUIET):
            if gone == most:
                break
            if self._has_jobs(known.kind):
                continue
            try:
                self.index.delete_type(known)
            except Lost:
                continue
            self._write_times.pop(known.kind, None)
            if self._has_jobs(known.kind):
                self.index.insert_type(known.kind)
            else:
                gone += 1
        return gone

    def _make_room(self, kind: str) -> None:
        known = self.index.types()
        if kind in known or len(known) < self.settings.max_job_types:
            return
        now = self.now()
        if self._collected_at is None or now - self._collected_at >= QUIET:
            self._collected_at = now
            if self.collect(most=1):
                return
        raise Refused(
            "too_many_types",
            f"There are already {len(known)} types, and `MAX_JOB_TYPES` allows no more. A type without jobs is removed "
            f"{QUIET.seconds} seconds after its last job was added.",
        )

    def _trusts(self, kind: str) -> bool:
        written = self._write_times.get(kind)
        return written is not None and self.now() - written < TRUST

    def _write(self, kind: str) -> None:
        before = self.now()
        self.index.insert_type(kind)
        self._write_times[kind] = before

    def _has_jobs(self, kind: str) -> bool:
        return any(self.index.has_jobs(kind, bucket) for bucket in range(self.settings.job_buckets))
