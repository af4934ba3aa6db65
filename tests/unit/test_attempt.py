from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from shared.clock import DATE_STEP
from shared.errors import NoSuchJob, Stale
from shared.rules import moves
from shared.rules.jobs import Claim, State
from shared.steps.work.attempt import End
from shared.steps.work.held_claim import HeldClaim
from tests.doubles.world import World
from tests.unit.acts import raising
from tests.unit.image_jobs import attempt_job, error_code

_out_of_memory = raising(MemoryError())


def test_a_shortage_of_memory_is_retried_after_a_back_off(world: World, job_id: str) -> None:
    world.images.before("read", _out_of_memory)
    assert attempt_job(world, job_id) is End.RETRIED
    job, wait = world.job(job_id), timedelta(seconds=2.5)
    assert job.not_before is not None
    assert job.error is not None
    assert (job.state, job.error.code, job.not_before - job.error.at) == (State.PENDING, "out_of_memory", wait)
    assert world.queue.messages[-1][1] == wait + DATE_STEP


def test_a_retry_sends_no_message_where_none_is_sent() -> None:
    world = World(DISPATCH="timer")
    job_id = world.record_image()
    world.images.before("read", _out_of_memory)
    assert attempt_job(world, job_id) is End.RETRIED
    assert world.queue.messages == []


def test_the_message_of_a_retry_finds_its_job_due_even_where_the_clock_is_a_second_behind(
    world: World, job_id: str
) -> None:
    world.images.before("read", _out_of_memory)
    attempt_job(world, job_id)
    world.queue.take_texts()
    world.clock.advance(world.queue.messages[-1][1].total_seconds())
    assert world.clock.server._epoch is not None
    world.clock.server._epoch -= timedelta(seconds=0.9)  # as another instance may believe it: Date has steps of 1 s
    assert not world.queue.take_texts() or attempt_job(world, job_id) is End.COMPLETED


def test_back_offs_double_and_the_last_attempt_fails() -> None:
    world = World(MAX_ATTEMPTS="3")
    job_id = world.record_image()
    world.images.before("read", *[_out_of_memory] * 3)
    ends: list[Any] = []
    for _ in range(3):
        ends.append(attempt_job(world, job_id))
        world.clock.advance(60)
    assert ends == [End.RETRIED, End.RETRIED, End.FAILED]
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.FAILED, "out_of_memory")
    waits = [delay - DATE_STEP for _, delay in world.queue.messages[1:]]
    assert all(later == 2 * earlier for earlier, later in pairwise(waits))


@pytest.mark.parametrize(
    ("limit", "deaths", "code"),
    [({"MAX_ATTEMPTS": "2"}, 2, "attempts_exhausted"), ({"JOB_TIME_LIMIT_SECONDS": "3600"}, 1, "time_limit")],
)
def test_a_job_that_kills_its_workers_or_whose_time_is_over_ends(limit: dict[str, str], deaths: int, code: str) -> None:
    world = World(**limit)
    job_id = world.record_image()
    for _ in range(deaths):
        world.rival_claims(job_id)
        world.clock.advance(3600)
    assert attempt_job(world, job_id) is End.FAILED
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.FAILED, code)
    assert "images.read" not in world.journal


def test_a_job_that_waited_longer_than_its_time_limit_before_anybody_came_is_analysed() -> None:
    world = World(JOB_TIME_LIMIT_SECONDS="3600")
    job_id = world.record_image()
    world.clock.advance(86_400)
    assert attempt_job(world, job_id) is End.COMPLETED


def test_a_failure_that_may_pass_too_late_for_another_attempt_fails_the_job_with_that_error() -> None:
    world = World(JOB_TIME_LIMIT_SECONDS="60", BACKOFF_SECONDS="300")
    job_id = world.record_image()
    world.images.before("read", _out_of_memory)
    assert attempt_job(world, job_id) is End.FAILED
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.FAILED, "out_of_memory")


def test_a_worker_on_its_last_attempt_is_not_ended_by_another() -> None:
    world = World(MAX_ATTEMPTS="1")
    job_id = world.record_image()
    world.rival_claims(job_id)
    assert attempt_job(world, job_id) is End.BUSY


def test_a_job_that_another_holds_is_busy(world: World, job_id: str) -> None:
    world.rival_claims(job_id)
    assert attempt_job(world, job_id) is End.BUSY
    assert world.job(job_id).owner == "rival/1"


