import threading
from collections.abc import Callable, Iterator

import pytest

from darkroom_client import Claimed, Client, Conflict, Invalid, Stale, Unreachable
from tests.doubles.api import BUSY, REPLY_LOST, Api, Pauses, Reply, problem
from tests.doubles.clock import FakeClock

ENDS: list[tuple[str, Callable[[Claimed], None], str]] = [
    ("complete", lambda held: held.complete({"n": 1}), "COMPLETED"),
    ("fail", lambda held: held.fail("c", "m"), "FAILED"),
    ("retry", lambda held: held.retry("c", "m", 9), "PENDING"),
    ("abandon", lambda held: held.abandon(), "PENDING"),
]


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as service:
        service.put()
        yield service


@pytest.fixture
def pauses() -> Pauses:
    return Pauses(FakeClock())


@pytest.fixture
def client(api: Api, pauses: Pauses) -> Iterator[Client]:
    with Client(api.url, monotonic=pauses.clock, wait=pauses) as caller:
        yield caller


@pytest.fixture
def held(client: Client) -> Claimed:
    claimed = client.claim("t", lease_seconds=60)
    assert claimed is not None
    return claimed


@pytest.mark.parametrize(("name", "end", "state"), ENDS)
def test_an_end_is_told_with_the_newest_lease(
    api: Api, held: Claimed, name: str, end: Callable[[Claimed], None], state: str
) -> None:
    assert (held.renew(), held.job.etag) == (20, None)
    end(held)
    assert held.job.state == state
    sent = api.sent(name)
    (lease,) = [request.headers["if-match"] for request in sent]
    assert lease.startswith('"1.')
    assert lease != api.sent("renew")[0].headers["if-match"]


def test_progress_and_cursor_go_with_the_next_renewal(api: Api, held: Claimed) -> None:
    held.progress(0.25, cursor="line 2")
    held.progress(0.5)
    assert api.sent("renew") == []
    held.renew()
    assert api.sent("renew")[0].body == {"progress": 0.5, "cursor": "line 2", "lease_seconds": 60}
    with pytest.raises(ValueError, match="0 to 1"):
        held.progress(1.1)


@pytest.mark.parametrize("status", [404, 409, 412])
def test_a_refused_renewal_loses_the_lease(api: Api, held: Claimed, status: int) -> None:
    api.script("renew", problem(status, "c"))
    assert (held.lost, held.renew(), held.lost, held.renew()) == (False, None, True, None)
    assert len(api.sent("renew")) == 1


def test_protection_counts_from_before_the_renewal_was_sent(api: Api, held: Claimed, pauses: Pauses) -> None:
    api.before("renew", lambda: pauses.clock.advance(9))
    assert held.renew() == 11
    pauses.clock.advance(48.5)
    assert not held.lost
    pauses.clock.advance(0.5)
    assert held.lost


def test_an_outage_is_tried_again_sooner_until_the_lease_is_over(api: Api, held: Claimed, pauses: Pauses) -> None:
    api.script("renew", BUSY, REPLY_LOST, BUSY)
    assert (held.renew(), held.renew(), held.lost) == (10, 10, False)
    pauses.clock.advance(58)
    assert (held.renew(), held.lost) == (None, True)


def test_the_thread_renews_while_the_worker_works(api: Api, client: Client) -> None:
    renewed = threading.Event()
    api.before("renew", renewed.set)
    with client.claim_job(api.put(), lease_seconds=0.6) as job:  # type: ignore[arg-type] # the double allows it
        assert renewed.wait(5)
        job.complete({})


def test_no_renewal_goes_out_once_the_end_has_begun(api: Api, held: Claimed) -> None:
    renewing: list[threading.Thread] = []

    def rival() -> None:
        renewing.append(threading.Thread(target=held.renew))
        renewing[0].start()

    api.before("complete", rival)
    held.complete({})
    renewing[0].join(5)
    assert api.sent("renew") == []


@pytest.mark.parametrize(("name", "end", "state"), ENDS)
def test_an_end_whose_reply_was_lost_is_told_again_and_counts(
    api: Api, held: Claimed, name: str, end: Callable[[Claimed], None], state: str
) -> None:
    api.script(name, REPLY_LOST)
    end(held)
    assert (len(api.sent(name)), api.jobs[held.job.id]["state"]) == (2, state)


def test_a_wrong_state_that_no_lost_reply_explains_is_raised(api: Api, held: Claimed) -> None:
    api.jobs[held.job.id]["state"] = "CANCELED"
    with pytest.raises(Conflict):
        held.retry("c", "m")


def test_an_end_is_told_again_until_the_lease_is_over(api: Api, held: Claimed, pauses: Pauses) -> None:
    api.script("complete", *[BUSY] * 40)
    with pytest.raises(Unreachable):
        held.complete({})
    assert 25 < sum(pauses.seconds) < 58


def test_a_result_of_another_holder_is_stale(api: Api, held: Claimed) -> None:
    api.jobs[held.job.id]["token"] += 1
    with pytest.raises(Stale), held:
        held.complete({})
    assert [request.call for request in api.requests] == ["claim", "complete"]


def test_after_an_invalid_result_another_end_may_be_told(api: Api, held: Claimed) -> None:
    api.script("complete", Reply(422))
    with pytest.raises(Invalid):
        held.complete({})
    held.fail("too_large", "m")
    with pytest.raises(RuntimeError):
        held.abandon()


def test_an_error_of_the_worker_is_retried_by_name_alone_and_goes_on(api: Api, held: Claimed) -> None:
    with pytest.raises(KeyError, match="secret"), held:
        raise KeyError("secret")
    assert api.sent("retry")[0].body == {"error": {"code": "worker_error", "message": "KeyError"}}


@pytest.mark.parametrize("wish", [KeyboardInterrupt, SystemExit])
def test_who_wants_an_end_gives_the_job_back_without_patience(
    api: Api, held: Claimed, pauses: Pauses, wish: type[BaseException]
) -> None:
    api.script("abandon", BUSY)
    with pytest.raises(wish), held:
        raise wish
    assert (len(api.sent("abandon")), pauses.seconds) == (1, [])


def test_a_job_without_an_end_is_given_back(api: Api, held: Claimed) -> None:
    with held:
        pass
    assert [request.call for request in api.requests] == ["claim", "abandon"]


def test_a_claim_that_took_long_is_renewed_before_the_work(api: Api, client: Client, pauses: Pauses) -> None:
    api.before("claim", lambda: pauses.clock.advance(20))
    held = client.claim("t", lease_seconds=60)
    assert held is not None
    with held:
        assert len(api.sent("renew")) == 1


def test_a_complete_that_finds_a_wrong_state_is_never_taken_for_done(api: Api, held: Claimed) -> None:
    api.script("complete", BUSY, problem(409, "wrong_state"))
    with pytest.raises(Conflict):
        held.complete({})
