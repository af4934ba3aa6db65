"""Each rule, broken by hand, is found; no production move breaks one."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared import moves
from shared.errors import DarkroomError
from shared.evidence import Group, IndexFacts, JobFacts, KeyFacts, Mending, TryFacts
from shared.ids import digest, job_id
from shared.invariants import INFORMATION, Finding, Rule, mendings, violations
from shared.jobs import Claim, Event, Facts, Job, JobError, State, transition
from shared.ports import Row
from shared.storage import codec
from tests.doubles.clock import FakeClock
from tests.doubles.ended import MemoryEnded
from tests.doubles.jobs import Kept, MemoryJobs

TYPE, REF = "image-analysis", "images/cat.png"
VERSIONS = ("0x1", "0x2", "0x3", "0x4")
OLD, NEW = (job_id(TYPE, REF, version) for version in ("0x1", "0x2"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def sound() -> Group:
    """Make rows as they should be: an old version completed at its second attempt, the newest running."""
    old = JobFacts(
        id=OLD, type=TYPE, ref=REF, version="0x1", state=State.COMPLETED, token=2, attempts=2, ended=NOW, index_key="e",
        row_key="job:old", etag="1",
    )  # fmt: skip
    new = JobFacts(
        id=NEW, type=TYPE, ref=REF, version="0x2", state=State.RUNNING, owner="queue/1", claim_id="c", leased=True,
        token=1, attempts=1, due=NOW, index_key="d", row_key="job:new", etag="2",
    )  # fmt: skip
    tries = [
        TryFacts("t1", OLD, 1, "a", "lapsed"),
        TryFacts("t2", OLD, 2, "b", "complete"),
        TryFacts("t3", NEW, 1, "c"),
    ]
    key = KeyFacts("key", "key", TYPE, REF, "0x2", NEW)
    index = {"e": IndexFacts("e", OLD), "d": IndexFacts("d", NEW)}
    return Group(place="p", stem=OLD[:-16], home="p", jobs={OLD: old, NEW: new}, index=index, tries=tries, keys=[key])


def changed(identity: str, **columns: object) -> Callable[[Group], object]:
    """Change columns of a job row."""
    return lambda group: group.jobs.update({identity: replace(group.jobs[identity], **columns)})  # type: ignore[arg-type]


def tried(number: int, **columns: object) -> Callable[[Group], object]:
    """Change columns of an attempt's row."""
    return lambda group: group.tries.__setitem__(number, replace(group.tries[number], **columns))  # type: ignore[arg-type]


def keyed(**columns: object) -> Callable[[Group], object]:
    """Change columns of the key row."""
    return lambda group: group.keys.__setitem__(0, replace(group.keys[0], **columns))  # type: ignore[arg-type]


def stray(row_key: str, identity: str) -> Callable[[Group], object]:
    """Add an index row."""
    return lambda group: group.index.update({row_key: IndexFacts(row_key, identity, "9")})


NOBODY = job_id(TYPE, REF, "0x9")
BREAKS: list[tuple[Rule, Callable[[Group], object]]] = [
    (Rule.UNREADABLE, lambda group: group.strange.update({"job:x": "x"})),
    (Rule.JOB_MISNAMED, changed(OLD, version="0x3")),
    (Rule.JOB_MISNAMED, changed(OLD, type="Not A Type")),
    (Rule.MISPLACED, lambda group: setattr(group, "home", "q")),
    (Rule.TIMES_TORN, changed(NEW, due=None)),
    (Rule.TIMES_TORN, changed(NEW, ended=NOW)),
    (Rule.TIMES_TORN, changed(OLD, ended=None)),
    (Rule.CLAIM_TORN, changed(NEW, owner=None)),
    (Rule.CLAIM_TORN, changed(NEW, leased=False)),
    (Rule.CLAIM_TORN, changed(OLD, claim_id="c")),
    (Rule.INDEX_MISSING, lambda group: group.index.pop("d")),
    (Rule.INDEX_MISSING, lambda group: group.index.pop("e")),
    (Rule.INDEX_MISPLACED, stray("x", NEW)),
    (Rule.INDEX_ORPHAN, stray("x", NOBODY)),
    (Rule.TOKEN_BEHIND, changed(OLD, token=1)),
    (Rule.TOKEN_BEHIND, tried(0, token=3)),
    (Rule.ATTEMPTS_MISCOUNTED, changed(OLD, attempts=3)),
    (Rule.ATTEMPTS_MISCOUNTED, lambda group: group.tries.pop(0)),
    (Rule.ATTEMPT_ORPHAN, tried(0, job_id=NOBODY)),
    (Rule.ATTEMPT_OPEN, tried(0, outcome=None)),
    (Rule.ATTEMPT_OPEN, tried(2, outcome="retry")),
    (Rule.ATTEMPT_OPEN, tried(2, claim_id="another")),
    (Rule.COMPLETED_TWICE, tried(0, outcome="complete")),
    (Rule.COMPLETION_UNPROVEN, tried(1, outcome="lapsed")),
    (Rule.COMPLETION_UNPROVEN, changed(OLD, token=3)),
    (Rule.COMPLETION_UNPROVEN, tried(2, outcome="complete")),
    (Rule.KEY_BROKEN, keyed(row_key="key:elsewhere")),
    (Rule.KEY_BROKEN, keyed(version="0x3")),
    (Rule.KEY_BROKEN, keyed(version="0x3", analyzed="0x2")),
    (Rule.KEY_BROKEN, keyed(analyzed="0x3")),
    (Rule.KEY_BROKEN, changed(NEW, retagged="0x3")),
    (Rule.KEY_BROKEN, keyed(version="0x9", job_id=NOBODY)),
    (Rule.KEY_BROKEN, keyed(ref="images/dog.png")),
    (Rule.KEY_BROKEN, keyed(final=State.COMPLETED)),
    (Rule.KEY_BROKEN, keyed(version="0x9", job_id=NOBODY, final=State.RUNNING)),
    (Rule.LIVE_TWICE, changed(OLD, state=State.PENDING, ended=None, due=NOW)),
    (Rule.LIVE_UNNAMED, keyed(version="0x1", job_id=OLD)),
    (Rule.LIVE_UNNAMED, lambda group: group.keys.clear()),
    (Rule.NEWER, lambda group: group.newer.add(OLD)),
]


