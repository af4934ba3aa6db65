from collections.abc import Callable

import pytest

from shared.errors import Stale, StorageOut
from shared.rules.jobs import Claim
from tests.doubles.world import World
from tests.unit.acts import refusal
from tests.unit.external_jobs import CALLS, add_job, claim_job, every_call


def _taken_over(world: World, job_id: str) -> None:
    world.lapse()
    world.rival_claims(job_id)


def _canceled(world: World, job_id: str) -> None:
    world.darkroom.cancel.cancel(job_id)


def _opened_again(world: World, job_id: str) -> None:
    world.darkroom.cancel.cancel(job_id)
    world.darkroom.redrive.redrive(job_id)


def _done_by_another(world: World, job_id: str) -> None:
    world.lapse()
    claim = world.rival_claims(job_id).job.claim
    assert claim is not None
    world.darkroom.external.resume(job_id, claim).complete({"words": 0})


@every_call
@pytest.mark.parametrize("lose", [_taken_over, _canceled, _opened_again, _done_by_another])
def test_a_holder_that_has_lost_its_claim_is_stale_and_changes_nothing(
    world: World, call: str, lose: Callable[[World, str], None]
) -> None:
    job_id, claim = claim_job(world)
    lose(world, job_id)
    before = world.job(job_id)
    with pytest.raises(Stale):
        CALLS[call](world, job_id, claim)
    assert world.job(job_id) == before
    noted = world.jobs.table.attempts[job_id, 1]
    assert (noted["late_reports"], noted["last_late_report"]) == (1, call)
    assert world.darkroom.statistics.count().stale_reports_total == 1


@every_call
def test_a_holder_that_loses_its_claim_at_the_write_is_stale(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    world.jobs.before("replace", lambda: world.rival_claims(job_id))
    with pytest.raises(Stale):
        CALLS[call](world, job_id, claim)
    assert (world.job(job_id).owner, world.darkroom.statistics.count().stale_reports_total) == ("rival/1", 1)


@every_call
def test_a_write_that_meets_ones_own_renewal_goes_through(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    world.jobs.before("replace", lambda: world.darkroom.external.resume(job_id, claim).renew(progress=0.5))
    assert CALLS[call](world, job_id, claim).job.progress == 0.5


@every_call
@pytest.mark.parametrize("claim", [Claim("somebody's", 1), Claim("somebody's", 7)])
def test_without_the_claim_of_the_row_it_is_stale(world: World, call: str, claim: Claim) -> None:
    job_id, _ = claim_job(world)
    with pytest.raises(Stale):
        CALLS[call](world, job_id, claim)
    assert (world.job(job_id).owner, world.journal.count("jobs.get")) == ("worker/1", 1)


@every_call
def test_a_job_that_nobody_holds_is_in_the_wrong_state(world: World, call: str) -> None:
    job_id = add_job(world)
    assert refusal(CALLS[call], world, job_id, Claim("somebody's", 0)) == "wrong_state"


@every_call
@pytest.mark.parametrize("end", ["retry", "abandon", "fail"])
def test_a_worker_that_has_ended_its_attempt_itself_is_not_stale(world: World, call: str, end: str) -> None:
    job_id, claim = claim_job(world)
    CALLS[end](world, job_id, claim)
    assert refusal(CALLS[call], world, job_id, claim) == "wrong_state"
    assert world.darkroom.statistics.count().stale_reports_total == 0


@pytest.mark.parametrize("call", ["renew", "retry", "abandon", "fail"])
def test_after_a_completion_only_it_may_be_said_again(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    CALLS["complete"](world, job_id, claim)
    assert refusal(CALLS[call], world, job_id, claim) == "wrong_state"


@every_call
def test_an_outage_is_no_refusal(world: World, call: str) -> None:
    job_id, claim = claim_job(world)
    world.jobs.out = True
    with pytest.raises(StorageOut):
        CALLS[call](world, job_id, claim)
