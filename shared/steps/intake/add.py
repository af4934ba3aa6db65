"""Add a job of any type: row first, message second, as ``record`` does it for images."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from shared.clock import DATE_STEP
from shared.errors import Duplicate, KeyTaken, Refused, Undecided
from shared.ports.jobs import JobStore, Key, Row
from shared.rules import moves
from shared.rules.jobs import Move
from shared.settings.settings import Settings
from shared.steps.intake.announce import Announce
from shared.steps.intake.types import Types
from shared.telemetry import LogEvent, emit

#: Others that add, purge and forget one reference at the same moment this often in a row are no accident.
ROUNDS = 20


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to be added.

    Attributes:
        kind: Its type.
        ref: What it is about.
        params: Facts for the worker, JSON.
        unique: Whether type and reference make it the same job.
        ttl: From now on; later it fails instead of being claimed.
        not_before: Earliest claim, aware UTC; at once without it.
        max_attempts: Claims until it fails; those of the settings without it.
        traceparent: W3C trace context of what caused it.
    """

    kind: str
    ref: str
    params: Mapping[str, Any]
    unique: bool
    ttl: timedelta | None = None
    not_before: datetime | None = None
    max_attempts: int | None = None
    traceparent: str | None = None


@dataclass(frozen=True)
class AddResult:
    """What an add has found or made.

    Attributes:
        row: The job; None when it is purged.
        key: The key row that is left of it then; None otherwise.
        created: Whether this call has made it.
    """

    row: Row | None
    key: Key | None
    created: bool


@dataclass(kw_only=True)
class Add:
    """Add jobs.

    Attributes:
        jobs: Where the row goes.
        types: Remembers which types there are, so that the sweep looks at them.
        announce: Sends the message, where this app works on the type.
        settings: Limits.
        now: The service's time.
        draw: Returns 32 hex digits, never the same.
    """

    jobs: JobStore
    types: Types
    announce: Announce
    settings: Settings
    now: Callable[[], datetime]
    draw: Callable[[], str]

    def add(self, new: NewJob) -> AddResult:
        """Add a job; of a unique type and reference only one, whoever else adds it, and also after it was purged.

        Raises:
            InvalidReference: The type is not a valid one.
            Refused: ``wrong_type``: images are recorded, not added; ``too_many_types``.
            Unreadable: It was written by a newer release, or is damaged.
            TooLarge: The params are larger than a row holds.
            Undecided: Whether it was added is not known; a unique one may be added again.

        Costs: transaction, send = 2, without the message 1; one that is there 2; those of
        ``Types.introduce`` and ``confirm``: 1 now and then.
        """
        if new.kind == self.settings.image_type:
            raise Refused("wrong_type", f"Jobs of type {new.kind} can't be added. Use `POST /images` instead.")
        move = self._move(new)
        self.types.introduce(new.kind)
        added = self._insert_or_find(move, unique=new.unique)
        self.types.confirm(new.kind)
        return added

    def _move(self, new: NewJob) -> Move:
        nonce = self.draw()
        return moves.add(
            kind=new.kind,
            ref=new.ref,
            version="" if new.unique else self.draw(),
            unique=new.unique,
            params=new.params,
            max_attempts=new.max_attempts or self.settings.max_attempts,
            time_limit=self.settings.time_limit,
            ttl=new.ttl,
            not_before=new.not_before,
            now=self.now(),
            grace=self.announce.grace(new.kind),
            traceparent=new.traceparent,
            add_nonce=nonce,
        )

    def _insert_or_find(self, move: Move, *, unique: bool) -> AddResult:
        for _ in range(ROUNDS):
            added = self._insert(move, unique=unique)
            if added is not None:
                return added
        raise Undecided(f"{move.job.id}: others were first {ROUNDS} times")

    def _insert(self, move: Move, *, unique: bool) -> AddResult | None:
        """Insert, or find what stands in its place; None when that has gone meanwhile."""
        job = move.job
        try:
            row = self.jobs.insert(move)
        except Duplicate:
            existing = self._existing(job.id)
            if unique or existing is None or existing.row is None:
                return existing
            row = existing.row  # its id was drawn just now: it is this one, whose request has arrived twice
        except KeyTaken:
            key = self.jobs.key(job.type, job.ref)
            return None if key is None or key.state is None else AddResult(None, key, created=False)
        emit(LogEvent.RECORDED, job=job.id, ref=job.ref)
        wait = timedelta(0) if job.not_before is None else max(timedelta(0), job.not_before - self.now()) + DATE_STEP
        self.announce.announce(row.job, delay=wait)
        return AddResult(row, None, created=True)

    def _existing(self, job_id: str) -> AddResult | None:
        row = self.jobs.get(job_id)
        return None if row is None else AddResult(row, None, created=False)