def found(group: Group) -> set[Rule]:
    return {finding.rule for finding in violations(group)}


def test_rows_as_they_should_be_break_no_rule() -> None:
    assert found(sound()) == set()
    assert list(mendings(sound())) == []


@pytest.mark.parametrize(("rule", "breaks"), BREAKS, ids=[f"{rule.name}-{n}" for n, (rule, _) in enumerate(BREAKS)])
def test_a_rule_that_is_broken_by_hand_is_found(rule: Rule, breaks: Callable[[Group], object]) -> None:
    group = sound()
    breaks(group)
    assert rule in found(group)


def test_every_rule_over_rows_is_broken_above() -> None:
    elsewhere = {Rule.THUMBNAIL_MISSING, Rule.THUMBNAIL_ORPHAN, Rule.THUMBNAIL_PURGED, Rule.MOVING}
    assert {rule for rule, _ in BREAKS} == set(Rule) - elsewhere


def test_what_a_newer_release_wrote_is_left_to_it() -> None:
    group = sound()
    group.newer.add(OLD)
    group.index.clear()
    assert list(mendings(group)) == []
    assert found(group) == {Rule.NEWER} <= INFORMATION


@pytest.mark.parametrize(
    ("breaks", "mending"),
    [
        (lambda group: group.index.pop("d"), Mending(sound().jobs[NEW], "d")),
        (stray("x", OLD), Mending(sound().jobs[OLD], None, (IndexFacts("x", OLD, "9"),))),
        (stray("x", NOBODY), Mending(None, None, (IndexFacts("x", NOBODY, "9"),))),
        (changed(OLD, index_key="x"), Mending(replace(sound().jobs[OLD], index_key="x"), "x", (IndexFacts("e", OLD),))),
    ],
)  # fmt: skip
def test_index_rows_are_mended_and_nothing_else(breaks: Callable[[Group], object], mending: Mending) -> None:
    group = sound()
    breaks(group)
    assert list(mendings(group)) == [mending]


def test_the_index_of_a_job_that_contradicts_itself_is_left_alone() -> None:
    group = sound()
    changed(NEW, due=None, index_key=None)(group)
    assert list(mendings(group)) == []


def test_the_index_of_a_job_row_that_cannot_be_read_is_no_orphan() -> None:
    group = sound()
    del group.jobs[OLD]
    group.strange["job:old"] = OLD
    assert list(mendings(group)) == []
    assert found(group) == {Rule.UNREADABLE}


def _retagged(identity: str) -> Group:
    """Let a job stand for a newer version as well, as rows say it."""
    group = sound()
    job = replace(group.jobs[identity], retagged="0x3")
    if job.state is State.COMPLETED:
        del group.jobs[NEW]
        group.tries = [row for row in group.tries if row.job_id == OLD]
        group.index = {at: row for at, row in group.index.items() if row.job_id == OLD}
    group.jobs[identity] = job
    keyed(version="0x3", analyzed=job.version, job_id=identity)(group)
    return group


