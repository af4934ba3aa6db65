import contextlib
from datetime import timedelta

import pytest

from shared.errors import StorageOut
from shared.handlers import Context, RetryJob
from shared.rules.jobs import State
from shared.steps.work.held_claim import HeldClaim
from tests.unit.acts import raising
from tests.unit.handler_jobs import HandlerWorld


def _begin(world: HandlerWorld) -> HeldClaim:
    attempt: HeldClaim = world.darkroom.claims.begin(world.job_id, owner="queue/1")
    world.journal.clear()
    return attempt


def _beat(claim: HeldClaim) -> None:
    """Renew a claim, as its heartbeat does."""
    assert claim._lease is not None
    claim._lease.beat()


def test_progress_costs_no_request_and_rides_on_the_next_renewal() -> None:
    world = HandlerWorld()
    attempt = _begin(world)
    attempt.progress(0.25, cursor="word 1")
    attempt.progress(0.5)
    assert (world.journal, world.job().progress, world.job().cursor) == ([], None, None)
    _beat(attempt)
    assert (world.journal, world.job().progress, world.job().cursor) == (["jobs.replace"], 0.5, "word 1")


def test_what_was_told_is_not_told_back_by_later_renewals() -> None:
    world = HandlerWorld()
    attempt = _begin(world)
    for share in (0.25, 0.75):
        attempt.progress(share, cursor=f"word {share}")
        _beat(attempt)
    assert (world.job().progress, world.job().cursor) == (0.75, "word 0.75")


def test_progress_rides_on_a_renewal_that_meets_its_own_lost_reply() -> None:
    world = HandlerWorld()
    attempt = _begin(world)
    _beat(attempt)
    stands = attempt.row
    _beat(attempt)
    assert attempt._lease is not None
    attempt._lease._row = stands  # the reply to that renewal was lost
    attempt.progress(0.5, cursor="word 1")
    _beat(attempt)
    assert (attempt.lost, world.job().progress, world.job().cursor) == (False, 0.5, "word 1")


@pytest.mark.parametrize("error", [RetryJob("busy", "Lent out."), KeyError(), StorageOut("out")])
def test_the_next_attempt_begins_where_the_last_has_left_off(error: Exception) -> None:
    cursors: list[str | None] = []

    def half(job: Context) -> None:
        cursors.append(job.cursor)
        if job.cursor is None:
            job.progress(0.5, cursor="word 1")
            raise error

    world = HandlerWorld(half, half)
    for _ in range(2):
        with contextlib.suppress(StorageOut):
            world.work()
        world.clock.advance(10)
    assert (cursors, world.job().state, world.job().progress) == ([None, "word 1"], State.COMPLETED, 0.5)


def test_a_handler_sees_the_cursor_of_the_attempt_before_its_own_even_after_it_has_told_another() -> None:
    world = HandlerWorld()
    attempt = _begin(world)
    attempt.progress(0.5, cursor="word 1")
    _beat(attempt)
    assert attempt.cursor is None


@pytest.mark.parametrize("share", [-0.01, 1.01, float("nan")])
def test_a_share_beyond_its_bounds_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        _begin(HandlerWorld()).progress(share)


@pytest.mark.parametrize("cursor", ["x" * 4_097, "\ud800"])
def test_a_cursor_that_cant_be_stored_is_refused_and_costs_no_renewal(cursor: str) -> None:
    world = HandlerWorld()
    attempt = _begin(world)
    with pytest.raises(ValueError, match=r"cursor|surrogates"):
        attempt.progress(0.5, cursor=cursor)
    attempt.progress(1, cursor="x" * 4_096)
    _beat(attempt)
    assert world.job().cursor == "x" * 4_096


def test_an_idempotency_key_is_the_same_at_each_attempt_and_another_for_each_job() -> None:
    world = HandlerWorld(*[raising(RetryJob("busy", "Lent out.", delay=timedelta(0)))] * 2)
    for _ in range(3):
        world.work()
        world.clock.advance(2)
    world.work(world.add_job("another text"))
    keys = [job.idempotency_key for job in world.contexts]
    assert [keys[0] == key for key in keys] == [True, True, True, False]


def test_a_job_that_is_forgotten_and_added_again_has_another_idempotency_key() -> None:
    world = HandlerWorld()
    world.work()
    world.darkroom.remove.remove(world.job_id, forget=True)
    assert world.add_job() == world.job_id
    world.work()
    first, second = (job.idempotency_key for job in world.contexts)
    assert first != second
