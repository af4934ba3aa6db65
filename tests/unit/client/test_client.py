from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

import pytest
import urllib3

from darkroom_client import ApiError, Claim, Client, Conflict, InvalidRequest, NotFound, Stale, Unavailable
from tests.doubles.api import BUSY, KEY, NOW, REPLY_LOST, REQUEST_LOST, Api, Pauses, Reply, problem


def test_a_job_is_added_with_all_its_arguments(api: Api, client: Client) -> None:
    noon = datetime(2026, 1, 1, 14, tzinfo=timezone(timedelta(hours=2)))
    job = client.add("t", "a", params={"text": "x"}, ttl_seconds=9, not_before=noon, max_attempts=2)
    assert (job.id, job.ref, job.params, job.created, job.purged) == (f"t-{0:032x}", "a", {"text": "x"}, True, False)
    assert (job.created_at, job.not_before) == (datetime.fromisoformat(NOW), datetime(2026, 1, 1, 12, tzinfo=UTC))
    assert api.requests[0].body == {
        "type": "t",
        "ref": "a",
        "params": {"text": "x"},
        "unique": False,
        "ttl_seconds": 9,
        "not_before": "2026-01-01T12:00:00Z",
        "max_attempts": 2,
    }


def test_an_argument_that_is_not_given_is_not_sent(api: Api, client: Client) -> None:
    client.add("t", "a")
    assert api.requests[0].body == {"type": "t", "ref": "a", "unique": False}


def test_a_time_without_a_zone_is_not_sent(api: Api, client: Client) -> None:
    with pytest.raises(ValueError, match="zone"):
        client.add("t", "a", not_before=datetime(2026, 1, 1))  # noqa: DTZ001 - the point
    assert api.requests == []


def test_a_unique_job_that_is_there_is_returned_as_not_created(client: Client) -> None:
    first, second = client.add("t", "a", unique=True), client.add("t", "a", unique=True)
    assert (second.id, first.created, second.created) == (first.id, True, False)


def test_a_job_of_which_only_the_key_is_left_is_said_to_be_purged(api: Api, client: Client) -> None:
    api.script("add", Reply(200, {"id": "t-1", "type": "t", "ref": "a", "state": "COMPLETED", "purged": True}))
    job = client.add("t", "a", unique=True)
    assert (job.purged, job.created, job.ended, job.etag) == (True, False, True, None)


@pytest.mark.parametrize("fault", [REPLY_LOST, REQUEST_LOST, BUSY, Reply(429), Reply(502, b"<html>"), Reply(200, b"<")])
def test_a_unique_add_is_sent_again(api: Api, client: Client, fault: Reply) -> None:
    api.script("add", fault, fault)
    client.add("t", "a", unique=True)
    assert (len(api.jobs), len(api.requests)) == (1, 3)


@pytest.mark.parametrize("fault", [REPLY_LOST, REQUEST_LOST, BUSY])
def test_an_add_that_is_not_unique_is_never_sent_again(api: Api, client: Client, fault: Reply) -> None:
    api.script("add", fault)
    with pytest.raises(Unavailable):
        client.add("t", "a")
    assert len(api.requests) == 1


@pytest.mark.parametrize("fault", [REPLY_LOST, BUSY])
@pytest.mark.parametrize(
    ("name", "call"),
    [
        ("cancel", lambda client: client.cancel("t-1")),
        ("redrive", lambda client: client.redrive("t-1")),
        ("delete", lambda client: client.delete("t-1")),
        ("claim", lambda client: client.claim("t")),
        ("claim_job", lambda client: client.claim_job("t-1")),
    ],
)
def test_an_operators_call_and_a_claim_are_sent_once(
    api: Api, client: Client, fault: Reply, name: str, call: Callable[[Client], object]
) -> None:
    api.put()
    api.script(name, fault)
    with pytest.raises(Unavailable):
        call(client)
    assert [request.call for request in api.requests] == [name]


