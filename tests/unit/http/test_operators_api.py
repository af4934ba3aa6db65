from types import SimpleNamespace
from typing import Any

import pytest

from shared.steps.upkeep.purge import PurgeResult
from tests.unit.http.client import Site

ID = "t-" + "0" * 32


def test_a_canceled_job_is_told(site: Site) -> None:
    job = site.added()
    answer = site.call("POST", f"/jobs/{job.json['id']}/cancel", if_match=job.headers["etag"])
    assert (answer.status, answer.json["state"], answer.json["error"]["code"]) == (200, "CANCELED", "canceled")


def test_a_redriven_job_waits_again_at_its_place(site: Site) -> None:
    job_id = site.added().json["id"]
    site.call("POST", f"/jobs/{job_id}/cancel")
    answer = site.call("POST", f"/jobs/{job_id}/redrive")
    assert (answer.status, answer.json["state"]) == (202, "PENDING")
    assert (answer.headers["location"], answer.headers["retry-after"]) == (f"/api/jobs/{job_id}", "2")


def test_what_the_state_forbids_is_409(site: Site) -> None:
    live, done = site.added("a").json["id"], site.completed("b").json["id"]
    assert site.call("POST", f"/jobs/{done}/cancel").refusal == (409, "ended", None)
    assert site.call("POST", f"/jobs/{live}/redrive").refusal == (409, "live", None)
    assert site.call("DELETE", f"/jobs/{live}").refusal == (409, "live", None)


@pytest.mark.parametrize(("method", "call"), [("POST", "/cancel"), ("POST", "/redrive"), ("DELETE", "")])
def test_a_job_that_is_not_there_is_404(site: Site, method: str, call: str) -> None:
    assert site.call(method, f"/jobs/{ID}{call}").refusal == (404, "no_such_job", None)


@pytest.mark.parametrize(("method", "call"), [("POST", "/cancel"), ("POST", "/redrive"), ("DELETE", "")])
def test_another_version_is_412(site: Site, method: str, call: str) -> None:
    job = site.added()
    path = f"/jobs/{job.json['id']}"
    site.call("POST", f"{path}/cancel")
    for seen in (job.headers["etag"], '"x"', f"{job.headers['etag']}, {site.added('b').headers['etag']}"):
        assert site.call(method, path + call, if_match=seen).refusal == (412, "mismatch", None)


def test_of_several_versions_one_must_stand_there(site: Site) -> None:
    job = site.added()
    site.call("POST", f"/jobs/{job.json['id']}/claim", {"owner": "w"})
    looked = site.call("GET", f"/jobs/{job.json['id']}")
    both = f"{job.headers['etag']}, {looked.headers['etag']}"
    assert site.call("POST", f"/jobs/{job.json['id']}/cancel", if_match=both).status == 200


def test_a_deleted_job_leaves_its_uniqueness(site: Site) -> None:
    job_id = site.completed().json["id"]
    assert site.call("DELETE", f"/jobs/{job_id}").status == 204
    again = site.added()
    assert (again.status, again.json["purged"], again.json["state"]) == (200, True, "COMPLETED")
    assert "etag" not in again.headers


def test_a_forgotten_job_may_be_added_again(site: Site) -> None:
    job_id = site.completed().json["id"]
    assert site.call("DELETE", f"/jobs/{job_id}?forget=true").status == 204
    assert site.added().status == 201


def test_a_purge_lets_go_of_what_ended_before(site: Site) -> None:
    site.completed()
    site.world.clock.advance(10)
    answer = site.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z", "state": "COMPLETED"})
    assert (answer.status, answer.json["jobs"]) == (200, 1)


def test_a_purge_of_one_state_leaves_the_others(site: Site) -> None:
    site.completed()
    answer = site.call("POST", "/jobs/purge", {"before": "2027-01-01T00:00:00Z", "state": "FAILED"})
    assert (answer.status, answer.json["jobs"]) == (200, 0)


def test_a_purge_that_is_not_done_is_202(site: Site) -> None:
    site.darkroom.purge.purge = lambda **_: PurgeResult(jobs=3, left=True)
    answer = site.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z"})
    assert (answer.status, answer.json["left"], answer.headers["retry-after"]) == (202, True, "2")


def test_a_purge_beside_another_is_409(site: Site) -> None:
    site.darkroom.purge.purge = lambda **_: PurgeResult(locked_out=True)
    answer = site.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z"})
    assert answer.refusal == (409, "locked_out", None)


def test_a_purge_says_who_and_what(site: Site) -> None:
    asked: list[dict[str, Any]] = []

    def purge(**order: Any) -> PurgeResult:  # noqa: ANN401 - as it comes
        asked.append(order)
        return PurgeResult()

    site.darkroom.purge = SimpleNamespace(purge=purge)
    site.call("POST", "/jobs/purge", {"before": "2026-01-01T00:00:05Z"})
    assert asked[0]["owner"].startswith("http/")
    assert sorted(asked[0]["before"]) == ["CANCELED", "COMPLETED", "FAILED"]


@pytest.mark.parametrize(
    ("body", "wrong"), [({}, "before"), ({"before": "2026-01-01T00:00:05Z", "state": "RUNNING"}, "state")]
)
def test_a_purge_must_say_before_when(site: Site, body: dict[str, str], wrong: str) -> None:
    assert site.call("POST", "/jobs/purge", body).refusal == (422, "invalid", f"body.{wrong}")


def test_whether_to_forget_is_a_boolean(site: Site) -> None:
    assert site.call("DELETE", f"/jobs/{ID}?forget=perhaps").refusal == (422, "invalid", "query.forget")
