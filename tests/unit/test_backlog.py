import json
from datetime import timedelta

import pytest

from shared.errors import StorageOut
from shared.rules import moves
from shared.rules.jobs import Claim, State
from shared.steps.upkeep.backlog import LONGEST_WAIT, Resend
from shared.steps.work.attempt import End
from tests.doubles.world import World
from tests.unit.image_jobs import due_images


def _sent_ids(world: World) -> list[str]:
    return [json.loads(text)["job_id"] for text, _ in world.queue.messages]


def test_where_messages_start_all_the_sweep_sends_lost_ones_again_oldest_first() -> None:
    world = World(DISPATCH="queue", JOB_BUCKETS="1")
    found = due_images(world, 3)
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest, _sent_ids(world)) == ({Resend.ANNOUNCED: 3}, 0, found)
    assert {world.job(job_id).state for job_id in found} == {State.PENDING}


def test_a_backlog_is_not_sent_again_by_the_next_sweep() -> None:
    world = World(DISPATCH="queue")
    found = due_images(world, 3)
    for _ in range(3):
        world.darkroom.sweep.sweep(owner="timer/1")
    assert sorted(_sent_ids(world)) == sorted(found)


def test_who_is_not_come_for_is_sent_again_after_twice_the_time_up_to_an_hour() -> None:
    world = World(DISPATCH="queue")
    job_id, waits = due_images(world, 1)[0], []
    for _ in range(7):
        world.darkroom.sweep.sweep(owner="timer/1")
        due = world.job(job_id).due
        assert due is not None
        waits.append(round((due - world.clock.server.now()).total_seconds()))
        world.clock.advance(waits[-1] + 1)
    assert waits == [240, 480, 960, 1920, *[LONGEST_WAIT.total_seconds()] * 3]


def test_the_due_row_moves_before_the_message_is_sent() -> None:
    world = World(DISPATCH="queue")
    due_images(world, 1)
    world.darkroom.sweep.sweep(owner="timer/1")
    acts = [call for call in world.journal if call.startswith(("jobs.replace", "queue."))]
    assert acts == ["queue.backlog", "jobs.replace", "queue.send"]


def test_what_the_budget_has_left_is_sent_to_the_queue() -> None:
    world = World(DISPATCH="both", LEASE_SECONDS="300", SWEEP_BUDGET_SECONDS="100", SWEEP_PARALLELISM="1")
    found = due_images(world, 3)
    world.images.before("read", lambda: world.clock.advance(85))
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest) == ({End.COMPLETED: 1, Resend.ANNOUNCED: 2}, 0)
    assert len(set(_sent_ids(world)) & set(found)) == 2


def test_without_messages_the_rest_is_left_to_the_next_sweep() -> None:
    world = World(DISPATCH="timer", LEASE_SECONDS="300", SWEEP_BUDGET_SECONDS="100", SWEEP_PARALLELISM="1")
    due_images(world, 3)
    world.images.before("read", lambda: world.clock.advance(101))
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest, world.queue.messages) == ({End.COMPLETED: 1}, 2, [])
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {End.COMPLETED: 2}


def test_nothing_is_sent_beyond_the_longest_queue_and_what_is_held_back_stays_due() -> None:
    world = World(DISPATCH="queue", MAX_BACKLOG="2", JOB_BUCKETS="1")
    found = due_images(world, 3)
    world.queue.send("another's")
    world.queue.messages.clear()
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest, _sent_ids(world)) == ({Resend.ANNOUNCED: 1}, 2, found[:1])
    world.queue.take_texts()
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {Resend.ANNOUNCED: 2}


def test_nothing_is_sent_once_the_budget_is_over() -> None:
    world = World(DISPATCH="queue", SWEEP_BUDGET_SECONDS="100", JOB_BUCKETS="1")
    due_images(world, 3)
    world.queue.before("send", lambda: world.clock.advance(101))
    swept = world.darkroom.sweep.sweep(owner="timer/1")
    assert (swept.outcomes, swept.rest) == ({Resend.ANNOUNCED: 1}, 2)


def test_the_message_of_a_job_whose_worker_has_died_finds_it_free() -> None:
    world = World(DISPATCH="queue")
    job_id = world.record_image()
    world.worker_dies(job_id)
    world.queue.take_texts()
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {Resend.ANNOUNCED: 1}
    assert world.queue.take_texts() == []
    world.clock.advance(world.queue.messages[-1][1].total_seconds())
    (text,) = world.queue.take_texts()
    assert world.darkroom.receive.receive(text.encode(), owner="queue/1") == [End.COMPLETED]


def test_a_worker_that_is_only_slow_commits_after_its_job_was_sent_again() -> None:
    world = World(DISPATCH="queue")
    attempt = world.darkroom.claims.begin(world.record_image(), owner="queue/1")
    world.lapse()
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {Resend.ANNOUNCED: 1}
    assert attempt.complete({"schema": 1}).job.state is State.COMPLETED


def test_a_job_that_is_renewed_or_ends_meanwhile_is_left_as_it_is() -> None:
    world = World(DISPATCH="queue")
    job_id = due_images(world, 1)[0]
    world.jobs.before("get", lambda: world.rival_claims(job_id))
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {Resend.BUSY: 1}
    job = world.job(job_id)
    assert (job.owner, job.claim, world.queue.messages) == ("rival/1", Claim(job.claim_id or "", 1), [])


def test_a_job_that_ends_meanwhile_is_not_sent() -> None:
    world = World(DISPATCH="queue")
    job_id = due_images(world, 1)[0]
    world.jobs.before("get", lambda: world.darkroom.cancel.cancel(job_id))
    assert world.darkroom.sweep.sweep(owner="timer/1").outcomes == {Resend.ENDED: 1}
    assert world.queue.messages == []


def test_a_job_that_kills_its_workers_ends_by_its_messages_too() -> None:
    world = World(DISPATCH="queue", MAX_ATTEMPTS="1")
    job_id = world.record_image()
    world.worker_dies(job_id)
    world.queue.take_texts()
    world.darkroom.sweep.sweep(owner="timer/1")
    world.lapse()
    (text,) = world.queue.take_texts()
    assert world.darkroom.receive.receive(text.encode(), owner="queue/1") == [End.FAILED]


def test_a_queue_whose_length_nobody_tells_raises_and_moves_nothing() -> None:
    world = World(DISPATCH="queue")
    job_id = due_images(world, 1)[0]
    before = world.job(job_id)
    world.queue.out = True
    with pytest.raises(StorageOut):
        world.darkroom.sweep.sweep(owner="timer/1")
    assert world.job(job_id) == before


def test_a_rescheduled_claim_has_no_lease_left_and_stays_its_workers_own(world: World) -> None:
    row = world.rival_claims(world.record_image())
    claim, now = row.job.claim, world.clock.now
    assert claim is not None
    moved = moves.reschedule(row.job, due=now, lapsed=True, now=now).job
    assert (moved.lease, moved.claim, moved.token) == (timedelta(0), claim, row.job.token)
    assert moves.renew(moved, claim=claim, now=now, lease=timedelta(seconds=60)).job.lease == timedelta(seconds=60)