def test_a_job_is_returned_as_it_stands(api: Api, client: Client) -> None:
    job = client.get(api.put(progress=0.5, news="of a newer release", error={"code": "c"}))
    assert (job.state, job.progress, job.error, job.ended, job.created) == ("PENDING", 0.5, {"code": "c"}, False, False)
    assert job.etag


def test_ids_are_encoded(api: Api, client: Client) -> None:
    with pytest.raises(NotFound):
        client.get("../claim?x")
    assert api.requests[0].path == "/jobs/..%2Fclaim%3Fx"


def test_a_list_goes_on_page_by_page_and_no_further_than_wanted(api: Api, client: Client) -> None:
    ids = [api.put() for _ in range(5)]
    jobs = client.list(job_type="t", state="PENDING", ref="r", ended_from=datetime(2026, 1, 1, tzinfo=UTC), page_size=2)
    assert (next(jobs).id, next(jobs).id, len(api.requests)) == (ids[0], ids[1], 1)
    assert [job.id for job in jobs] == ids[2:]
    asked = {"type": "t", "state": "PENDING", "ref": "r", "ended_from": "2026-01-01T00:00:00Z", "limit": "2"}
    assert [request.query for request in api.requests] == [asked, {**asked, "cursor": "2"}, {**asked, "cursor": "4"}]


def test_a_list_is_asked_for_with_the_filters_that_the_service_knows(api: Api, client: Client) -> None:
    moment = datetime(2026, 1, 1, 2, tzinfo=timezone(timedelta(hours=2)))
    assert list(client.list(ref_prefix="a/&", error="no_cat", flag="dark", since=moment, until=moment)) == []
    asked = {"ref_prefix": "a/&", "error": "no_cat", "flag": "dark"}
    assert api.requests[0].query == {**asked, "since": "2026-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}


def test_history_and_why_are_returned(api: Api, client: Client) -> None:
    job_id = api.put()
    assert [attempt["token"] for attempt in client.history(job_id)] == [1, 2]
    assert client.why(job_id) == "not due"


def test_operators_cancel_redrive_and_delete(api: Api, client: Client) -> None:
    job_id = api.put()
    client.cancel(job_id)
    assert api.jobs[job_id]["state"] == "CANCELED"
    client.redrive(job_id)
    assert api.jobs[job_id]["state"] == "PENDING"
    client.cancel(job_id)
    client.delete(job_id, forget=True)
    assert api.jobs == {}
    assert api.requests[-1].query == {"forget": "true"}


def test_waiting_looks_as_often_as_the_service_asks_until_the_job_has_ended(
    api: Api, client: Client, pauses: Pauses
) -> None:
    job_id = api.put()
    api.before("get", int, int, lambda: api.jobs[job_id].update(state="COMPLETED"))
    assert client.wait(job_id, 60).state == "COMPLETED"
    assert pauses.seconds == [7, 7]


def test_waiting_ends_when_its_time_is_over(api: Api, client: Client, pauses: Pauses) -> None:
    assert not client.wait(api.put(), 10).ended
    assert pauses.seconds == [7, 3]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, InvalidRequest), (401, ApiError), (404, NotFound), (409, Conflict), (412, Stale), (413, InvalidRequest),
        (422, InvalidRequest), (428, InvalidRequest), (302, ApiError),
    ],
)  # fmt: skip
def test_each_refusal_has_its_error(api: Api, client: Client, status: int, kind: type[ApiError]) -> None:
    api.script("get", problem(status, "some_code", "Some detail."))
    with pytest.raises(ApiError) as caught:
        client.get("t-1")
    assert type(caught.value) is kind
    assert (caught.value.status, caught.value.code, caught.value.detail) == (status, "some_code", "Some detail.")
    assert str(caught.value) == f"{status} some_code: Some detail."
    assert len(api.requests) == 1


