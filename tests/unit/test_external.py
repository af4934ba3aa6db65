from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from shared.errors import NewerSchema, NoSuchJob, Refused, TooLarge
from shared.ports.jobs import Row
from shared.rules.jobs import Claim, State
from shared.steps.work.external import MAX_ABANDONS
from tests.doubles.world import World
from tests.unit.acts import refusal
from tests.unit.external_jobs import CALLS, KIND, MINUTE, add_job, claim_job, every_call, outcome
from tests.unit.image_jobs import error_code


def test_a_claim_gives_the_job_under_a_lease_of_the_settings(world: World) -> None:
    job = world.darkroom.external.claim(add_job(world), owner="worker/1").job
    assert (job.state, job.owner, job.token, job.attempts) == (State.RUNNING, "worker/1", 1, 1)
    assert job.lease == world.settings.lease
    assert world.journal == ["jobs.get", "jobs.replace"]


def test_a_claim_has_the_lease_that_was_asked_for(world: World) -> None:
    job_id, _ = claim_job(world, lease=5 * MINUTE)
    world.clock.advance(200)
    with pytest.raises(Refused, match="Another worker"):
        world.darkroom.external.claim(job_id, owner="worker/2")
    world.clock.advance(110)
    assert world.darkroom.external.claim(job_id, owner="worker/2").job.token == 2


@pytest.mark.parametrize(
    "act",
    [
        lambda world, job_id: world.darkroom.external.claim(job_id, owner="w/1"),
        *[lambda world, job_id, call=call: call(world, job_id, Claim("c", 1)) for call in CALLS.values()],
    ],
)
def test_a_job_that_is_not_there_can_be_neither_claimed_nor_held(act: Callable[[World, str], Row]) -> None:
    with pytest.raises(NoSuchJob):
        act(World(), f"{KIND}-{0:032x}")


