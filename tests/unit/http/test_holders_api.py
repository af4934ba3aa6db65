from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import ContentRefused
from tests.unit.acts import raising
from tests.unit.http.client import Client, Response

CALLS: list[tuple[str, Any]] = [
    ("renew", {}),
    ("complete", {"result": {}}),
    ("retry", {"error": {"code": "c", "message": "m"}}),
    ("abandon", None),
    ("fail", {"error": {"code": "c", "message": "m"}}),
]
STATES = {"renew": "RUNNING", "complete": "COMPLETED", "retry": "PENDING", "abandon": "PENDING", "fail": "FAILED"}


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_a_holder_moves_its_job_and_gets_the_new_version(client: Client, claim: Response, call: str, body: Any) -> None:  # noqa: ANN401
    response = client.report(claim, call, body)
    assert (response.status, response.json["state"]) == (200, STATES[call])
    assert response.headers["etag"] != claim.headers["etag"]


@pytest.mark.parametrize(("call", "body"), CALLS)
@pytest.mark.parametrize("header", [{}, {"if_match": "*"}])
def test_without_a_lease_it_is_428(
    client: Client, claim: Response, call: str, body: object, header: dict[str, str]
) -> None:
    assert client.call("POST", f"/jobs/{claim.json['id']}/{call}", body, **header).refusal[:2] == (
        428,
        "if_match_required",
    )


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_a_lost_lease_is_412(client: Client, claim: Response, call: str, body: Any) -> None:  # noqa: ANN401
    client.world.rival_claims(claim.json["id"])
    for lease in (claim.headers["etag"], "W/" + claim.headers["etag"], '"x"'):
        response = client.call("POST", f"/jobs/{claim.json['id']}/{call}", body, if_match=lease)
        assert response.refusal == (412, "stale", None)


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_a_job_that_nobody_holds_is_409(client: Client, claim: Response, call: str, body: Any) -> None:  # noqa: ANN401
    client.report(claim, "abandon")
    assert client.report(claim, call, body).refusal == (409, "wrong_state", None)


def test_an_older_version_of_the_same_claim_is_still_the_lease(client: Client, claim: Response) -> None:
    assert client.report(claim, "renew", {"progress": 0.5, "cursor": "x"}).json["cursor"] == "x"
    assert client.report(claim, "renew", {"progress": 1}).json["progress"] == 1


def test_a_job_may_be_completed_twice(client: Client, claim: Response) -> None:
    for _ in range(2):
        assert client.report(claim, "complete", {"result": {"n": 1}}).json["result"] == {"n": 1}


def test_a_lease_has_the_length_that_was_asked_for(client: Client) -> None:
    job_id = client.add_job().json["id"]
    body = client.call("POST", f"/jobs/{job_id}/claim", {"owner": "w", "lease_seconds": 7}).json
    assert body["lease_until"] == "2026-01-01T00:00:07.000Z"


def test_a_claim_of_a_live_or_ended_job_is_409(client: Client) -> None:
    claim, done = client.claim_job("a").json["id"], client.complete_job("b").json["id"]
    assert client.call("POST", f"/jobs/{claim}/claim", {"owner": "w"}).refusal == (409, "live", None)
    assert client.call("POST", f"/jobs/{done}/claim", {"owner": "w"}).refusal == (409, "ended", None)


def test_a_claim_of_a_type_gives_the_job_and_its_lease(client: Client) -> None:
    job_id = client.add_job(params={"x": 1}).json["id"]
    client.world.clock.advance(1)
    response = client.call("POST", "/jobs/claim", {"type": "t", "owner": "w"})
    assert (response.status, response.json["id"], response.json["token"], response.json["params"]) == (
        200,
        job_id,
        1,
        {"x": 1},
    )


def test_a_claim_of_nothing_is_204_at_once(client: Client) -> None:
    response = client.call("POST", "/jobs/claim", {"type": "t", "owner": "w"})
    assert (response.status, response.body, client.pauses) == (204, b"", [])


def test_a_claim_waits_with_growing_pauses_and_no_longer_than_asked(client: Client) -> None:
    assert client.call("POST", "/jobs/claim", {"type": "t", "owner": "w", "wait_seconds": 7}).status == 204
    assert client.pauses == [0.25, 0.5, 1.0, 2.0, 2.0, 1.25]


def test_a_wait_that_no_float_says_exactly_ends_too(client: Client) -> None:
    body = {"type": "t", "owner": "w", "wait_seconds": 6.185483303196674}
    assert client.call("POST", "/jobs/claim", body).status == 204
    assert len(client.pauses) == 6


def test_a_claim_that_waits_gets_what_comes(client: Client) -> None:
    job_id = client.add_job(not_before="2026-01-01T00:00:01Z").json["id"]
    response = client.call("POST", "/jobs/claim", {"type": "t", "owner": "w", "wait_seconds": 20})
    assert (response.json["id"], len(client.pauses) < 6) == (job_id, True)


@pytest.mark.parametrize(
    ("call", "body", "wrong"),
    [
        ("claim", {"owner": ""}, "owner"),
        ("claim", {"owner": "é"}, "owner"),
        ("claim", {"owner": "w", "lease_seconds": 0}, "lease_seconds"),
        ("claim", {"owner": "w", "lease_seconds": 3601}, "lease_seconds"),
        ("renew", {"progress": 1.1}, "progress"),
        ("renew", {"progress": True}, "progress"),
        ("renew", {"cursor": "x" * 4097}, "cursor"),
        ("complete", {"result": 1}, "result"),
        ("complete", {"result": {"a": "x" * 32_761}}, "result"),
        ("retry", {"error": {"code": "C", "message": "m"}}, "error.code"),
        ("retry", {"error": {"code": "c", "message": ""}}, "error.message"),
        ("retry", {"error": {"code": "c", "message": "m"}, "delay_seconds": 604_801}, "delay_seconds"),
        ("fail", {}, "error"),
    ],
)
def test_what_a_worker_tells_is_bounded(client: Client, claim: Response, call: str, body: Any, wrong: str) -> None:  # noqa: ANN401
    response = client.report(claim, call, body)
    assert response.refusal == (422, "invalid", f"body.{wrong}")
    assert response.json["errors"][0]["message"].startswith("must ")


def test_a_wait_has_at_most_20_seconds(client: Client) -> None:
    body = {"type": "t", "owner": "w", "wait_seconds": 20.5}
    assert client.call("POST", "/jobs/claim", body).refusal == (422, "invalid", "body.wait_seconds")


@pytest.mark.parametrize("call", ["add", "complete", "upload"])
def test_what_no_row_holds_is_422_with_the_word_of_storage_and_writes_nothing(
    client: Client, claim: Response, call: str
) -> None:
    before = dict(client.world.jobs.table.jobs)
    client.world.jobs.before("replace" if call == "complete" else "insert", raising(ContentRefused("EntityTooLarge")))
    calls: dict[str, Callable[[], Response]] = {
        "add": lambda: client.add_job("other"),
        "complete": lambda: client.report(claim, "complete", {"result": {}}),
        "upload": client.upload,
    }
    response = calls[call]()
    assert response.refusal == (422, "content_refused", None)
    assert "EntityTooLarge" in response.json["detail"]
    assert client.world.jobs.table.jobs == before
