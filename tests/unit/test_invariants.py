"""Each rule, broken by hand, is found."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.rules.audit import Group, IndexFacts, JobFacts, KeyFacts, Mending, TryFacts
from shared.rules.ids import job_id
from shared.rules.invariants import INFORMATION, Finding, Rule, mendings, violations
from shared.rules.jobs import State
from tests.unit.acts import note

TYPE, REF = "image-analysis", "images/cat.png"
VERSIONS = ("0x1", "0x2", "0x3", "0x4")
OLD, NEW = (job_id(TYPE, REF, version) for version in ("0x1", "0x2"))
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def sound() -> Group:
    """Make rows as they should be: an old version completed at its second attempt, the newest running."""
    old = JobFacts(
        id=OLD, type=TYPE, ref=REF, version="0x1", state=State.COMPLETED, token=2, attempts=2, ended=NOW, index_key="e",
        row_key="job:old", etag="1", copy="o",
    )  # fmt: skip
    new = JobFacts(
        id=NEW, type=TYPE, ref=REF, version="0x2", state=State.RUNNING, owner="queue/1", claim_id="c", has_lease=True,
        token=1, attempts=1, due=NOW, index_key="d", row_key="job:new", etag="2", copy="n",
    )  # fmt: skip
    tries = [
        TryFacts("t1", OLD, 1, "a", "lapsed"),
        TryFacts("t2", OLD, 2, "b", "complete"),
        TryFacts("t3", NEW, 1, "c"),
    ]
    key = KeyFacts("key", "key", TYPE, REF, "0x2", NEW)
    index = {"e": IndexFacts("e", OLD), "d": IndexFacts("d", NEW, copy="n")}
    return Group(place="p", stem=OLD[:-16], home="p", jobs={OLD: old, NEW: new}, index=index, tries=tries, keys=[key])


def change_job(identity: str, **columns: Any) -> Callable[[Group], object]:  # noqa: ANN401 - of a row
    """Change columns of a job row."""
    return lambda group: group.jobs.update({identity: replace(group.jobs[identity], **columns)})


def change_attempt(number: int, **columns: Any) -> Callable[[Group], object]:  # noqa: ANN401 - of a row
    """Change columns of an attempt's row."""
    return lambda group: group.tries.__setitem__(number, replace(group.tries[number], **columns))


def change_key(**columns: Any) -> Callable[[Group], object]:  # noqa: ANN401 - of a row
    """Change columns of the key row."""
    return lambda group: group.keys.__setitem__(0, replace(group.keys[0], **columns))


def stray(row_key: str, identity: str) -> Callable[[Group], object]:
    """Add an index row."""
    return lambda group: group.index.update({row_key: IndexFacts(row_key, identity, "9")})


def age(row_key: str) -> Callable[[Group], object]:
    """Let an index row have a copy of its job as it was."""
    return lambda group: group.index.update({row_key: replace(group.index[row_key], copy="before")})


NOBODY = job_id(TYPE, REF, "0x9")
BREAKS: list[tuple[Rule, Callable[[Group], object]]] = [
    (Rule.UNREADABLE, lambda group: group.strange.update({"job:x": "x"})),
    (Rule.JOB_MISNAMED, change_job(OLD, version="0x3")),
    (Rule.JOB_MISNAMED, change_job(OLD, type="Not A Type")),
    (Rule.THUMBNAIL_MISNAMED, change_job(OLD, names_other_blob=True)),
    (Rule.MISPLACED, lambda group: setattr(group, "home", "q")),
    (Rule.TIMES_TORN, change_job(NEW, due=None)),
    (Rule.TIMES_TORN, change_job(NEW, ended=NOW)),
    (Rule.TIMES_TORN, change_job(OLD, ended=None)),
    (Rule.CLAIM_TORN, change_job(NEW, owner=None)),
    (Rule.CLAIM_TORN, change_job(NEW, has_lease=False)),
    (Rule.CLAIM_TORN, change_job(OLD, claim_id="c")),
    (Rule.INDEX_MISSING, lambda group: group.index.pop("d")),
    (Rule.INDEX_MISSING, lambda group: group.index.pop("e")),
    (Rule.INDEX_MISPLACED, stray("x", NEW)),
    (Rule.INDEX_STALE, age("e")),
    (Rule.INDEX_ORPHAN, stray("x", NOBODY)),
    (Rule.TOKEN_BEHIND, change_job(OLD, token=1)),
    (Rule.TOKEN_BEHIND, change_attempt(0, token=3)),
    (Rule.ATTEMPTS_MISCOUNTED, change_job(OLD, attempts=3)),
    (Rule.ATTEMPTS_MISCOUNTED, lambda group: group.tries.pop(0)),
    (Rule.ATTEMPT_ORPHAN, change_attempt(0, job_id=NOBODY)),
    (Rule.ATTEMPT_OPEN, change_attempt(0, outcome=None)),
    (Rule.ATTEMPT_OPEN, change_attempt(2, outcome="retry")),
    (Rule.ATTEMPT_OPEN, change_attempt(2, claim_id="another")),
    (Rule.COMPLETED_TWICE, change_attempt(0, outcome="complete")),
    (Rule.COMPLETION_UNPROVEN, change_attempt(1, outcome="lapsed")),
    (Rule.COMPLETION_UNPROVEN, change_job(OLD, token=3)),
    (Rule.COMPLETION_UNPROVEN, change_attempt(2, outcome="complete")),
    (Rule.REPORT_INVALID, change_job(OLD, report_wrong="status: must be present")),
    (Rule.KEY_BROKEN, change_key(row_key="key:elsewhere")),
    (Rule.KEY_BROKEN, change_key(version="0x3")),
    (Rule.KEY_BROKEN, change_key(version="0x3", job_version="0x2")),
    (Rule.KEY_BROKEN, change_key(job_version="0x3")),
    (Rule.KEY_BROKEN, change_job(NEW, retagged="0x3")),
    (Rule.KEY_BROKEN, change_key(version="0x9", job_id=NOBODY)),
    (Rule.KEY_BROKEN, change_key(ref="images/dog.png")),
    (Rule.KEY_BROKEN, change_key(final=State.COMPLETED)),
    (Rule.KEY_BROKEN, change_key(version="0x9", job_id=NOBODY, final=State.RUNNING)),
    (Rule.LIVE_TWICE, change_job(OLD, state=State.PENDING, ended=None, due=NOW)),
    (Rule.LIVE_UNNAMED, change_key(version="0x1", job_id=OLD)),
    (Rule.LIVE_UNNAMED, lambda group: group.keys.clear()),
    (Rule.NEWER, lambda group: group.newer.add(OLD)),
]


