"""What is sent again, when, and for how long; and the loop of a worker, which lives on it."""

from typing import Any

import pytest
import urllib3

from darkroom_client import Client, Unavailable
from darkroom_client.transport import pause_seconds
from tests.doubles.api import BUSY, REQUEST_LOST, Api, Pauses, Reply

OUT = Unavailable(503, "", "")


def _busy(retry_after: str) -> Reply:
    return Reply(503, None, {"Retry-After": retry_after})


class Requests(urllib3.PoolManager):
    """Note how long each request may take."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def urlopen(self, method: str, url: str, redirect: bool = True, **more: Any) -> Any:  # type: ignore[override] # noqa: ANN401, FBT001, FBT002 - as a PoolManager has it
        """Note, and send."""
        self.seconds.append(more["timeout"].total)
        return super().urlopen(method, url, redirect=redirect, **more)


def test_every_request_has_its_time(api: Api) -> None:
    with Requests() as pool:
        client = Client(api.url, pool=pool)
        client.add("t", "a")
        client.claim("none", wait_seconds=7)
        claim = next(client.claims("t", lease_seconds=60))
        claim.renew()
        claim.complete({})
        assert [pool.seconds[n] for n in (0, 1, 2, 3)] == [30, 17, 30, 10]
        assert pool.seconds[4] == 30


def test_what_reads_is_sent_again_for_a_minute(api: Api, client: Client, pauses: Pauses) -> None:
    api.script("get", *[BUSY] * 50)
    with pytest.raises(Unavailable) as caught:
        client.get("t-1")
    assert caught.value.code == "storage_out"
    assert 30 < sum(pauses.seconds) < 60
    assert len(api.requests) == len(pauses.seconds) + 1


def test_pauses_double_up_to_the_longest_and_half_of_each_is_drawn() -> None:
    assert [pause_seconds(OUT, n, lambda: 0.0) for n in range(8)] == [0.25, 0.5, 1, 2, 4, 8, 15, 15]
    assert [pause_seconds(OUT, n, lambda: 1.0) for n in (0, 5, 9999)] == [0.5, 16, 30]


def test_pauses_differ_from_worker_to_worker() -> None:
    assert len({pause_seconds(OUT, 5) for _ in range(5)}) > 1


@pytest.mark.parametrize(("told", "least"), [("20", 20.25), ("soon", 0.25), ("-3", 0.25), ("²", 0.25)])
def test_nothing_is_sent_before_the_service_wants_it(
    api: Api, client: Client, pauses: Pauses, told: str, least: float
) -> None:
    api.script("get", _busy(told))
    client.get(api.put())
    assert least <= pauses.seconds[0] <= least + 0.25


def test_nothing_is_sent_again_when_there_is_no_time_for_the_pause(api: Api, client: Client, pauses: Pauses) -> None:
    api.script("get", _busy("60"))
    with pytest.raises(Unavailable) as caught:
        client.get("t-1")
    assert (caught.value.retry_after, pauses.seconds) == (60, [])


def test_where_nobody_listens_the_service_is_unreachable(pauses: Pauses) -> None:
    with Api() as gone:
        url = gone.url
    with Client(url, monotonic=pauses.clock, sleep=pauses) as client, pytest.raises(Unavailable) as caught:
        client.add("t", "a")
    assert (caught.value.status, caught.value.code) == (0, "unreachable")


@pytest.mark.parametrize("body", [b"<html>", b"[]", b"3", b"{}", b'{"id": "a", "created_at": "soon"}', None])
def test_a_response_without_a_job_is_not_from_the_service(api: Api, client: Client, body: bytes | None) -> None:
    api.script("claim_job", Reply(200 if body else 204, body))
    with pytest.raises(Unavailable, match="unreadable"):
        client.claim_job(api.put())


def test_claims_come_one_after_the_other(api: Api, client: Client) -> None:
    ids = [api.put(), api.put()]
    claims = client.claims("t", lease_seconds=9, wait_seconds=4)
    assert [next(claims).job.id, next(claims).job.id] == ids
    assert (api.requests[0].body["lease_seconds"], api.requests[0].body["wait_seconds"]) == (9, 4)


@pytest.mark.parametrize("fault", [REQUEST_LOST, BUSY, Reply(429), Reply(500)])
def test_the_loop_waits_an_outage_out(api: Api, client: Client, pauses: Pauses, fault: Reply) -> None:
    api.script("claim", *[fault] * 8)
    ids = [api.put(), api.put()]
    assert next(client.claims("t")).job.id in ids
    assert sum(pauses.seconds) > 0.25 + 0.5 + 1 + 2 + 4 + 8 + 15


def test_the_loop_takes_as_long_a_rest_as_the_service_asks_for(api: Api, client: Client, pauses: Pauses) -> None:
    api.put()
    api.script("claim", _busy("40"))
    next(client.claims("t"))
    assert 40.25 <= sum(pauses.seconds) <= 40.5


def test_after_a_success_pauses_are_short_again(api: Api, client: Client, pauses: Pauses) -> None:
    api.script("claim", *[BUSY] * 6, None, BUSY)
    api.put()
    api.put()
    claims = client.claims("t")
    next(claims)
    pauses.seconds.clear()
    next(claims)
    assert sum(pauses.seconds) <= 0.5


def test_the_loop_never_runs_hot_on_a_service_that_cannot_wait(api: Api, client: Client, pauses: Pauses) -> None:
    stops = iter([False] * 6 + [True] * 2)
    assert list(client.claims("t", stop=lambda: next(stops))) == []
    assert sum(pauses.seconds) == len(api.requests)


def test_who_has_waited_at_the_service_asks_again_at_once(api: Api, client: Client, pauses: Pauses) -> None:
    api.before("claim", lambda: pauses.clock.advance(20), api.put)
    next(client.claims("t"))
    assert (len(api.requests), pauses.seconds) == (2, [])


def test_the_loop_is_stopped_before_a_claim(api: Api, client: Client) -> None:
    api.put()
    assert list(client.claims("t", stop=lambda: True)) == []
    assert api.requests == []


def test_the_loop_is_stopped_within_a_pause(api: Api, client: Client, pauses: Pauses) -> None:
    api.script("claim", _busy("3600"))
    assert list(client.claims("t", stop=lambda: len(pauses.seconds) == 3)) == []
    assert (pauses.seconds, len(api.requests)) == ([0.5, 0.5, 0.5], 1)


def test_a_job_that_comes_when_the_loop_is_stopped_is_given_back(api: Api, client: Client) -> None:
    job_id = api.put()
    stops = iter([False, True])
    assert list(client.claims("t", stop=lambda: next(stops))) == []
    assert [request.call for request in api.requests] == ["claim", "abandon"]
    assert api.jobs[job_id]["state"] == "PENDING"


def test_a_refusal_that_no_pause_mends_ends_the_loop(api: Api, client: Client) -> None:
    api.script("claim", Reply(401))
    with pytest.raises(Exception, match="401"):
        next(client.claims("t"))


def test_a_loop_until_there_is_no_job_waits_an_outage_out_and_then_ends(
    api: Api, client: Client, pauses: Pauses
) -> None:
    api.script("claim", BUSY)
    job_id = api.put()
    claims = client.claims("t", until_empty=True, stop=lambda: len(api.requests) > 3)
    assert [claim.job.id for claim in claims] == [job_id]
    assert ([request.call for request in api.requests], len(pauses.seconds)) == (["claim"] * 3, 1)