def test_a_completed_job_may_stand_for_a_newer_version_of_the_same_content_and_no_other_may() -> None:
    assert found(_retagged(OLD)) == set()
    assert found(_retagged(NEW)) == {Rule.KEY_BROKEN}


def test_a_finding_that_was_put_right_is_no_violation() -> None:
    broken = Finding(Rule.INDEX_MISSING, "p", "d")
    assert broken.violation
    assert not replace(broken, repaired=True).violation


def kept_group(kept: Kept) -> Group:
    """Return the rows of the one reference in a table in memory."""
    group = Group(place="p", stem="s", home="p")
    for row in kept.jobs.values():
        group.jobs[row.job.id] = facts(row.job)
        key = codec.index_key(row.job)
        group.index[key] = IndexFacts(key, row.job.id)
    for (identity, token), columns in kept.attempts.items():
        key = codec.try_key(identity, token)
        group.tries.append(TryFacts(key, identity, token, columns["claim_id"], columns.get("outcome")))
    for stands in kept.keys.values():
        at = f"key:{digest(stands.type, stands.ref)}"
        analyzed = next(version for version in VERSIONS if job_id(TYPE, REF, version) == stands.job_id)
        says = (stands.type, stands.ref, stands.version, stands.job_id, stands.state)
        group.keys.append(KeyFacts(at, at, *says, None if analyzed == stands.version else analyzed))
    return group


def facts(job: Job) -> JobFacts:
    columns = {name: getattr(job, name) for name in ("id", "type", "ref", "version", "retagged", "state")}
    columns |= {name: getattr(job, name) for name in ("owner", "claim_id", "token", "attempts", "due", "ended")}
    return JobFacts(**columns, leased=job.lease is not None, row_key=job.id, index_key=codec.index_key(job))


class Walk:
    """Recorders, workers with old and new claims, and operators, in any order, over one reference."""

    def __init__(self, seed: int) -> None:
        self.chance, self.rarely, self.clock = random.Random(seed), random.Random(seed), FakeClock()
        self.jobs = MemoryJobs(self.clock)
        self.claims = [(NEW, Claim("nobody", 0))]
        self.done: set[Event] = set()

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
        self.done |= {move.event} | ({Event.SUPERSEDE} if ended else set())

    def row(self) -> Row:
        """Pick a job."""
        return self.chance.choice(list(self.jobs.kept.jobs.values()))

    def claim(self) -> None:
        """Claim a job."""
        if not self.jobs.kept.jobs:
            return
        row, drawn = self.row(), f"c{len(self.claims)}"
        move = moves.claim(
            row.job, owner="queue/1", claim_id=drawn, now=self.clock.now, lapsed=self.chance.random() < 0.3,
            lease=timedelta(seconds=60),
        )  # fmt: skip
        won = self.jobs.replace(row, move)
        self.claims.append((row.job.id, Claim(drawn, won.job.token)))
        self.done.add(move.event)

    def report(self) -> None:
        """Report under a claim, old or new."""
        identity, claim = self.chance.choice(self.claims[-3:])
        row, now, none = self.jobs.get(identity), self.clock.now, timedelta(0)
        if row is None:
            return
        error = JobError("x", "", now)
        move = self.chance.choice([
            lambda: moves.renew(row.job, claim=claim, now=now, lease=timedelta(seconds=60)),
            lambda: moves.complete(row.job, claim=claim, report={}, now=now),
            lambda: moves.retry(row.job, claim=claim, error=error, now=now, delay=none, grace=none),
            lambda: moves.abandon(row.job, claim=claim, now=now, grace=none),
            lambda: moves.fail(row.job, claim=claim, error=error, now=now),
        ])()  # fmt: skip
        self.jobs.replace(row, move)
        self.done.add(move.event)

    def purge(self) -> None:
        """Let an ended job go."""
        if self.jobs.kept.jobs:
            row, key = self.row(), self.jobs.key(TYPE, REF)
            transition(Event.PURGE, row.job, Facts(ended_before=self.clock.now))
            MemoryEnded(self.jobs.kept).purge([(row, key if key and key.job_id == row.job.id else None)])
            self.done.add(Event.PURGE)

    def operate(self) -> None:
        """End a job from outside, or redrive the newest."""
        if not self.jobs.kept.jobs:
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
        self.done.add(move.event)


def test_no_walk_of_production_moves_breaks_a_rule() -> None:
    done: set[Event] = set()
    for seed in range(40):
        walk = Walk(seed)
        for _ in range(60):
            walk.step()
            assert list(violations(kept_group(walk.jobs.kept))) == []
        done |= walk.done
    assert done == set(Event)
