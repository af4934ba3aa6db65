from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.http.cursors import encode
from shared.http.responses import Job
from shared.rules.jobs import State
from tests.unit.http.client import Client

ID = "t-" + "0" * 32
TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_a_new_job_is_201_with_its_place_and_version(client: Client) -> None:
    response = client.add_job(params={"x": 1})
    assert (response.status, response.headers["location"]) == (201, f"/api/jobs/{response.json['id']}")
    assert response.headers["etag"].startswith('"')
    assert (response.json["params"], response.json["state"], response.headers["retry-after"]) == (
        {"x": 1},
        "PENDING",
        "2",
    )


def test_a_unique_job_is_added_once(client: Client) -> None:
    first, again = client.add_job(), client.add_job()
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert "location" not in again.headers


def test_jobs_are_all_new_unless_they_are_to_be_unique(client: Client) -> None:
    ids = [client.call("POST", "/jobs", {"type": "t", "ref": "a"}).json["id"] for _ in range(2)]
    assert ids[0] != ids[1]


def test_every_field_of_an_order_reaches_the_job(client: Client) -> None:
    body = client.call(
        "POST",
        "/jobs",
        {
            "type": "t",
            "ref": "a",
            "ttl_seconds": 60.0,
            "not_before": "2026-01-01T02:00:00.1239+02:00",
            "max_attempts": 2,
        },
        traceparent=TRACE,
    ).json
    job = client.world.job(body["id"])
    assert (body["not_before"], body["traceparent"], job.max_attempts) == ("2026-01-01T00:00:00.123Z", TRACE, 2)
    assert job.deadline == client.world.clock.now + timedelta(seconds=60)


def test_a_trace_that_cant_be_read_is_left_out(client: Client) -> None:
    assert client.call("POST", "/jobs", {"type": "t", "ref": "a"}, traceparent="x").json["traceparent"] is None


def test_moments_beyond_all_sense_are_taken_for_the_limits(client: Client) -> None:
    assert client.add_job(not_before="9999-12-31T23:59:59-14:00").json["not_before"] == "2999-12-31T00:00:00.000Z"
    assert client.add_job("b", not_before="0001-01-01T00:00:00+14:00").json["not_before"] == "1971-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"type": "T"}, "type"),
        ({"type": "t\n"}, "type"),
        ({"ref": ""}, "ref"),
        ({"ref": "a" * 1089}, "ref"),
        ({"ref": "a\u0085"}, "ref"),
        ({"params": []}, "params"),
        ({"params": {"a": "😀" * 16_381}}, "params"),
        ({"unique": 1}, "unique"),
        ({"ttl_seconds": 0}, "ttl_seconds"),
        ({"ttl_seconds": 315_360_001}, "ttl_seconds"),
        ({"ttl_seconds": "60"}, "ttl_seconds"),
        ({"not_before": 1}, "not_before"),
        ({"not_before": "2026-01-01"}, "not_before"),
        ({"not_before": "2026-01-01T00:00:00"}, "not_before"),
        ({"not_before": "2026-02-30T00:00:00Z"}, "not_before"),
        ({"max_attempts": 101}, "max_attempts"),
        ({"max_attempts": True}, "max_attempts"),
        ({"extra": 1}, "extra"),
    ],
)
def test_a_field_that_cant_be_used_is_422_and_named(client: Client, fields: dict[str, Any], wrong: str) -> None:
    response = client.add_job(**fields)
    assert response.refusal == (422, "invalid", f"body.{wrong}")
    assert response.json["errors"][0]["message"].startswith("must ")


def test_images_are_not_added_as_jobs(client: Client) -> None:
    assert client.add_job(type="image-analysis").refusal == (409, "wrong_type", None)


def test_a_body_must_be_json(client: Client) -> None:
    assert client.call("POST", "/jobs", b"{}", content_type="text/plain").refusal == (415, "not_json", None)
    assert client.call("POST", "/jobs", b"{", content_type="application/json").refusal == (400, "malformed_json", None)


def test_a_job_that_the_client_has_is_304(client: Client) -> None:
    job = client.add_job()
    response = client.call("GET", f"/jobs/{job.json['id']}", if_none_match=job.headers["etag"])
    assert (response.status, response.body, response.headers["etag"]) == (304, b"", job.headers["etag"])


