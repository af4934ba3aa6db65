"""``JobIndex`` in memory."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from shared.errors import InvalidReference, Lost
from shared.ports.index import ENDED, GROUPS, LATEST_MS, LIVE, AttemptRecord, CopyText, KnownType, Position, Standing
from shared.ports.jobs import JobCopy, Key, Row
from shared.rules import ids
from shared.rules.jobs import SCHEMA, Job, State
from shared.storage import codec
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import TimedInterceptor
from tests.doubles.jobs import MemoryTable


class MemoryIndex(TimedInterceptor):
    """The index of a table in memory.

    Args:
        table: The table's.
        clock: The service's time.
        buckets: Partitions a type.
        journal: As of the others.

    Attributes:
        read: How many index rows were listed.
        tells_who_runs: Whether live rows say it; those of earlier releases do not.
        bare: Ids of jobs whose rows have no copy of them, as those that an instance of an earlier release moved last.
    """

    def __init__(
        self, table: MemoryTable, clock: FakeClock, *, buckets: int = 4, journal: list[str] | None = None
    ) -> None:
        super().__init__("index", clock, journal)
        self._table = table
        self._buckets = buckets
        self._types: dict[str, tuple[datetime, str]] = {}
        self.read = 0
        self.tells_who_runs = True
        self.bare: set[str] = set()

    def live(
        self, kind: str, bucket: int, *, after: Position | None, limit: int, with_copies: bool = False
    ) -> list[Position]:
        """See ``JobIndex.live``."""
        self.answer("live")
        page = self._page(self._live(kind, bucket), after, limit)
        return [self._with_copy(at) for at in page] if with_copies else page

    def ended(
        self,
        kind: str,
        bucket: int,
        state: State,
        *,
        after: Position | None,
        ended_from: datetime | None,
        ended_to: datetime | None,
        limit: int,
        with_copies: bool = True,
    ) -> list[Position]:
        """See ``JobIndex.ended``."""
        self.answer("ended")
        newest = None if ended_to is None else LATEST_MS - _ms(ended_to)
        oldest = None if ended_from is None else LATEST_MS - _ms(ended_from)
        at = [
            position
            for position in self._ended(kind, bucket, state)
            if (oldest is None or position.ms <= oldest) and (newest is None or position.ms > newest)
        ]
        page = self._page(at, after, limit)
        return [self._with_copy(position) for position in page] if with_copies else page

    def standings(
        self,
        kind: str,
        bucket: int,
        *,
        group: State | None,
        after: Position | None,
        limit: int,
        with_copies: bool = False,
    ) -> list[Standing]:
        """See ``JobIndex.standings``."""
        self.answer("standings")
        found = list[Standing]()
        for each in GROUPS[GROUPS.index(group) :]:
            at = self._live(kind, bucket) if each is None else self._ended(kind, bucket, each)
            behind = after if each is group else None
            found += [Standing(each, position) for position in sorted(at) if behind is None or position > behind]
        self.read += len(found[:limit])
        return [replace(each, at=self._with_copy(each.at)) if with_copies else each for each in found[:limit]]

    def of_ref(self, kind: str, ref: str, *, after: str | None, limit: int) -> list[Row]:
        """See ``JobIndex.of_ref``."""
        self.answer("of_ref")
        with self._table.mutex:
            rows = sorted(self._table.jobs.values(), key=lambda row: row.job.id)
        found = [row for row in rows if (row.job.type, row.job.ref) == (kind, ref) and row.job.id > (after or "")]
        return [row for row in found if row.job.schema <= SCHEMA][:limit]

    def jobs(self, kind: str, bucket: int, *, first: str, last: str, limit: int) -> list[JobCopy]:
        """See ``JobIndex.jobs``."""
        self.answer("jobs")
        with self._table.mutex:
            rows = [self._table.jobs[job.id] for job in self._jobs(kind, bucket) if first <= job.id <= last]
        readable = sorted((row for row in rows if row.job.schema <= SCHEMA), key=lambda row: row.job.id)[:limit]
        self.read += len(readable)
        return [
            JobCopy(replace(row.job, thumbnail=None, claim_id=None, add_nonce=""), row.modified_at) for row in readable
        ]

    def keys(self, kind: str, bucket: int, *, after: str | None, limit: int) -> list[Key]:
        """See ``JobIndex.keys``."""
        self.answer("keys")
        with self._table.mutex:
            keys = {ids.digest(*named): key for named, key in self._table.keys.items() if named[0] == kind}
        home = {at: key for at, key in keys.items() if ids.bucket(f"{kind}-{at}", self._buckets) == bucket}
        return [home[at] for at in sorted(home) if at > (after or "")][:limit]

    def key_of(self, kind: str, image_id: str) -> Key | None:
        """See ``JobIndex.key_of``."""
        self.answer("key_of")
        ids.bucket(f"{kind}-{image_id}", self._buckets)
        with self._table.mutex:
            keys = {ids.digest(*named): key for named, key in self._table.keys.items() if named[0] == kind}
        return keys.get(image_id)

    def attempts(self, job_id: str) -> list[AttemptRecord]:
        """See ``JobIndex.attempts``."""
        self.answer("attempts")
        if not ids.JOB_ID.fullmatch(job_id):
            raise InvalidReference(job_id)
        with self._table.mutex:
            found = sorted((at[1], columns) for at, columns in self._table.attempts.items() if at[0] == job_id)
        return [AttemptRecord(token=token, **columns) for token, columns in found]

    def types(self) -> list[str]:
        """See ``JobIndex.types``."""
        self.answer("types")
        return sorted(self._types)

    def insert_type(self, kind: str) -> None:
        """See ``JobIndex.insert_type``."""
        self.answer("insert_type")
        self._types[kind] = (self._clock.server.now(), f'"{next(self._table.etags)}"')

    def quiet_types(self, quiet: timedelta) -> list[KnownType]:
        """See ``JobIndex.quiet_types``."""
        self.answer("quiet_types")
        now = self._clock.server.now()
        return [KnownType(kind, etag) for kind, (at, etag) in sorted(self._types.items()) if now - at >= quiet]

    def has_jobs(self, kind: str, bucket: int) -> bool:
        """See ``JobIndex.has_jobs``."""
        self.answer("has_jobs")
        return bool(self._jobs(kind, bucket))

    def delete_type(self, known: KnownType) -> None:
        """See ``JobIndex.delete_type``."""
        self.answer("delete_type")
        if self._types.get(known.kind, (None, None))[1] != known.etag:
            raise Lost(f"type:{known.kind}")
        del self._types[known.kind]

    def _live(self, kind: str, bucket: int) -> list[Position]:
        return [
            Position(LIVE, _ms(job.due), job.id, running=job.state is State.RUNNING if self.tells_who_runs else None)
            for job in self._jobs(kind, bucket)
            if job.due is not None
        ]

    def _ended(self, kind: str, bucket: int, state: State) -> list[Position]:
        return [
            Position(ENDED, LATEST_MS - _ms(job.ended), job.id, started=job.started)
            for job in self._jobs(kind, bucket)
            if job.ended is not None and job.state is state
        ]

    def _with_copy(self, at: Position) -> Position:
        row = self._table.jobs[at.job_id]
        written = codec.encode_index(row.job, place="")
        if at.job_id in self.bare or "copy" not in written:
            return at
        read = partial(codec.decode_copy, written, modified_at=row.modified_at)
        return replace(at, copy_text=CopyText(written["copy"], read))

    def _jobs(self, kind: str, bucket: int) -> list[Job]:
        with self._table.mutex:
            jobs = [row.job for row in self._table.jobs.values()]
        return [job for job in jobs if job.type == kind and ids.bucket(job.id, self._buckets) == bucket]

    def _page(self, at: list[Position], after: Position | None, limit: int) -> list[Position]:
        found = sorted(position for position in at if after is None or position > after)[:limit]
        self.read += len(found)
        return found


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
