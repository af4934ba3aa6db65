"""No production move breaks a rule, in whatever order moves come."""

import random
from collections.abc import Callable
from datetime import timedelta

from shared.errors import DarkroomError
from shared.ports.jobs import Row
from shared.rules import moves
from shared.rules.audit import Group, IndexFacts, JobFacts, KeyFacts, TryFacts
from shared.rules.ids import digest, job_id
from shared.rules.invariants import violations
from shared.rules.jobs import Claim, Event, Facts, Job, JobError, Move, State, transition
from shared.storage import row_keys
from tests.doubles.clock import FakeClock
from tests.doubles.ended import MemoryEnded
from tests.doubles.jobs import MemoryJobs, MemoryTable

TYPE, REF = "image-analysis", "images/cat.png"
VERSIONS = ("0x1", "0x2", "0x3", "0x4")
NEW = job_id(TYPE, REF, "0x2")


def group_of(table: MemoryTable) -> Group:
    """Return the rows of the one reference in a table in memory."""
    group = Group(place="p", stem="s", home="p")
    for row in table.jobs.values():
        group.jobs[row.job.id] = facts(row.job)
        key = row_keys.index_key(row.job)
        group.index[key] = IndexFacts(key, row.job.id)
    for (identity, token), columns in table.attempts.items():
        key = row_keys.try_key(identity, token)
        group.tries.append(TryFacts(key, identity, token, columns["claim_id"], columns.get("outcome")))
    for stands in table.keys.values():
        at = f"key:{digest(stands.type, stands.ref)}"
        analyzed = next(version for version in VERSIONS if job_id(TYPE, REF, version) == stands.job_id)
        says = (stands.type, stands.ref, stands.version, stands.job_id, stands.state)
        group.keys.append(KeyFacts(at, at, *says, None if analyzed == stands.version else analyzed))
    return group


def facts(job: Job) -> JobFacts:
    columns = {name: getattr(job, name) for name in ("id", "type", "ref", "version", "retagged", "state")}
    columns |= {name: getattr(job, name) for name in ("owner", "claim_id", "token", "attempts", "due", "ended")}
    return JobFacts(**columns, has_lease=job.lease is not None, row_key=job.id, index_key=row_keys.index_key(job))


class Walk:
    """Recorders, workers with old and new claims, and operators, in any order, over one reference."""

    def __init__(self, seed: int) -> None:
        self.chance, self.rarely, self.clock = random.Random(seed), random.Random(seed), FakeClock()
        self.jobs = MemoryJobs(self.clock)
        self.claims = [(NEW, Claim("nobody", 0))]
        self.events: set[Event] = set()

    def step(self) -> None:
        """Do something, or be refused."""
        self.clock.advance(1)
        act = self.chance.choice([self.record, self.claim, self.claim, self.report, self.report, self.operate])
        act = self.purge if self.rarely.random() < 0.02 else act
        try:
            act()
        except DarkroomError:
            return

    def record(self) -> None:
        """Record a version, over what stands."""
        version = self.chance.choice(VERSIONS[:3])
        over = self.jobs.key(TYPE, REF)
        before = None if over is None or over.version == version else self.jobs.get(over.job_id)
        ended = None
        if before is not None and not before.job.state.ended:
            error = JobError("superseded", "", self.clock.now)
            ended = (before, moves.end(before.job, event=Event.SUPERSEDE, error=error, lapsed=False, now=error.at))
        move = moves.add(
            kind=TYPE, ref=REF, version=version, params={}, max_attempts=3, now=self.clock.now,
            grace=timedelta(0), add_nonce=f"n{self.chance.random()}",
        )  # fmt: skip
        self.jobs.insert(move, over=over, superseded=ended)
        self.events |= {move.event} | ({Event.SUPERSEDE} if ended else set())

    def row(self) -> Row:
        """Pick a job."""
        return self.chance.choice(list(self.jobs.table.jobs.values()))

    def claim(self) -> None:
        """Claim a job."""
        if not self.jobs.table.jobs:
            return
        row, drawn = self.row(), f"c{len(self.claims)}"
        move = moves.claim(
            row.job, owner="queue/1", claim_id=drawn, now=self.clock.now, lapsed=self.chance.random() < 0.3,
            lease=timedelta(seconds=60),
        )  # fmt: skip
        won = self.jobs.replace(row, move)
        self.claims.append((row.job.id, Claim(drawn, won.job.token)))
        self.events.add(move.event)

    def report(self) -> None:
        """Report under a claim, old or new."""
        identity, claim = self.chance.choice(self.claims[-3:])
        row, now, none = self.jobs.get(identity), self.clock.now, timedelta(0)
        if row is None:
            return
        error = JobError("x", "", now)
        reports: list[Callable[[], Move]] = [
            lambda: moves.renew(row.job, claim=claim, now=now, lease=timedelta(seconds=60)),
            lambda: moves.complete(row.job, claim=claim, report={}, now=now),
            lambda: moves.retry(row.job, claim=claim, error=error, now=now, delay=none, grace=none),
            lambda: moves.abandon(row.job, claim=claim, now=now, grace=none),
            lambda: moves.fail(row.job, claim=claim, error=error, now=now),
        ]
        move = self.chance.choice(reports)()
        self.jobs.replace(row, move)
        self.events.add(move.event)

    def purge(self) -> None:
        """Let an ended job go."""
        if self.jobs.table.jobs:
            row, key = self.row(), self.jobs.key(TYPE, REF)
            transition(Event.PURGE, row.job, Facts(ended_before=self.clock.now))
            MemoryEnded(self.jobs.table).purge([(row, key if key and key.job_id == row.job.id else None)])
            self.events.add(Event.PURGE)

    def operate(self) -> None:
        """End a job from outside, or redrive the newest."""
        if not self.jobs.table.jobs:
            return
        row, error = self.row(), JobError("x", "", self.clock.now)
        key = self.jobs.key(TYPE, REF)
        newest = key is not None and key.job_id == row.job.id
        if newest and row.job.state is State.COMPLETED:
            move = moves.retag(row.job, version=self.chance.choice(VERSIONS), now=error.at)
            self.jobs.replace(row, move, over=key)
        elif newest and row.job.state.ended:
            move = moves.redrive(row.job, now=error.at, grace=timedelta(0))
            self.jobs.replace(row, move, over=key)
        elif self.chance.random() < 0.25:
            move = moves.reschedule(row.job, due=error.at, lapsed=True, now=error.at)
            self.jobs.replace(row, move)
        else:
            event = self.chance.choice([Event.CANCEL, Event.EXHAUST, Event.BURY])
            move = moves.end(row.job, event=event, error=error, lapsed=True, now=error.at)
            self.jobs.replace(row, move)
        self.events.add(move.event)


def test_no_walk_of_production_moves_breaks_a_rule() -> None:
    events: set[Event] = set()
    for seed in range(40):
        walk = Walk(seed)
        for _ in range(60):
            walk.step()
            assert list(violations(group_of(walk.jobs.table))) == []
        events |= walk.events
    assert events == set(Event)