@every_call
def test_a_job_of_a_newer_release_is_left_to_it(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    world.newer_release_writes(job_id)
    with pytest.raises(NewerSchema):
        CALLS[call](world, job_id, claim)
    with pytest.raises(NewerSchema):
        world.darkroom.external.claim(job_id, owner="worker/2")


def test_a_job_that_another_holds_is_live(world: World) -> None:
    job_id, _ = claim_job(world)
    assert refusal(world.darkroom.external.claim, job_id, owner="worker/2") == "live"
    assert world.job(job_id).owner == "worker/1"


def test_a_job_that_a_rival_was_faster_with_is_live(world: World) -> None:
    job_id = add_job(world)
    world.jobs.before("replace", lambda: world.rival_claims(job_id))
    assert refusal(world.darkroom.external.claim, job_id, owner="worker/1") == "live"


def test_a_job_that_is_not_due_says_so(world: World) -> None:
    job_id = add_job(world, not_before=world.clock.now + MINUTE)
    assert refusal(world.darkroom.external.claim, job_id, owner="worker/1") == "not_due"
    world.clock.advance(62)
    assert world.darkroom.external.claim(job_id, owner="worker/1").job.state is State.RUNNING


@pytest.mark.parametrize("call", ["complete", "fail"])
def test_a_job_that_has_ended_says_so(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    CALLS[call](world, job_id, claim)
    assert refusal(world.darkroom.external.claim, job_id, owner="worker/2") == "ended"


@pytest.mark.parametrize(
    ("make", "code"),
    [
        (lambda world: claim_job(world, add_job(world, max_attempts=1))[0], "attempts_exhausted"),
        (lambda world: add_job(world, ttl=MINUTE), "time_limit"),
    ],
)
def test_a_claim_ends_a_job_whose_attempts_or_time_are_used_up(
    world: World, make: Callable[[World], str], code: str
) -> None:
    job_id = make(world)
    world.lapse()
    assert refusal(world.darkroom.external.claim, job_id, owner="worker/2") == "ended"
    assert (world.job(job_id).state, error_code(world.job(job_id))) == (State.FAILED, code)


def test_a_renewal_keeps_the_length_of_the_lease(world: World) -> None:
    job_id, claim = claim_job(world, lease=5 * MINUTE)
    world.clock.advance(100)
    job = world.darkroom.external.resume(job_id, claim).renew().job
    assert (job.lease, job.due) == (5 * MINUTE, world.clock.now + 5 * MINUTE)
    assert world.journal == ["jobs.get", "jobs.replace"]


def test_a_renewal_may_ask_for_another_length(world: World) -> None:
    job_id, claim = claim_job(world)
    assert world.darkroom.external.resume(job_id, claim).renew(lease=5 * MINUTE).job.lease == 5 * MINUTE


def test_a_renewal_protects_from_now_on(world: World) -> None:
    job_id, claim = claim_job(world)
    for _ in range(4):
        world.clock.advance(40)
        world.darkroom.external.resume(job_id, claim).renew()
    assert refusal(world.darkroom.external.claim, job_id, owner="worker/2") == "live"


def test_a_renewal_keeps_what_its_worker_has_told(world: World) -> None:
    job_id, claim = claim_job(world)
    world.darkroom.external.resume(job_id, claim).renew(progress=0.5, cursor="word 1")
    job = world.darkroom.external.resume(job_id, claim).renew(progress=0.75).job
    assert (job.progress, job.cursor) == (0.75, "word 1")
    assert world.darkroom.external.resume(job_id, claim).renew().job.progress == 0.75


@every_call
def test_a_lapsed_lease_that_nobody_took_over_is_still_good(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    world.lapse()
    assert CALLS[call](world, job_id, claim).job.token == claim.token


def test_a_sweep_that_sends_a_lapsed_job_again_leaves_it_to_its_worker_who_renews_for_a_lease_of_the_settings() -> None:
    world = World({KIND: lambda _: None}, DISPATCH="queue")
    job_id, claim = claim_job(world)
    world.lapse()
    world.darkroom.sweep.sweep(owner="timer/1")
    assert world.job(job_id).lease == timedelta(0)
    job = world.darkroom.external.resume(job_id, claim).renew().job
    assert (job.state, job.lease) == (State.RUNNING, world.settings.lease)


def test_a_completion_commits_the_result(world: World) -> None:
    job_id, claim = claim_job(world)
    job = world.darkroom.external.resume(job_id, claim).complete({"words": 2}).job
    assert (job.state, job.report, job.claim) == (State.COMPLETED, {"words": 2}, None)
    assert (world.job(job_id), outcome(world, job_id)) == (job, "complete")
    assert world.journal == ["jobs.get", "jobs.replace"]


def test_a_completion_said_again_changes_nothing(world: World) -> None:
    job_id, claim = claim_job(world)
    first = world.darkroom.external.resume(job_id, claim).complete({"words": 2})
    again = world.darkroom.external.resume(job_id, claim).complete({"words": 3})
    assert (again.etag, again.job) == (first.etag, first.job)


@pytest.mark.case("security M2", was="200 for whoever named the token of a job that is done")
def test_who_has_the_token_and_not_the_claim_of_a_job_that_is_done_is_told_nothing_of_it(world: World) -> None:
    job_id, claim = claim_job(world)
    world.darkroom.external.resume(job_id, claim).complete({"words": 2})
    guess = replace(claim, claim_id="0" * 32)
    assert refusal(CALLS["complete"], world, job_id, guess) == "wrong_state"


@pytest.mark.parametrize("call", ["retry", "fail", "abandon"])
def test_a_call_sent_again_while_the_first_is_under_way_is_no_stale_one(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    world.jobs.before("replace", lambda: CALLS[call](world, job_id, claim))
    assert refusal(CALLS[call], world, job_id, claim) == "wrong_state"
    assert outcome(world, job_id) == call
    assert world.darkroom.statistics.count().stale_reports_total == 0


def test_a_completion_sent_again_while_the_first_is_under_way_is_told_the_same(world: World) -> None:
    job_id, claim = claim_job(world)
    first: list[Row] = []
    world.jobs.before("replace", lambda: first.append(CALLS["complete"](world, job_id, claim)))
    assert CALLS["complete"](world, job_id, claim).etag == first[0].etag
    assert world.darkroom.statistics.count().stale_reports_total == 0


def test_a_result_that_no_row_holds_is_refused_and_the_job_is_still_held(world: World) -> None:
    job_id, claim = claim_job(world)
    with pytest.raises(TooLarge):
        world.darkroom.external.resume(job_id, claim).complete({"words": "x" * 32_768})
    assert world.darkroom.external.resume(job_id, claim).complete({"words": 2}).job.state is State.COMPLETED


@pytest.mark.parametrize(("delay", "wait"), [(None, 2.5), (MINUTE, 60.0)])
def test_a_retry_has_its_delay_or_the_back_off(world: World, delay: timedelta | None, wait: float) -> None:
    job_id, claim = claim_job(world)
    job = world.darkroom.external.resume(job_id, claim).retry(code="busy", message="Lent out.", delay=delay).job
    assert job.not_before is not None
    assert job.error is not None
    assert (job.state, job.error.code, job.error.message) == (State.PENDING, "busy", "Lent out.")
    assert (job.not_before - job.error.at).total_seconds() == wait
    assert world.journal == ["jobs.get", "jobs.replace"]


def test_a_retry_of_a_type_that_messages_start_sends_one() -> None:
    world = World({KIND: lambda _: None})
    job_id, claim = claim_job(world)
    CALLS["retry"](world, job_id, claim)
    assert world.journal == ["jobs.get", "jobs.replace", "queue.send"]


@pytest.mark.parametrize(("limit", "delay"), [({"max_attempts": 1}, None), ({"ttl": MINUTE}, 2 * MINUTE)])
def test_a_retry_of_the_last_attempt_or_one_that_would_come_too_late_has_failed(
    world: World, limit: dict[str, Any], delay: timedelta | None
) -> None:
    job_id, claim = claim_job(world, add_job(world, **limit))
    job = world.darkroom.external.resume(job_id, claim).retry(code="busy", message="Lent out.", delay=delay).job
    assert (job.state, error_code(job)) == (State.FAILED, "busy")


def test_an_abandoned_job_is_as_it_was_and_the_attempt_does_not_count(world: World) -> None:
    job_id, claim = claim_job(world, add_job(world, max_attempts=1))
    job = CALLS["abandon"](world, job_id, claim).job
    assert (job.state, job.error, job.attempts, job.out_of_attempts) == (State.PENDING, None, 1, False)
    assert world.darkroom.external.claim(job_id, owner="worker/2").job.token == 2


def test_a_failed_job_has_its_holders_error(world: World) -> None:
    job_id, claim = claim_job(world)
    job = CALLS["fail"](world, job_id, claim).job
    assert job.error is not None
    assert (job.state, job.error.code, job.error.message) == (State.FAILED, "no_words", "None.")


@pytest.mark.case("security M6", was="300 claims and abandons with max_attempts 1 all succeeded")
def test_a_job_that_is_given_back_again_and_again_ends_all_the_same(world: World) -> None:
    job_id = add_job(world, max_attempts=1)
    for _ in range(MAX_ABANDONS):
        world.darkroom.external.resume(*claim_job(world, job_id)).abandon()
    assert (world.job(job_id).out_of_attempts, world.job(job_id).abandons) == (False, MAX_ABANDONS)
    world.darkroom.external.resume(*claim_job(world, job_id)).abandon()
    assert refusal(world.darkroom.external.claim, job_id, owner="worker/1") == "ended"
    assert world.job(job_id).state is State.FAILED
    world.darkroom.redrive.redrive(job_id)
    world.darkroom.external.resume(*claim_job(world, job_id)).abandon()
    assert (world.job(job_id).state, world.job(job_id).abandons) == (State.PENDING, 1)