def test_a_claim_waits_at_the_service_and_names_who_works(api: Api, client: Client) -> None:
    assert client.claim("t", lease_seconds=30, wait_seconds=3) is None
    job_id = api.put()
    claim = client.claim("t")
    assert isinstance(claim, Claim)
    assert (claim.job.id, claim.job.token, claim.job.state) == (job_id, 1, "RUNNING")
    assert [request.body for request in api.requests] == [
        {"type": "t", "owner": "me", "lease_seconds": 30, "wait_seconds": 3},
        {"type": "t", "owner": "me", "wait_seconds": 20},
    ]


def test_attempts_at_a_job_have_one_key_for_others_and_the_same_job_added_again_has_another(
    api: Api, client: Client
) -> None:
    job_id = api.put()
    keys = []
    for created_at in (NOW, NOW, "2026-01-01T00:00:00.001Z"):
        api.jobs[job_id] |= {"state": "PENDING", "created_at": created_at}
        keys.append(client.claim_job(job_id).idempotency_key)
    assert (keys[0], keys[1]) == (f"{job_id}:1767225600000",) * 2
    assert keys[2] == f"{job_id}:1767225600001"


def test_one_job_is_claimed_by_its_id(api: Api, client: Client) -> None:
    job_id = api.put(params={"a": 1}, cursor="here")
    claim = client.claim_job(job_id, lease_seconds=30)
    assert (claim.job.id, claim.params, claim.cursor) == (job_id, {"a": 1}, "here")
    assert api.requests[0].body == {"owner": "me", "lease_seconds": 30}
    with pytest.raises(Conflict):
        client.claim_job(job_id)


def test_the_owner_is_host_and_process_by_default(api: Api) -> None:
    with Client(api.url) as client:
        client.claim("t", wait_seconds=0)
    assert "/" in api.requests[0].body["owner"]


def test_the_key_goes_into_its_header_alone(api: Api, client: Client) -> None:
    client.add("t", "a")
    assert api.requests[0].headers["x-functions-key"] == KEY
    assert api.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in f"{api.requests[0].path}{api.requests[0].body}"


def test_no_message_contains_the_key_even_if_it_is_sent_back(api: Api, client: Client) -> None:
    api.script("get", problem(400, KEY, f"What is {KEY}?"))
    with pytest.raises(InvalidRequest) as caught:
        client.get("t-1")
    assert KEY not in repr(caught.value) + caught.value.detail + caught.value.code
    assert "***" in str(caught.value)


def test_a_key_that_fits_no_header_is_refused_by_a_message_without_it() -> None:
    with pytest.raises(ValueError, match="key") as caught:
        Client("http://127.0.0.1:1/api", key=f"{KEY}\n")
    assert KEY not in str(caught.value)


def test_no_redirect_takes_the_key_elsewhere(api: Api, client: Client) -> None:
    api.script("get", Reply(307, None, {"Location": f"{api.url}/jobs/t-2"}))
    with pytest.raises(ApiError, match="307"):
        client.get("t-1")
    assert len(api.requests) == 1


def test_a_closed_client_sends_nothing_more(api: Api) -> None:
    with Client(api.url) as client:
        client.add("t", "a")
    with pytest.raises(Unavailable, match="closed"):
        client.get("t-1")
    assert len(api.requests) == 1
    assert list(client.claims("t")) == []


def test_closing_closes_the_clients_own_connections_alone(api: Api) -> None:
    with urllib3.PoolManager() as pool:
        with Client(api.url, pool=pool) as client:
            client.add("t", "a")
        assert len(pool.pools) == 1
        own = Client(api.url)
        own.add("t", "a")
        own.close()
        assert len(own._pool.pools) == 0


def test_closing_wakes_who_pauses(api: Api) -> None:
    client = Client(api.url)
    api.script("claim", Reply(503, None, {"Retry-After": "3600"}))
    api.before("claim", client.close)
    assert list(client.claims("t")) == []
