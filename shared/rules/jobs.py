"""The life of a job, as data and pure functions.

* **PENDING**: recorded, waiting for a worker. Its due row brings it before the sweep when no message does. A crash of
  the recorder between row and message leaves it here, and the sweep finds it.
* **RUNNING**: claimed. Owner, claim id and token say by whom; the lease says until when others keep off. A crash of
  the worker leaves it here until the lease has lapsed; then anybody may claim it, with a higher token, and the old
  worker's writes are refused.
* **COMPLETED**: a report was committed, once. Nothing moves it on but purge; it may come to stand for a newer version
  of the same content.
* **FAILED**: the last error stands in the row: permanent, or attempts used up. Redrive makes it PENDING.
* **CANCELED**: ended by somebody else: superseded by a newer version, its blob gone, or by hand. Redrive likewise.

``TRANSITIONS`` is the one table of what may happen. ``shared.rules.moves`` reads it, and so do the documents and tests.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, final

from shared.errors import IllegalTransition

SCHEMA = 1
#: Characters in which a worker says where the next attempt may go on.
CURSOR_LENGTH = 4_096


class State(StrEnum):
    """Where a job stands."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"

    @property
    def ended(self) -> bool:
        """Whether only redrive or purge can move it on."""
        return self in (State.COMPLETED, State.FAILED, State.CANCELED)


class Event(StrEnum):
    """What moves a job."""

    ADD = "add"
    CLAIM = "claim"
    RENEW = "renew"
    COMPLETE = "complete"
    RETRY = "retry"
    ABANDON = "abandon"
    FAIL = "fail"
    CANCEL = "cancel"
    SUPERSEDE = "supersede"
    EXHAUST = "exhaust"
    BURY = "bury"
    REDRIVE = "redrive"
    RESCHEDULE = "reschedule"
    RETAG = "retag"
    PURGE = "purge"


class Guard(StrEnum):
    """A condition of a transition; its value is the sentence said when it does not hold."""

    DUE = "the job is not due yet"
    LAPSED = "another worker's lease is live"
    OWN = "the claim is no longer this worker's"
    ATTEMPTS_LEFT = "its attempts are used up"
    TIME_LEFT = "its time is over"
    SPENT = "it has attempts and time left"
    EXPIRED = "its retention is not over"


@dataclass(frozen=True)
class Transition:
    """One row of the table; without a source it makes the job, without a target the job is gone."""

    event: Event
    source: State | None
    target: State | None
    guards: tuple[Guard, ...] = ()


TRANSITIONS = (
    Transition(Event.ADD, None, State.PENDING),
    Transition(Event.CLAIM, State.PENDING, State.RUNNING, (Guard.ATTEMPTS_LEFT, Guard.TIME_LEFT, Guard.DUE)),
    Transition(Event.CLAIM, State.RUNNING, State.RUNNING, (Guard.LAPSED, Guard.ATTEMPTS_LEFT, Guard.TIME_LEFT)),
    Transition(Event.RENEW, State.RUNNING, State.RUNNING, (Guard.OWN,)),
    Transition(Event.COMPLETE, State.RUNNING, State.COMPLETED, (Guard.OWN,)),
    Transition(Event.RETRY, State.RUNNING, State.PENDING, (Guard.OWN, Guard.ATTEMPTS_LEFT)),
    Transition(Event.ABANDON, State.RUNNING, State.PENDING, (Guard.OWN,)),
    Transition(Event.FAIL, State.RUNNING, State.FAILED, (Guard.OWN,)),
    Transition(Event.CANCEL, State.PENDING, State.CANCELED),
    Transition(Event.CANCEL, State.RUNNING, State.CANCELED),
    Transition(Event.SUPERSEDE, State.PENDING, State.CANCELED),
    Transition(Event.SUPERSEDE, State.RUNNING, State.CANCELED),
    Transition(Event.EXHAUST, State.PENDING, State.FAILED, (Guard.SPENT,)),
    Transition(Event.EXHAUST, State.RUNNING, State.FAILED, (Guard.LAPSED, Guard.SPENT)),
    Transition(Event.BURY, State.PENDING, State.FAILED, (Guard.SPENT,)),
    Transition(Event.BURY, State.RUNNING, State.FAILED, (Guard.LAPSED, Guard.SPENT)),
    Transition(Event.REDRIVE, State.FAILED, State.PENDING),
    Transition(Event.REDRIVE, State.CANCELED, State.PENDING),
    Transition(Event.RESCHEDULE, State.PENDING, State.PENDING),
    Transition(Event.RESCHEDULE, State.RUNNING, State.RUNNING, (Guard.LAPSED,)),
    Transition(Event.RETAG, State.COMPLETED, State.COMPLETED),
    Transition(Event.PURGE, State.COMPLETED, None, (Guard.EXPIRED,)),
    Transition(Event.PURGE, State.FAILED, None, (Guard.EXPIRED,)),
    Transition(Event.PURGE, State.CANCELED, None, (Guard.EXPIRED,)),
)


@final
@dataclass(frozen=True)
class JobError:
    """Why the last attempt did not succeed.

    Attributes:
        code: Stable, lower case with underscores.
        message: One sentence for a person; no path, key or stack.
        at: Aware UTC, the service's time.
    """

    code: str
    message: str
    at: datetime


