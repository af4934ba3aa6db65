from collections.abc import Callable
from typing import Any

import pytest

from shared.errors import ContentRefused
from tests.unit.http.client import Answer, Site

CALLS: list[tuple[str, Any]] = [
    ("renew", {}),
    ("complete", {"result": {}}),
    ("retry", {"error": {"code": "c", "message": "m"}}),
    ("abandon", None),
    ("fail", {"error": {"code": "c", "message": "m"}}),
]
STATES = {"renew": "RUNNING", "complete": "COMPLETED", "retry": "PENDING", "abandon": "PENDING", "fail": "FAILED"}


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_a_holder_moves_its_job_and_gets_the_new_version(site: Site, call: str, body: Any) -> None:  # noqa: ANN401
    held = site.claimed()
    answer = site.call("POST", f"/jobs/{held.json['id']}/{call}", body, if_match=held.headers["etag"])
    assert (answer.status, answer.json["state"]) == (200, STATES[call])
    assert answer.headers["etag"] != held.headers["etag"]


@pytest.mark.parametrize(("call", "body"), CALLS)
@pytest.mark.parametrize("header", [{}, {"if_match": "*"}])
def test_without_a_lease_it_is_428(site: Site, call: str, body: Any, header: dict[str, str]) -> None:  # noqa: ANN401
    held = site.claimed()
    assert site.call("POST", f"/jobs/{held.json['id']}/{call}", body, **header).refusal[:2] == (
        428,
        "if_match_required",
    )


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_a_lost_lease_is_412(site: Site, call: str, body: Any) -> None:  # noqa: ANN401
    held = site.claimed()
    site.world.rival_claims(held.json["id"])
    for lease in (held.headers["etag"], "W/" + held.headers["etag"], '"x"'):
        answer = site.call("POST", f"/jobs/{held.json['id']}/{call}", body, if_match=lease)
        assert answer.refusal == (412, "stale", None)


@pytest.mark.parametrize(("call", "body"), CALLS)
def test_a_job_that_nobody_holds_is_409(site: Site, call: str, body: Any) -> None:  # noqa: ANN401
    held = site.claimed()
    path, lease = f"/jobs/{held.json['id']}", held.headers["etag"]
    site.call("POST", f"{path}/abandon", if_match=lease)
    assert site.call("POST", f"{path}/{call}", body, if_match=lease).refusal == (409, "wrong_state", None)


def test_an_older_version_of_the_same_claim_is_still_the_lease(site: Site) -> None:
    held = site.claimed()
    path, lease = f"/jobs/{held.json['id']}/renew", held.headers["etag"]
    assert site.call("POST", path, {"progress": 0.5, "cursor": "x"}, if_match=lease).json["cursor"] == "x"
    assert site.call("POST", path, {"progress": 1}, if_match=lease).json["progress"] == 1


def test_a_result_may_be_told_twice(site: Site) -> None:
    held = site.claimed()
    path = f"/jobs/{held.json['id']}/complete"
    for _ in range(2):
        assert site.call("POST", path, {"result": {"n": 1}}, if_match=held.headers["etag"]).json["result"] == {"n": 1}


def test_a_lease_has_the_length_that_was_asked_for(site: Site) -> None:
    job_id = site.added().json["id"]
    told = site.call("POST", f"/jobs/{job_id}/claim", {"owner": "w", "lease_seconds": 7}).json
    assert told["lease_until"] == "2026-01-01T00:00:07.000Z"


def test_a_claim_of_a_live_or_ended_job_is_409(site: Site) -> None:
    held, done = site.claimed("a").json["id"], site.completed("b").json["id"]
    assert site.call("POST", f"/jobs/{held}/claim", {"owner": "w"}).refusal == (409, "live", None)
    assert site.call("POST", f"/jobs/{done}/claim", {"owner": "w"}).refusal == (409, "ended", None)


def test_a_claim_of_a_type_gives_the_job_and_its_lease(site: Site) -> None:
    job_id = site.added(params={"x": 1}).json["id"]
    site.world.clock.advance(1)
    answer = site.call("POST", "/jobs/claim", {"type": "t", "owner": "w"})
    assert (answer.status, answer.json["id"], answer.json["token"], answer.json["params"]) == (200, job_id, 1, {"x": 1})


def test_a_claim_of_nothing_is_204_at_once(site: Site) -> None:
    answer = site.call("POST", "/jobs/claim", {"type": "t", "owner": "w"})
    assert (answer.status, answer.body, site.pauses) == (204, b"", [])


def test_a_claim_waits_with_growing_pauses_and_no_longer_than_asked(site: Site) -> None:
    assert site.call("POST", "/jobs/claim", {"type": "t", "owner": "w", "wait_seconds": 7}).status == 204
    assert site.pauses == [0.25, 0.5, 1.0, 2.0, 2.0, 1.25]


def test_a_wait_that_no_float_says_exactly_ends_too(site: Site) -> None:
    body = {"type": "t", "owner": "w", "wait_seconds": 6.185483303196674}
    assert site.call("POST", "/jobs/claim", body).status == 204
    assert len(site.pauses) == 6


def test_a_claim_that_waits_gets_what_comes(site: Site) -> None:
    job_id = site.added(not_before="2026-01-01T00:00:01Z").json["id"]
    answer = site.call("POST", "/jobs/claim", {"type": "t", "owner": "w", "wait_seconds": 20})
    assert (answer.json["id"], len(site.pauses) < 6) == (job_id, True)


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
def test_what_a_worker_tells_is_bounded(site: Site, call: str, body: Any, wrong: str) -> None:  # noqa: ANN401
    held = site.claimed()
    answer = site.call("POST", f"/jobs/{held.json['id']}/{call}", body, if_match=held.headers["etag"])
    assert answer.refusal == (422, "invalid", f"body.{wrong}")
    assert answer.json["errors"][0]["message"].startswith("must ")


def test_a_wait_has_at_most_20_seconds(site: Site) -> None:
    body = {"type": "t", "owner": "w", "wait_seconds": 20.5}
    assert site.call("POST", "/jobs/claim", body).refusal == (422, "invalid", "body.wait_seconds")


@pytest.mark.parametrize("call", ["add", "complete", "upload"])
def test_what_no_row_holds_is_422_with_the_word_of_storage_and_writes_nothing(site: Site, call: str) -> None:
    held = site.claimed()
    before = dict(site.world.jobs.kept.jobs)

    def refused() -> None:
        raise ContentRefused("EntityTooLarge")

    site.world.jobs.before("replace" if call == "complete" else "insert", refused)
    path, tag = f"/jobs/{held.json['id']}/complete", held.headers["etag"]
    answers: dict[str, Callable[[], Answer]] = {
        "add": lambda: site.added("other"),
        "complete": lambda: site.call("POST", path, {"result": {}}, if_match=tag),
        "upload": site.uploaded,
    }
    answer = answers[call]()
    assert answer.refusal == (422, "content_refused", None)
    assert "EntityTooLarge" in answer.json["detail"]
    assert site.world.jobs.kept.jobs == before
