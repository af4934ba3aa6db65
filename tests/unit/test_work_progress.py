import contextlib
from datetime import timedelta

import pytest

from shared.errors import StorageOut
from shared.handlers import Context, RetryJob
from shared.rules.jobs import State
from shared.steps.work.held_claim import HeldClaim
from tests.unit.acts import raising
from tests.unit.handler_jobs import HandlerWorld


def _begin(told: HandlerWorld) -> HeldClaim:
    attempt: HeldClaim = told.world.darkroom.claims.begin(told.job_id, owner="queue/1")
    told.world.journal.clear()
    return attempt


def _beat(claim: HeldClaim) -> None:
    """Renew a claim, as its heartbeat does."""
    assert claim._lease is not None
    claim._lease.beat()


def test_progress_costs_no_request_and_rides_on_the_next_renewal() -> None:
    told = HandlerWorld()
    attempt = _begin(told)
    attempt.progress(0.25, cursor="word 1")
    attempt.progress(0.5)
    assert (told.world.journal, told.job.progress, told.job.cursor) == ([], None, None)
    _beat(attempt)
    assert (told.world.journal, told.job.progress, told.job.cursor) == (["jobs.replace"], 0.5, "word 1")


def test_what_was_told_is_not_told_back_by_later_renewals() -> None:
    told = HandlerWorld()
    attempt = _begin(told)
    for share in (0.25, 0.75):
        attempt.progress(share, cursor=f"word {share}")
        _beat(attempt)
    assert (told.job.progress, told.job.cursor) == (0.75, "word 0.75")


def test_progress_rides_on_a_renewal_that_meets_its_own_lost_reply() -> None:
    told = HandlerWorld()
    attempt = _begin(told)
    _beat(attempt)
    stands = attempt.row
    _beat(attempt)
    assert attempt._lease is not None
    attempt._lease._row = stands  # the reply to that renewal was lost
    attempt.progress(0.5, cursor="word 1")
    _beat(attempt)
    assert (attempt.lost, told.job.progress, told.job.cursor) == (False, 0.5, "word 1")


@pytest.mark.parametrize("error", [RetryJob("busy", "Lent out."), KeyError(), StorageOut("out")])
def test_the_next_attempt_begins_where_the_last_has_left_off(error: Exception) -> None:
    cursors: list[str | None] = []

    def half(job: Context) -> None:
        cursors.append(job.cursor)
        if job.cursor is None:
            job.progress(0.5, cursor="word 1")
            raise error

    told = HandlerWorld(half, half)
    for _ in range(2):
        with contextlib.suppress(StorageOut):
            told.work()
        told.world.clock.advance(10)
    assert (cursors, told.job.state, told.job.progress) == ([None, "word 1"], State.COMPLETED, 0.5)


def test_a_handler_sees_the_cursor_of_the_attempt_before_its_own_even_after_it_has_told_another() -> None:
    told = HandlerWorld()
    attempt = _begin(told)
    attempt.progress(0.5, cursor="word 1")
    _beat(attempt)
    assert attempt.cursor is None


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_a_share_beyond_its_bounds_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        _begin(HandlerWorld()).progress(share)


@pytest.mark.parametrize("cursor", ["x" * 4_097, "\ud800"])
def test_a_cursor_that_cant_be_stored_is_refused_and_costs_no_renewal(cursor: str) -> None:
    told = HandlerWorld()
    attempt = _begin(told)
    with pytest.raises(ValueError, match=r"cursor|surrogates"):
        attempt.progress(0.5, cursor=cursor)
    attempt.progress(1, cursor="x" * 4_096)
    _beat(attempt)
    assert told.job.cursor == "x" * 4_096


def test_an_idempotency_key_is_the_same_at_each_attempt_and_another_for_each_job() -> None:
    told = HandlerWorld(*[raising(RetryJob("busy", "Lent out.", delay=timedelta(0)))] * 2)
    for _ in range(3):
        told.work()
        told.world.clock.advance(2)
    told.work(told.add_job("another text"))
    keys = [job.idempotency_key for job in told.contexts]
    assert [keys[0] == key for key in keys] == [True, True, True, False]


def test_a_job_that_is_forgotten_and_added_again_has_another_idempotency_key() -> None:
    told = HandlerWorld()
    told.work()
    told.world.darkroom.remove.remove(told.job_id, forget=True)
    assert told.add_job() == told.job_id
    told.work()
    first, second = (job.idempotency_key for job in told.contexts)
    assert first != second
