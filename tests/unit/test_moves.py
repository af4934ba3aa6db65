from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.errors import IllegalTransition
from shared.rules import moves
from shared.rules.backoff import backoff
from shared.rules.jobs import Claim, Event, Job, JobError, State
from tests.proving import at_length

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LEASE, GRACE, DELAY = timedelta(seconds=60), timedelta(seconds=120), timedelta(seconds=5)
LIMIT = timedelta(days=7)
ERROR = JobError("corrupt_image", "Nothing to see.", NOW)


def pending(max_attempts: int = 5) -> Job:
    """Return a job just added."""
    return moves.add(
        kind="image-analysis",
        ref="images/cat.png",
        version="0x1",
        params={"bytes": 7},
        max_attempts=max_attempts,
        now=NOW,
        grace=GRACE,
        add_nonce="n",
        traceparent="00-a-b-01",
    ).job


def running(job: Job | None = None, *, now: datetime = NOW, lapsed: bool = False) -> Job:
    """Return a job just claimed."""
    return moves.claim(job or pending(), owner="queue/1", claim_id="mine", now=now, lapsed=lapsed, lease=LEASE).job


def own(job: Job) -> Claim:
    """Return the live claim."""
    assert job.claim is not None
    return job.claim


def test_a_new_job_waits_for_its_message_before_the_sweep_looks() -> None:
    job = pending()
    assert (job.state, job.due, job.not_before) == (State.PENDING, NOW + GRACE, None)
    assert (job.token, job.attempts, job.created) == (0, 0, NOW)


def test_a_claim_raises_token_and_attempts_by_one() -> None:
    job = running()
    assert (job.state, job.token, job.attempts, job.started) == (State.RUNNING, 1, 1, NOW)


def test_a_claim_is_due_for_the_sweep_at_the_end_of_its_lease() -> None:
    assert running().due == NOW + LEASE


def test_a_live_claim_is_not_taken() -> None:
    with pytest.raises(IllegalTransition, match="lease is live"):
        running(running())


def test_a_lapsed_claim_is_taken_with_a_higher_token() -> None:
    job = running(running(), lapsed=True)
    assert (job.token, job.attempts) == (2, 2)


def test_a_renewal_moves_the_due_moment_and_nothing_else() -> None:
    job, later = running(), NOW + timedelta(seconds=20)
    renewed = moves.renew(job, claim=own(job), now=later, lease=LEASE).job
    assert renewed == replace(job, due=later + LEASE)


def test_a_renewal_carries_progress_and_cursor_and_keeps_what_it_is_not_told() -> None:
    job = running()
    told = moves.renew(job, claim=own(job), now=NOW, lease=LEASE, progress=0.5, cursor="page 7").job
    later = moves.renew(told, claim=own(job), now=NOW, lease=LEASE, progress=0.0).job
    assert (later.progress, later.cursor) == (0.0, "page 7")


def test_the_next_attempt_finds_the_cursor_of_the_one_before() -> None:
    job = running()
    told = moves.renew(job, claim=own(job), now=NOW, lease=LEASE, progress=0.5, cursor="page 7").job
    assert running(told, lapsed=True).cursor == "page 7"


def test_a_completed_job_holds_its_report_and_no_claim() -> None:
    job = running()
    done = moves.complete(job, claim=own(job), report={"schema": 1}, now=NOW).job
    assert (done.state, done.report, done.ended) == (State.COMPLETED, {"schema": 1}, NOW)
    assert (done.owner, done.claim_id, done.lease, done.due, done.error) == (None,) * 5


def test_a_completion_does_not_raise_the_token() -> None:
    job = running()
    assert moves.complete(job, claim=own(job), report={}, now=NOW).job.token == job.token


def test_a_retried_job_waits_for_its_back_off_and_then_for_its_message() -> None:
    job = running()
    freed = moves.retry(job, claim=own(job), error=ERROR, now=NOW, delay=DELAY, grace=GRACE).job
    assert (freed.state, freed.error) == (State.PENDING, ERROR)
    assert (freed.not_before, freed.due) == (NOW + DELAY, NOW + DELAY + GRACE)


def test_the_last_attempt_is_not_retried() -> None:
    job = running(pending(max_attempts=1))
    with pytest.raises(IllegalTransition, match="used up"):
        moves.retry(job, claim=own(job), error=ERROR, now=NOW, delay=DELAY, grace=GRACE)