def test_a_job_that_has_ended_is_not_to_be_polled(client: Client) -> None:
    assert "retry-after" not in client.complete_job().headers


@pytest.mark.parametrize("call", ["", "/history", "/why"])
def test_a_job_that_is_not_there_is_404_and_a_bad_id_422(client: Client, call: str) -> None:
    assert client.call("GET", f"/jobs/{ID}{call}").refusal == (404, "no_such_job", None)
    assert client.call("GET", f"/jobs/T{call}").refusal == (422, "invalid", "path.id")


def test_why_is_one_sentence(client: Client) -> None:
    job = client.claim_job()
    assert "leased to w" in client.call("GET", f"/jobs/{job.json['id']}/why").json["why"]


def test_a_history_tells_attempts_and_no_claim_ids(client: Client) -> None:
    job = client.claim_job()
    (attempt,) = client.call("GET", f"/jobs/{job.json['id']}/history").json["attempts"]
    assert (attempt["token"], attempt["owner"], attempt["ended_at"], "claim_id" in attempt) == (1, "w", None, False)


def test_a_list_goes_on_where_it_ended(client: Client) -> None:
    ids = {client.add_job(str(n)).json["id"] for n in range(3)}
    first = client.call("GET", "/jobs?type=t&limit=2").json
    second = client.call("GET", f"/jobs?type=t&limit=2&cursor={first['cursor']}").json
    assert {job["id"] for job in first["items"] + second["items"]} == ids
    assert client.call("GET", f"/jobs?limit=2&cursor={first['cursor']}").refusal == (422, "invalid", "query.cursor")


def test_a_list_is_narrowed_by_state_and_reference(client: Client) -> None:
    done, waits = client.complete_job("a").json["id"], client.add_job("b").json["id"]

    def ids_of(query: str) -> list[str]:
        return [job["id"] for job in client.call("GET", f"/jobs?{query}").json["items"]]

    assert ids_of("state=COMPLETED") == [done]
    assert ids_of("type=t&ref=b") == [waits]
    assert ids_of("ended_from=2026-01-01T00:00:00Z&ended_to=2027-01-01T00:00:00Z") == [done]
    assert ids_of("ended_to=2026-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [("ref=a", "ref"), ("limit=0", "limit"), ("limit=201", "limit"), ("state=DONE", "state"), ("type=T", "type"),
     ("ended_from=1", "ended_from"), ("cursor=x", "cursor"), ("cursor=" + "x" * 4097, "cursor"),
     ("type=t&ref=", "ref")],
)  # fmt: skip
def test_a_query_that_cant_be_used_is_422_and_named(client: Client, query: str, wrong: str) -> None:
    response = client.call("GET", f"/jobs?{query}")
    assert response.refusal == (422, "invalid", f"query.{wrong}")
    assert response.json["errors"][0]["message"].startswith("must ")


def test_a_forged_place_is_not_looked_up(client: Client) -> None:
    places: list[list[int | str]] = [[2, 0, ID], [0, -1, ID], [0, 10**400, ID], [0, 0, "' or 1"]]
    for place in places:
        cursor = encode(place, [None] * 10)
        assert client.call("GET", f"/jobs?cursor={cursor}").refusal == (422, "invalid", "query.cursor")


def test_states_are_those_of_jobs() -> None:
    pattern = Job.model_json_schema()["properties"]["state"]["pattern"]
    assert pattern == "^(" + "|".join(state.value for state in State) + ")$"


@pytest.mark.case("storage asked for", was="422")
@pytest.mark.parametrize("name", ["a" * 1024, "new\nline.png", "c1\x85.png"])
def test_every_recorded_name_can_be_looked_up(client: Client, name: str) -> None:
    query = urlencode({"type": "image-analysis", "ref": f"images/{name}"})
    assert client.call("GET", f"/jobs?{query}").json["items"] == []


def test_the_longest_reference_of_an_image_finds_its_job(client: Client) -> None:
    upload = client.upload("a" * 1024).json
    query = urlencode({"type": "image-analysis", "ref": "images/" + "a" * 1024})
    assert [job["id"] for job in client.call("GET", f"/jobs?{query}").json["items"]] == [upload["id"]]
    assert client.call("GET", f"/jobs?{query}{'a' * 100}").refusal == (422, "invalid", "query.ref")