def broken_rules(group: Group) -> set[Rule]:
    return {finding.rule for finding in violations(group)}


def test_rows_as_they_should_be_break_no_rule() -> None:
    assert broken_rules(sound()) == set()
    assert list(mendings(sound())) == []


@pytest.mark.parametrize("rule", {rule: None for rule, _ in BREAKS})
def test_a_rule_that_is_broken_by_hand_is_found(rule: Rule) -> None:
    for number, breaks in enumerate(act for broken, act in BREAKS if broken is rule):
        group = sound()
        breaks(group)
        with note(number):
            assert rule in broken_rules(group)


def test_every_rule_over_rows_is_broken_above() -> None:
    elsewhere = {Rule.THUMBNAIL_MISSING, Rule.THUMBNAIL_ORPHAN, Rule.THUMBNAIL_PURGED, Rule.MOVING}
    assert {rule for rule, _ in BREAKS} == set(Rule) - elsewhere


def test_what_a_newer_release_wrote_is_left_to_it() -> None:
    group = sound()
    group.newer.add(OLD)
    group.index.clear()
    assert list(mendings(group)) == []
    assert broken_rules(group) == {Rule.NEWER} <= INFORMATION


@pytest.mark.parametrize(
    ("breaks", "mending"),
    [
        (lambda group: group.index.pop("d"), Mending(sound().jobs[NEW], "d")),
        (age("d"), Mending(sound().jobs[NEW], "d")),
        (stray("x", OLD), Mending(sound().jobs[OLD], None, (IndexFacts("x", OLD, "9"),))),
        (stray("x", NOBODY), Mending(None, None, (IndexFacts("x", NOBODY, "9"),))),
        (
            change_job(OLD, index_key="x"),
            Mending(replace(sound().jobs[OLD], index_key="x"), "x", (IndexFacts("e", OLD),)),
        ),
    ],
)  # fmt: skip
def test_index_rows_are_mended_and_nothing_else(breaks: Callable[[Group], object], mending: Mending) -> None:
    group = sound()
    breaks(group)
    assert list(mendings(group)) == [mending]


def test_the_index_of_a_job_that_contradicts_itself_is_left_alone() -> None:
    group = sound()
    change_job(NEW, due=None, index_key=None)(group)
    assert list(mendings(group)) == []


def test_the_index_of_a_job_row_that_cannot_be_read_is_no_orphan() -> None:
    group = sound()
    del group.jobs[OLD]
    group.strange["job:old"] = OLD
    assert list(mendings(group)) == []
    assert broken_rules(group) == {Rule.UNREADABLE}


def _retag(identity: str) -> Group:
    """Let a job stand for a newer version as well, as rows say it."""
    group = sound()
    job = replace(group.jobs[identity], retagged="0x3")
    if job.state is State.COMPLETED:
        del group.jobs[NEW]
        group.tries = [row for row in group.tries if row.job_id == OLD]
        group.index = {at: row for at, row in group.index.items() if row.job_id == OLD}
    group.jobs[identity] = job
    change_key(version="0x3", job_version=job.version, job_id=identity)(group)
    return group


def test_a_completed_job_may_stand_for_a_newer_version_of_the_same_content_and_no_other_may() -> None:
    assert broken_rules(_retag(OLD)) == set()
    assert broken_rules(_retag(NEW)) == {Rule.KEY_BROKEN}


def test_a_finding_that_was_put_right_is_no_violation() -> None:
    broken = Finding(Rule.INDEX_MISSING, "p", "d")
    assert broken.violation
    assert not replace(broken, is_repaired=True).violation


@pytest.mark.parametrize("state", [State.COMPLETED, State.FAILED, State.CANCELED])
def test_a_key_row_may_name_a_job_that_is_gone_exactly_when_it_says_how_that_ended(state: State) -> None:
    group = sound()
    change_key(version="0x9", job_id=NOBODY)(group)
    del group.jobs[NEW], group.index["d"], group.tries[2]
    assert broken_rules(group) == {Rule.KEY_BROKEN}
    change_key(final=state)(group)
    assert broken_rules(group) == set()
