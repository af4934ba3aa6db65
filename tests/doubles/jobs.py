"""``JobStore`` in memory."""

import itertools
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from shared.errors import Duplicate, KeyTaken, Lost, NewerSchema, OneRefused, SettingsInvalid
from shared.ports.jobs import Key, Row
from shared.rules import ids
from shared.rules.due import Due
from shared.rules.jobs import SCHEMA, Event, Job, Move, State
from shared.storage import codec, row_keys
from tests.doubles.clock import FakeClock
from tests.doubles.interceptor import TimedInterceptor


@dataclass
class MemoryTable:
    """What a table holds; stores opened over the same share it."""

    buckets: int | None = None
    jobs: dict[str, Row] = field(default_factory=dict)
    keys: dict[tuple[str, str], Key] = field(default_factory=dict)
    attempts: dict[tuple[str, int], dict[str, Any]] = field(default_factory=dict)
    etags: "itertools.count[int]" = field(default_factory=itertools.count)
    mutex: threading.RLock = field(default_factory=threading.RLock)


class MemoryJobs(TimedInterceptor):
    """The job table in memory: each write checks all of its conditions first, then applies all of its parts."""

    def __init__(
        self, clock: FakeClock, *, buckets: int = 4, table: MemoryTable | None = None, journal: list[str] | None = None
    ) -> None:
        super().__init__("jobs", clock, journal)
        self._buckets = buckets
        self.table = table or MemoryTable()

    def get(self, job_id: str, *, timeout: timedelta | None = None) -> Row | None:  # noqa: ARG002 - memory answers at once
        """See ``JobStore.get``."""
        date, row = self.answer("get"), self.table.jobs.get(job_id)
        if self.table.buckets is not None:
            self._check_buckets()
        if row is None:
            return None
        if row.job.schema > SCHEMA:
            raise NewerSchema(f"{job_id}: schema {row.job.schema}")
        return replace(row, seen_at=date)

    def key(self, kind: str, ref: str) -> Key | None:
        """See ``JobStore.key``."""
        self.answer("key")
        return self.table.keys.get((kind, ref))

    def insert(self, move: Move, *, over: Key | None = None, superseded: tuple[Row, Move] | None = None) -> Row:
        """See ``JobStore.insert``."""
        self.enter("insert")
        self._check_buckets()
        codec.encode(move.job, place="", nonce="")  # refuses what no row holds
        with self.table.mutex:
            if move.job.id in self.table.jobs:
                raise Duplicate(move.job.id)
            if move.job.unique and self._is_stale(move.job, over):
                raise KeyTaken(move.job.ref)
            if superseded is not None:
                self._check(superseded[0])
                self._apply(*superseded)
            if move.job.unique:
                self._apply_key(move.job)
            return self._apply(None, move)

    def insert_many(self, moves: Sequence[Move]) -> None:
        """See ``JobStore.insert_many``."""
        self.enter("insert_many")
        self._check_buckets()
        for move in moves:
            codec.encode(move.job, place="", nonce="")
        with self.table.mutex:
            for move in moves:
                if move.job.id in self.table.jobs or self._is_stale(move.job, None):
                    raise OneRefused(move.job.id)
            for move in moves:
                self._apply_key(move.job)
                self._apply(None, move)

    def replace(
        self,
        row: Row,
        move: Move,
        *,
        over: Key | None = None,
        keyed: bool = False,
        superseded: tuple[Row, Move] | None = None,
        timeout: timedelta | None = None,  # noqa: ARG002 - memory answers at once
    ) -> Row:
        """See ``JobStore.replace``."""
        self.enter("replace")
        codec.encode(move.job, place="", nonce="")
        with self.table.mutex:
            self._check(row)
            keyed = keyed or over is not None
            if keyed and self._is_stale(move.job, over):
                raise Lost(row_keys.ref_key(move.job.type, move.job.ref))
            if superseded is not None:
                self._check(superseded[0])
                self._apply(*superseded)
            if keyed:
                self._apply_key(move.job)
            return self._apply(row, move)

    def refuse(self, job_id: str, token: int, *, report: str, now: datetime) -> None:
        """See ``JobStore.refuse``."""
        self.answer("refuse")
        with self.table.mutex:
            attempt = self.table.attempts.get((job_id, token))
            if attempt is not None:
                late_reports = attempt.get("late_reports", 0) + 1
                attempt |= {"late_reports": late_reports, "last_late_report": report, "last_late_at": now}

    def due(self, kind: str, bucket: int, *, before: datetime, limit: int, after: Due | None = None) -> list[Due]:
        """See ``JobStore.due``."""
        self.answer("due")
        with self.table.mutex:
            jobs = [row.job for row in self.table.jobs.values()]
        found = [
            codec.decode_due(codec.encode_index(job, place=""))
            for job in jobs
            if job.due is not None and job.type == kind and ids.bucket(job.id, self._buckets) == bucket
        ]
        first, last = "" if after is None else after.at, row_keys.due_key(before, "")
        return sorted((due for due in found if first < due.at < last), key=lambda due: due.at)[:limit]

    def behind(self, job_id: str, change: Callable[[Row], Move]) -> Row:
        """Move a job on as a rival would: past the journal and whatever waits at the door."""
        row = replace(self.table.jobs[job_id], seen_at=self._clock.reply())
        with self.table.mutex:
            return self._apply(row, change(row))

    def _check_buckets(self) -> None:
        with self.table.mutex:
            if self.table.buckets is None:
                self.table.buckets = self._buckets
            if self.table.buckets != self._buckets:
                raise SettingsInvalid([f"JOB_BUCKETS: must be {self.table.buckets}"])

    def _check(self, row: Row) -> None:
        stands = self.table.jobs.get(row.job.id)
        if stands is None or stands.etag != row.etag:
            raise Lost(row_keys.job_key(row.job.id))

    def _is_stale(self, job: Job, over: Key | None) -> bool:
        stands = self.table.keys.get((job.type, job.ref))
        return (stands and stands.etag) != (over and over.etag)

    def _apply_key(self, job: Job) -> None:
        self.table.keys[job.type, job.ref] = Key(job.type, job.ref, job.newest, job.id, self._etag())

    def _apply(self, row: Row | None, move: Move) -> Row:
        job, before, table = _round_trip(move.job), None if row is None else row.job, self.table
        if before is not None and before.state is State.RUNNING and job.claim != before.claim:
            outcome = "lapsed" if move.event is Event.CLAIM else move.event.value
            closed = {"ended": move.at, "outcome": outcome, "error": job.error}
            table.attempts[before.id, before.token] |= closed
        if move.event is Event.CLAIM:
            opened = {"claim_id": job.claim_id, "owner": job.owner, "started": move.at}
            table.attempts[job.id, job.token] = opened
        table.jobs[job.id] = Row(job, self._etag(), modified_at=self._clock.now, seen_at=self._clock.reply())
        return table.jobs[job.id]

    def _etag(self) -> str:
        return f'"{next(self.table.etags)}"'


def _round_trip(job: Job) -> Job:
    """Return a job as it comes back from a table: plain JSON values, an error's message cut."""
    error = job.error and replace(job.error, message=codec.error_columns(job.error)["message"])
    params, report = json.loads(json.dumps(job.params)), json.loads(json.dumps(job.report))
    return replace(job, error=error, params=params, report=report)
