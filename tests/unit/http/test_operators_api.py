from types import SimpleNamespace
from typing import Any

import pytest

from shared.steps.upkeep.purge import PurgeResult
from tests.unit.http.client import Client

ID = "t-" + "0" * 32


def test_a_canceled_job_is_told(client: Client) -> None:
    job = client.add_job()
    response = client.call("POST", f"/jobs/{job.json['id']}/cancel", if_match=job.headers["etag"])
    assert (response.status, response.json["state"], response.json["error"]["code"]) == (200, "CANCELED", "canceled")


def test_a_redriven_job_waits_again_at_its_place(client: Client) -> None:
    job_id = client.add_job().json["id"]
    client.call("POST", f"/jobs/{job_id}/cancel")
    response = client.call("POST", f"/jobs/{job_id}/redrive")
    assert (response.status, response.json["state"]) == (202, "PENDING")
    assert (response.headers["location"], response.headers["retry-after"]) == (f"/api/jobs/{job_id}", "2")


def test_what_the_state_forbids_is_409(client: Client) -> None:
    live, done = client.add_job("a").json["id"], client.complete_job("b").json["id"]
    assert client.call("POST", f"/jobs/{done}/cancel").refusal == (409, "ended", None)
    assert client.call("POST", f"/jobs/{live}/redrive").refusal == (409, "live", None)
    assert client.call("DELETE", f"/jobs/{live}").refusal == (409, "live", None)


@pytest.mark.parametrize(("method", "call"), [("POST", "/cancel"), ("POST", "/redrive"), ("DELETE", "")])
def test_a_job_that_is_not_there_is_404(client: Client, method: str, call: str) -> None:
    assert client.call(method, f"/jobs/{ID}{call}").refusal == (404, "no_such_job", None)


@pytest.mark.parametrize(("method", "call"), [("POST", "/cancel"), ("POST", "/redrive"), ("DELETE", "")])
def test_another_version_is_412(client: Client, method: str, call: str) -> None:
    job = client.add_job()
    path = f"/jobs/{job.json['id']}"
    client.call("POST", f"{path}/cancel")
    for etag in (job.headers["etag"], '"x"', f"{job.headers['etag']}, {client.add_job('b').headers['etag']}"):
        assert client.call(method, path + call, if_match=etag).refusal == (412, "mismatch", None)


def test_of_several_versions_one_must_stand_there(client: Client) -> None:
    job = client.add_job()
    client.call("POST", f"/jobs/{job.json['id']}/claim", {"owner": "w"})
    current = client.call("GET", f"/jobs/{job.json['id']}")
    both = f"{job.headers['etag']}, {current.headers['etag']}"
    assert client.call("POST", f"/jobs/{job.json['id']}/cancel", if_match=both).status == 200


def test_a_deleted_job_leaves_its_uniqueness(client: Client) -> None:
    job_id = client.complete_job().json["id"]
    assert client.call("DELETE", f"/jobs/{job_id}").status == 204
    again = client.add_job()
    assert (again.status, again.json["purged"], again.json["state"]) == (200, True, "COMPLETED")
    assert "etag" not in again.headers


def test_a_forgotten_job_may_be_added_again(client: Client) -> None:
    job_id = client.complete_job().json["id"]
    assert client.call("DELETE", f"/jobs/{job_id}?forget=true").status == 204
    assert client.add_job().status == 201


def test_a_purge_lets_go_of_what_ended_before(client: Client) -> None:
    client.complete_job()
    client.world.clock.advance(10)
    response = client.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z", "state": "COMPLETED"})
    assert (response.status, response.json["jobs"]) == (200, 1)


def test_a_purge_of_one_state_leaves_the_others(client: Client) -> None:
    client.complete_job()
    response = client.call("POST", "/jobs/purge", {"before": "2027-01-01T00:00:00Z", "state": "FAILED"})
    assert (response.status, response.json["jobs"]) == (200, 0)


def test_a_purge_that_is_not_done_is_202(client: Client) -> None:
    client.darkroom.purge.purge = lambda **_: PurgeResult(jobs=3, left=True)
    response = client.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z"})
    assert (response.status, response.json["left"], response.headers["retry-after"]) == (202, True, "2")


def test_a_purge_beside_another_is_409(client: Client) -> None:
    client.darkroom.purge.purge = lambda **_: PurgeResult(locked_out=True)
    response = client.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z"})
    assert response.refusal == (409, "locked_out", None)


def test_a_purge_says_who_and_what(client: Client) -> None:
    orders: list[dict[str, Any]] = []

    def purge(**order: Any) -> PurgeResult:  # noqa: ANN401 - as it comes
        orders.append(order)
        return PurgeResult()

    client.darkroom.purge = SimpleNamespace(purge=purge)
    client.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z"})
    assert orders[0]["owner"].startswith("http/")
    assert sorted(orders[0]["before"]) == ["CANCELED", "COMPLETED", "FAILED"]


@pytest.mark.parametrize(
    ("body", "wrong"), [({}, "before"), ({"before": "2026-01-01T00:00:05Z", "state": "RUNNING"}, "state")]
)
def test_a_purge_must_say_before_when(client: Client, body: dict[str, str], wrong: str) -> None:
    assert client.call("POST", "/jobs/purge", body).refusal == (422, "invalid", f"body.{wrong}")


def test_whether_to_forget_is_a_boolean(client: Client) -> None:
    assert client.call("DELETE", f"/jobs/{ID}?forget=perhaps").refusal == (422, "invalid", "query.forget")