@dataclass(frozen=True)
class Claim:
    """What makes a RUNNING job one's own: both must match."""

    claim_id: str
    token: int


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job, as its row holds it.

    Attributes:
        id: ``{type}-{32 hex}``: see ``ids.job_id``.
        type: What is to be done.
        ref: What it is to be done to; for an image ``container/name``.
        version: An image's bare ETag; empty for other unique jobs, 32 hex digits drawn for the rest.
        unique: Whether a key row keeps the reference, so that the same version of it is never added twice.
        retagged: The newest version with the same content, which this job stands for too; None without one.
        schema: Of this row. A higher one than ``SCHEMA`` is left to newer instances.
        params: Facts fixed when the job was added.
        state: Where it stands.
        owner: Who works, ``trigger/invocation-id``; None unless RUNNING.
        claim_id: Drawn for each claim; None unless RUNNING.
        token: Fencing token; grows at every claim and at every end by another, never falls.
        lease: Protection given by the last claim or renewal; None unless RUNNING.
        attempts: Claims so far; never falls.
        attempts_base: Claims that don't count against ``max_attempts``.
        abandons: How often an external worker has given it back since it was added or redriven.
        max_attempts: How many claims may count before the job fails.
        time_limit: How long after its first claim another may still begin; None for no end.
        deadline: When it is too late for another claim: given when it was added, or else what follows from
            ``time_limit``; None before the first claim, and again once redriven.
        not_before: Earliest claim; None for at once.
        due: When the sweep must look at it; None once ended. Decides nothing.
        progress: Share done, 0 to 1, as the worker last told; None if it never did.
        cursor: Where the next attempt may go on, in the worker's own words; None for the beginning.
        error: Of the last attempt that did not succeed.
        report: The committed result, whatever the type.
        thumbnail: The committed thumbnail, where it goes into the row; up to 64 KiB.
        created: When it was added.
        started: When the last attempt began.
        ended: When it came to rest.
        traceparent: W3C trace context of what caused it.
        add_nonce: Drawn by the recorder: what proves, after a lost reply, that the row is its own.
    """

    id: str
    type: str
    ref: str
    version: str = ""
    unique: bool = True
    retagged: str | None = None
    schema: int = SCHEMA
    params: Mapping[str, Any] = field(default_factory=dict)
    state: State = State.PENDING
    owner: str | None = None
    claim_id: str | None = None
    token: int = 0
    lease: timedelta | None = None
    attempts: int = 0
    attempts_base: int = 0
    abandons: int = 0
    max_attempts: int = 5
    time_limit: timedelta | None = None
    deadline: datetime | None = None
    not_before: datetime | None = None
    due: datetime | None = None
    progress: float | None = None
    cursor: str | None = None
    error: JobError | None = None
    report: Mapping[str, Any] | None = None
    thumbnail: bytes | None = None
    created: datetime | None = None
    started: datetime | None = None
    ended: datetime | None = None
    traceparent: str | None = None
    add_nonce: str = ""

    @property
    def claim(self) -> Claim | None:
        """The live claim, if there is one."""
        return None if self.claim_id is None else Claim(self.claim_id, self.token)

    @property
    def is_image(self) -> bool:
        """Whether it is about a version of an image: of unique jobs, only those have one."""
        return self.unique and self.version != ""

    @property
    def newest(self) -> str:
        """The newest version that this job stands for."""
        return self.version if self.retagged is None else self.retagged

    @property
    def out_of_attempts(self) -> bool:
        """Whether no further claim is allowed."""
        return self.attempts - self.attempts_base >= self.max_attempts

    def time_over(self, now: datetime) -> bool:
        """Whether it is too late for another claim."""
        return self.deadline is not None and now >= self.deadline


@dataclass(frozen=True)
class Move:
    """One transition, ready to be written.

    Attributes:
        event: What happened.
        job: The row as it is to be written.
        at: The service's time, aware UTC.
    """

    event: Event
    job: Job
    at: datetime


@dataclass(frozen=True)
class Facts:
    """What guards check beside the row; a fact that is not given does not hold."""

    now: datetime | None = None
    lapsed: bool = False
    claim: Claim | None = None
    ended_before: datetime | None = None


GUARDS: Mapping[Guard, Callable[[Job, Facts], bool]] = {
    Guard.DUE: lambda job, facts: job.not_before is None or (facts.now is not None and facts.now >= job.not_before),
    Guard.LAPSED: lambda _, facts: facts.lapsed,
    Guard.OWN: lambda job, facts: job.claim is not None and job.claim == facts.claim,
    Guard.ATTEMPTS_LEFT: lambda job, _: not job.out_of_attempts,
    Guard.TIME_LEFT: lambda job, facts: (
        job.deadline is None or (facts.now is not None and not job.time_over(facts.now))
    ),
    Guard.SPENT: lambda job, facts: job.out_of_attempts or (facts.now is not None and job.time_over(facts.now)),
    Guard.EXPIRED: lambda job, facts: (
        job.ended is not None and facts.ended_before is not None and job.ended < facts.ended_before
    ),
}


def target(event: Event, job: Job, facts: Facts) -> State:
    """Look up where an event leads.

    Raises:
        IllegalTransition: ``transition`` refuses it, or it leads nowhere.
    """
    state = transition(event, job, facts).target
    if state is None:
        raise IllegalTransition(f"{event} {job.id}: it leaves no job")
    return state


def transition(event: Event, job: Job, facts: Facts) -> Transition:
    """Look up the row of the table that an event takes.

    Raises:
        IllegalTransition: The table has no such row, or a guard does not hold; ``guard`` names the first such.
    """
    for row in TRANSITIONS:
        if row.event is event and row.source is job.state:
            for guard in row.guards:
                if not GUARDS[guard](job, facts):
                    raise IllegalTransition(f"{event} {job.id}: {guard}", guard=guard)
            return row
    raise IllegalTransition(f"{event} {job.id}: not from {job.state}")
