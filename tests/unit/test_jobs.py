from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from shared.errors import IllegalTransition
from shared.rules.jobs import GUARDS, TRANSITIONS, Claim, Event, Facts, Guard, Job, State, target, transition
from tests.unit.acts import note

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CLAIM = Claim("mine", 1)
TABLE = {(row.event, row.source): row for row in TRANSITIONS}
MOVED = [event for event in Event if event is not Event.ADD]


def job(state: State, *, used: bool = False) -> Job:
    """Return a job in a state, claimed by ``CLAIM`` while it runs."""
    running = state is State.RUNNING
    return Job(
        id="a-" + "0" * 32,
        type="a",
        ref="images/cat.png",
        state=state,
        token=1,
        claim_id="mine" if running else None,
        attempts=5 if used else 1,
        ended=NOW - timedelta(days=31) if state.ended else None,
    )


def facts(*, without: Guard | None = None) -> Facts:
    """Return facts with which every guard holds that looks at facts alone, but one."""
    now = NOW - timedelta(days=1) if without is Guard.DUE else NOW
    edge = NOW - timedelta(days=32 if without is Guard.EXPIRED else 30)
    claim = None if without is Guard.OWN else CLAIM
    return Facts(now=now, lapsed=without is not Guard.LAPSED, claim=claim, ended_before=edge)


@pytest.mark.parametrize("event", MOVED)
def test_an_event_is_allowed_exactly_from_the_states_of_the_table(event: Event) -> None:
    for state in State:
        row = TABLE.get((event, state))
        used = row is not None and Guard.SPENT in row.guards
        with note(state):
            if row is None:
                with pytest.raises(IllegalTransition, match=state):
                    target(event, job(state, used=used), facts())
            else:
                assert transition(event, job(state, used=used), facts()) is row


@pytest.mark.parametrize(("row", "guard"), [(row, guard) for row in TRANSITIONS for guard in row.guards], ids=str)
def test_a_guard_that_does_not_hold_refuses_and_is_named(row: object, guard: Guard) -> None:
    assert isinstance(row, type(TRANSITIONS[0]))
    assert row.source is not None
    used = (guard is Guard.ATTEMPTS_LEFT) or (guard is not Guard.SPENT and Guard.SPENT in row.guards)
    refused = job(row.source, used=used)
    if guard is Guard.TIME_LEFT:
        refused = Job(**{**vars(refused), "deadline": NOW})
    if guard is Guard.DUE:
        refused = Job(**{**vars(refused), "not_before": NOW})
    with pytest.raises(IllegalTransition) as met:
        transition(row.event, refused, facts(without=guard))
    assert met.value.guard == guard


def test_no_two_rows_of_the_table_contradict_each_other() -> None:
    assert len(TABLE) == len(TRANSITIONS)


def test_every_guard_has_a_rule() -> None:
    assert set(GUARDS) == set(Guard)


def test_nothing_leaves_completed_but_purge() -> None:
    leaving = [row.event for row in TRANSITIONS if row.source is State.COMPLETED is not row.target]
    assert leaving == [Event.PURGE]


def test_a_purge_leaves_no_job_so_it_leads_to_no_state() -> None:
    with pytest.raises(IllegalTransition, match="leaves no job"):
        target(Event.PURGE, job(State.FAILED), facts())


@pytest.mark.parametrize(("ended", "edge"), [(None, NOW), (NOW, None), (NOW, NOW)])
def test_a_job_is_not_past_its_retention_without_both_moments_or_at_its_very_edge(
    ended: datetime | None, edge: datetime | None
) -> None:
    rests = replace(job(State.FAILED), ended=ended)
    with pytest.raises(IllegalTransition, match="retention"):
        transition(Event.PURGE, rests, Facts(ended_before=edge))


def test_only_the_owner_completes() -> None:
    into = [row.guards for row in TRANSITIONS if row.target is State.COMPLETED is not row.source]
    assert into == [(Guard.OWN,)]


@pytest.mark.parametrize("claim", [None, Claim("mine", 2), Claim("other", 1)])
def test_a_claim_is_own_only_with_both_its_id_and_its_token(claim: Claim | None) -> None:
    assert not GUARDS[Guard.OWN](job(State.RUNNING), Facts(claim=claim))


def test_a_job_without_a_claim_is_nobodys_own() -> None:
    assert not GUARDS[Guard.OWN](job(State.PENDING), Facts(claim=None))


@pytest.mark.parametrize(("offset_seconds", "due"), [(-1, False), (0, True), (1, True)])
def test_a_job_is_due_from_its_moment_on(offset_seconds: int, *, due: bool) -> None:
    waiting = Job(id="a-" + "0" * 32, type="a", ref="r", not_before=NOW)
    assert GUARDS[Guard.DUE](waiting, Facts(now=NOW + timedelta(seconds=offset_seconds))) is due


@pytest.mark.parametrize(("attempts", "base", "used"), [(4, 0, False), (5, 0, True), (5, 1, False), (6, 1, True)])
def test_attempts_are_used_up_when_as_many_as_allowed_have_counted(attempts: int, base: int, *, used: bool) -> None:
    counted = Job(id="a-" + "0" * 32, type="a", ref="r", attempts=attempts, attempts_base=base, max_attempts=5)
    assert counted.out_of_attempts is used