def test_an_abandoned_attempt_does_not_count() -> None:
    job = running(pending(max_attempts=1))
    freed = moves.abandon(job, claim=own(job), now=NOW, grace=GRACE).job
    assert (freed.state, freed.attempts, freed.out_of_attempts) == (State.PENDING, 1, False)


def test_a_failed_job_holds_its_error() -> None:
    job = running()
    failed = moves.fail(job, claim=own(job), error=ERROR, now=NOW).job
    assert (failed.state, failed.error, failed.ended) == (State.FAILED, ERROR, NOW)


@pytest.mark.parametrize("event", [Event.CANCEL, Event.SUPERSEDE])
def test_an_end_by_another_fences_the_worker_out(event: Event) -> None:
    job = running()
    ended = moves.end(job, event=event, error=ERROR, lapsed=False, now=NOW).job
    assert (ended.state, ended.token, ended.claim) == (State.CANCELED, job.token + 1, None)


@pytest.mark.parametrize("event", [Event.EXHAUST, Event.BURY])
def test_a_job_with_attempts_left_is_neither_exhausted_nor_buried(event: Event) -> None:
    with pytest.raises(IllegalTransition, match="attempts and time left"):
        moves.end(running(), event=event, error=ERROR, lapsed=True, now=NOW)


@pytest.mark.parametrize("event", [Event.EXHAUST, Event.BURY])
def test_a_live_worker_on_its_last_attempt_is_left_alone(event: Event) -> None:
    with pytest.raises(IllegalTransition, match="lease is live"):
        moves.end(running(pending(max_attempts=1)), event=event, error=ERROR, lapsed=False, now=NOW)


def test_the_first_claim_sets_a_deadline_and_later_ones_keep_it() -> None:
    first = running(replace(pending(), time_limit=LIMIT))
    again = moves.claim(first, owner="o", claim_id="2", now=NOW + DELAY, lapsed=True, lease=LEASE).job
    assert (first.deadline, again.deadline) == (NOW + LIMIT, NOW + LIMIT)


def test_a_job_without_a_limit_has_no_deadline() -> None:
    assert running().deadline is None


@pytest.mark.parametrize("event", [Event.EXHAUST, Event.BURY])
def test_a_job_is_given_up_from_its_deadline_on_and_not_before(event: Event) -> None:
    job = running(replace(pending(), time_limit=LIMIT))
    with pytest.raises(IllegalTransition, match="time left"):
        moves.end(job, event=event, error=ERROR, lapsed=True, now=NOW + LIMIT - DELAY)
    assert moves.end(job, event=event, error=ERROR, lapsed=True, now=NOW + LIMIT).job.state is State.FAILED


def test_a_redriven_job_has_all_of_its_time_again() -> None:
    job = running(replace(pending(), time_limit=LIMIT))
    failed = moves.fail(job, claim=own(job), error=ERROR, now=NOW).job
    assert running(moves.redrive(failed, now=NOW + LIMIT, grace=GRACE).job, now=NOW + LIMIT).deadline == NOW + 2 * LIMIT


def test_a_redriven_job_has_all_of_its_attempts_and_keeps_the_count() -> None:
    job = running(pending(max_attempts=1))
    failed = moves.fail(job, claim=own(job), error=ERROR, now=NOW).job
    opened = moves.redrive(failed, now=NOW, grace=GRACE).job
    assert (opened.attempts, opened.attempts_base, opened.out_of_attempts) == (1, 1, False)
    assert (opened.state, opened.error, opened.ended, opened.due) == (State.PENDING, None, None, NOW + GRACE)


@settings(max_examples=at_length(30, 2_000))
@given(st.integers(1, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_back_off_stays_within_its_bounds(attempts: int, chance: float) -> None:
    wait = backoff(attempts, base=DELAY, cap=timedelta(minutes=15), chance=chance)
    assert timedelta(0) <= wait <= min(DELAY * 2.0 ** min(attempts - 1, 30), timedelta(minutes=15))


def test_the_bound_of_a_back_off_doubles() -> None:
    waits = [backoff(n, base=DELAY, cap=timedelta(seconds=30), chance=1) for n in (1, 2, 3, 4, 5)]
    assert [wait.total_seconds() for wait in waits] == [5, 10, 20, 30, 30]


def test_a_back_off_is_spread_over_all_of_its_range() -> None:
    waits = [backoff(3, base=DELAY, cap=timedelta(minutes=15), chance=chance) for chance in (0, 0.5)]
    assert [wait.total_seconds() for wait in waits] == [0, 10]
