import threading
from collections.abc import Callable

import pytest

from darkroom_client import Claim, Client, Conflict, InvalidRequest, Stale, Unavailable
from tests.doubles.api import BUSY, REPLY_LOST, Api, Pauses, Reply, problem

ENDS: list[tuple[str, Callable[[Claim], None], str]] = [
    ("complete", lambda claim: claim.complete({"n": 1}), "COMPLETED"),
    ("fail", lambda claim: claim.fail("c", "m"), "FAILED"),
    ("retry", lambda claim: claim.retry("c", "m", 9), "PENDING"),
    ("abandon", lambda claim: claim.abandon(), "PENDING"),
]


@pytest.fixture
def claim(api: Api, client: Client) -> Claim:
    return client.claim_job(api.put(), lease_seconds=60)


@pytest.mark.parametrize(("name", "end", "state"), ENDS)
def test_an_end_is_sent_with_the_newest_lease(
    api: Api, claim: Claim, name: str, end: Callable[[Claim], None], state: str
) -> None:
    assert (claim.renew(), claim.job.etag) == (20, None)
    end(claim)
    assert claim.job.state == state
    sent = api.requests_of(name)
    (lease,) = [request.headers["if-match"] for request in sent]
    assert lease.startswith('"1.')
    assert lease != api.requests_of("renew")[0].headers["if-match"]


def test_progress_and_cursor_go_with_the_next_renewal(api: Api, claim: Claim) -> None:
    claim.progress(0.25, cursor="line 2")
    claim.progress(0.5)
    assert api.requests_of("renew") == []
    claim.renew()
    assert api.requests_of("renew")[0].body == {"progress": 0.5, "cursor": "line 2", "lease_seconds": 60}
    with pytest.raises(ValueError, match="0 to 1"):
        claim.progress(1.1)


@pytest.mark.parametrize("status", [404, 409, 412])
def test_a_refused_renewal_loses_the_lease(api: Api, claim: Claim, status: int) -> None:
    api.script("renew", problem(status, "c"))
    assert (claim.lost, claim.renew(), claim.lost, claim.renew()) == (False, None, True, None)
    assert len(api.requests_of("renew")) == 1


def test_protection_counts_from_before_the_renewal_was_sent(api: Api, claim: Claim, pauses: Pauses) -> None:
    api.before("renew", lambda: pauses.clock.advance(9))
    assert claim.renew() == 11
    pauses.clock.advance(48.5)
    assert not claim.lost
    pauses.clock.advance(0.5)
    assert claim.lost


def test_an_outage_is_tried_again_sooner_until_the_lease_is_over(api: Api, claim: Claim, pauses: Pauses) -> None:
    api.script("renew", BUSY, REPLY_LOST, BUSY)
    assert (claim.renew(), claim.renew(), claim.lost) == (10, 10, False)
    pauses.clock.advance(58)
    assert (claim.renew(), claim.lost) == (None, True)


def test_the_thread_renews_while_the_worker_works(api: Api, client: Client) -> None:
    renewed = threading.Event()
    api.before("renew", renewed.set)
    with client.claim_job(api.put(), lease_seconds=0.6) as job:  # type: ignore[arg-type] # the double allows it
        assert renewed.wait(5)
        job.complete({})


def test_no_renewal_goes_out_once_the_end_has_begun(api: Api, claim: Claim) -> None:
    renewal = threading.Thread(target=claim.renew)
    api.before("complete", renewal.start)
    claim.complete({})
    renewal.join(5)
    assert api.requests_of("renew") == []


@pytest.mark.parametrize(("name", "end", "state"), ENDS)
def test_an_end_whose_response_was_lost_is_sent_again_and_counts(
    api: Api, claim: Claim, name: str, end: Callable[[Claim], None], state: str
) -> None:
    api.script(name, REPLY_LOST)
    end(claim)
    assert (len(api.requests_of(name)), api.jobs[claim.job.id]["state"]) == (2, state)


def test_a_wrong_state_that_no_lost_reply_explains_is_raised(api: Api, claim: Claim) -> None:
    api.jobs[claim.job.id]["state"] = "CANCELED"
    with pytest.raises(Conflict):
        claim.retry("c", "m")


def test_an_end_is_sent_again_until_the_lease_is_over(api: Api, claim: Claim, pauses: Pauses) -> None:
    api.script("complete", *[BUSY] * 40)
    with pytest.raises(Unavailable):
        claim.complete({})
    assert 25 < sum(pauses.seconds) < 58


def test_a_result_of_another_holder_is_stale(api: Api, claim: Claim) -> None:
    api.jobs[claim.job.id]["token"] += 1
    with pytest.raises(Stale), claim:
        claim.complete({})
    assert [request.call for request in api.requests] == ["claim_job", "complete"]


def test_after_an_invalid_result_the_claim_may_end_another_way(api: Api, claim: Claim) -> None:
    api.script("complete", Reply(422))
    with pytest.raises(InvalidRequest):
        claim.complete({})
    claim.fail("too_large", "m")
    with pytest.raises(RuntimeError, match="ended already"):
        claim.abandon()


def test_an_error_of_the_worker_is_retried_by_name_alone_and_goes_on(api: Api, claim: Claim) -> None:
    with pytest.raises(KeyError, match="secret"), claim:
        raise KeyError("secret")
    assert api.requests_of("retry")[0].body == {"error": {"code": "worker_error", "message": "KeyError"}}


@pytest.mark.parametrize("wish", [KeyboardInterrupt, SystemExit])
def test_who_wants_an_end_gives_the_job_back_without_patience(
    api: Api, claim: Claim, pauses: Pauses, wish: type[BaseException]
) -> None:
    api.script("abandon", BUSY)
    with pytest.raises(wish), claim:
        raise wish
    assert (len(api.requests_of("abandon")), pauses.seconds) == (1, [])


def test_a_job_without_an_end_is_given_back(api: Api, claim: Claim) -> None:
    with claim:
        pass
    assert [request.call for request in api.requests] == ["claim_job", "abandon"]


def test_a_claim_that_took_long_is_renewed_before_the_work(api: Api, client: Client, pauses: Pauses) -> None:
    api.before("claim_job", lambda: pauses.clock.advance(20))
    with client.claim_job(api.put(), lease_seconds=60):
        assert len(api.requests_of("renew")) == 1


def test_a_complete_that_finds_a_wrong_state_is_never_taken_for_done(api: Api, claim: Claim) -> None:
    api.script("complete", BUSY, problem(409, "wrong_state"))
    with pytest.raises(Conflict):
        claim.complete({})