def test_a_job_whose_worker_has_died_is_taken_over(world: World, job_id: str) -> None:
    world.worker_dies(job_id)
    assert attempt_job(world, job_id) is End.COMPLETED
    assert list(world.images.thumbnails) == [f"{job_id}/2.png"]
    assert world.jobs.table.attempts[job_id, 1]["outcome"] == "lapsed"


def test_a_claim_that_a_rival_was_faster_with_is_busy(world: World, job_id: str) -> None:
    world.jobs.before("replace", lambda: world.rival_claims(job_id))
    assert attempt_job(world, job_id) is End.BUSY


def test_a_claim_that_itself_outlasts_the_lease_is_lost(world: World, job_id: str) -> None:
    world.jobs.before("replace", lambda: world.clock.advance(58))
    assert attempt_job(world, job_id) is End.LOST
    assert "images.read" not in world.journal
    assert world.darkroom.heartbeat.beat() is None


def test_a_job_that_is_not_due_is_left(world: World, job_id: str) -> None:
    world.images.before("read", _out_of_memory)
    attempt_job(world, job_id)
    assert attempt_job(world, job_id) is End.NOT_DUE


def test_a_job_that_has_ended_is_left(world: World, job_id: str) -> None:
    attempt_job(world, job_id)
    world.journal.clear()
    assert attempt_job(world, job_id) is End.ENDED
    assert world.journal == ["jobs.get"]


def test_a_job_of_a_newer_release_is_left(world: World, job_id: str) -> None:
    world.newer_release_writes(job_id)
    assert attempt_job(world, job_id) is End.LEFT


def test_a_job_that_nobody_knows_is_unknown() -> None:
    with pytest.raises(NoSuchJob):
        attempt_job(World(), "image-analysis-" + "0" * 32)


def test_analysis_pauses_while_dispatch_is_off() -> None:
    world = World(DISPATCH="off")
    job_id = world.record_image()
    world.journal.clear()
    assert attempt_job(world, job_id) is End.PAUSED
    assert world.journal == []


def test_a_renewal_that_meets_its_own_lost_reply_keeps_the_claim(world: World) -> None:
    attempt = world.darkroom.claims.begin(world.record_image(), owner="queue/1")
    assert attempt._lease is not None
    move = moves.renew(attempt.job, claim=_claim_of(attempt), now=world.clock.server.now(), lease=world.settings.lease)
    world.jobs.replace(attempt._lease.row, move)  # applied, and its reply lost: the holder has the old ETag
    attempt._lease.beat()
    assert not attempt.lost
    assert attempt.complete({"status": "ok"}).job.state is State.COMPLETED


def test_a_renewal_that_meets_a_rivals_claim_is_refused(world: World, job_id: str) -> None:
    attempt = world.darkroom.claims.begin(job_id, owner="queue/1")
    world.lapse()
    world.rival_claims(job_id)
    assert attempt._lease is not None
    attempt._lease._sent_at = world.clock()  # as if its own clock had stood still
    attempt._lease.beat()
    assert attempt.lost


def test_a_queue_that_is_out_delays_a_retry_and_fails_nothing(world: World, job_id: str) -> None:
    world.images.before("read", _out_of_memory)
    world.queue.out = True
    assert attempt_job(world, job_id) is End.RETRIED
    assert world.job(job_id).state is State.PENDING


def test_a_commit_that_another_s_commit_has_overtaken_is_lost(world: World, job_id: str) -> None:
    late = world.darkroom.claims.begin(job_id, owner="queue/1")

    def overtake() -> None:
        world.lapse()
        world.darkroom.attempt.run(job_id, owner="queue/2")

    world.jobs.before("replace", overtake)
    with pytest.raises(Stale):
        late.complete({"status": "ok"})
    assert world.job(job_id).claim is None


def _claim_of(attempt: HeldClaim) -> Claim:
    assert attempt.job.claim is not None
    return attempt.job.claim


def test_a_stale_report_is_refused_and_noted_on_its_attempt(world: World, job_id: str) -> None:
    late = world.darkroom.claims.begin(job_id, owner="queue/1")
    world.lapse()
    world.rival_claims(job_id)
    with pytest.raises(Stale):
        late.complete({"status": "ok"})
    with pytest.raises(Stale):
        late.fail("corrupt_image", "It is.")
    noted = world.jobs.table.attempts[job_id, 1]
    assert (noted["outcome"], noted["late_reports"], noted["last_late_report"]) == ("lapsed", 2, "fail")
    assert "refused" not in world.jobs.table.attempts[job_id, 2]
