from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest

from shared.rules.jobs import State
from tests.unit.http.client import Site

ID = "t-" + "0" * 32
TRACE = "00-" + "a" * 32 + "-" + "b" * 16 + "-01"


def test_a_new_job_is_201_with_its_place_and_version(site: Site) -> None:
    answer = site.added(params={"x": 1})
    assert (answer.status, answer.headers["location"]) == (201, f"/api/jobs/{answer.json['id']}")
    assert answer.headers["etag"].startswith('"')
    assert (answer.json["params"], answer.json["state"], answer.headers["retry-after"]) == ({"x": 1}, "PENDING", "2")


def test_a_unique_job_is_added_once(site: Site) -> None:
    first, again = site.added(), site.added()
    assert (again.status, again.json["id"]) == (200, first.json["id"])
    assert "location" not in again.headers


def test_jobs_are_all_new_unless_they_are_to_be_unique(site: Site) -> None:
    ids = [site.call("POST", "/jobs", {"type": "t", "ref": "a"}).json["id"] for _ in range(2)]
    assert ids[0] != ids[1]


def test_every_field_of_an_order_reaches_the_job(site: Site) -> None:
    told = site.call(
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
    job = site.world.job(told["id"])
    assert (told["not_before"], told["traceparent"], job.max_attempts) == ("2026-01-01T00:00:00.123Z", TRACE, 2)
    assert job.deadline == site.world.clock.now + timedelta(seconds=60)


def test_a_trace_that_cant_be_read_is_drawn_anew(site: Site) -> None:
    assert site.call("POST", "/jobs", {"type": "t", "ref": "a"}, traceparent="x").json["traceparent"] != "x"


def test_moments_beyond_all_sense_are_taken_for_the_limits(site: Site) -> None:
    assert site.added(not_before="9999-12-31T23:59:59-14:00").json["not_before"] == "2999-12-31T00:00:00.000Z"
    assert site.added("b", not_before="0001-01-01T00:00:00+14:00").json["not_before"] == "1971-01-01T00:00:00.000Z"


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
def test_a_field_that_cant_be_used_is_422_and_named(site: Site, fields: dict[str, Any], wrong: str) -> None:
    answer = site.added(**fields)
    assert answer.refusal == (422, "invalid", f"body.{wrong}")
    assert answer.json["errors"][0]["message"].startswith("must ")


def test_images_are_not_added_as_jobs(site: Site) -> None:
    assert site.added(type="image-analysis").refusal == (409, "wrong_type", None)


def test_a_body_must_be_json(site: Site) -> None:
    assert site.call("POST", "/jobs", b"{}", content_type="text/plain").refusal == (415, "not_json", None)
    assert site.call("POST", "/jobs", b"{", content_type="application/json").refusal == (400, "malformed_json", None)


def test_a_job_that_the_client_has_is_304(site: Site) -> None:
    job = site.added()
    answer = site.call("GET", f"/jobs/{job.json['id']}", if_none_match=job.headers["etag"])
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", job.headers["etag"])


def test_a_job_that_has_ended_is_not_to_be_polled(site: Site) -> None:
    assert "retry-after" not in site.completed().headers


@pytest.mark.parametrize("call", ["", "/history", "/why"])
def test_a_job_that_is_not_there_is_404_and_a_bad_id_422(site: Site, call: str) -> None:
    assert site.call("GET", f"/jobs/{ID}{call}").refusal == (404, "no_such_job", None)
    assert site.call("GET", f"/jobs/T{call}").refusal == (422, "invalid", "path.id")


def test_why_is_one_sentence(site: Site) -> None:
    job = site.claimed()
    assert "leased to w" in site.call("GET", f"/jobs/{job.json['id']}/why").json["why"]


def test_a_history_tells_attempts_and_no_claim_ids(site: Site) -> None:
    job = site.claimed()
    (attempt,) = site.call("GET", f"/jobs/{job.json['id']}/history").json["attempts"]
    assert (attempt["token"], attempt["owner"], attempt["ended_at"], "claim_id" in attempt) == (1, "w", None, False)


def test_a_list_goes_on_where_it_ended(site: Site) -> None:
    ids = {site.added(str(n)).json["id"] for n in range(3)}
    first = site.call("GET", "/jobs?type=t&limit=2").json
    second = site.call("GET", f"/jobs?type=t&limit=2&cursor={first['cursor']}").json
    assert {job["id"] for job in first["items"] + second["items"]} == ids
    assert site.call("GET", f"/jobs?limit=2&cursor={first['cursor']}").refusal == (422, "invalid", "query.cursor")


def test_a_list_is_narrowed_by_state_and_reference(site: Site) -> None:
    done, waits = site.completed("a").json["id"], site.added("b").json["id"]

    def listed(query: str) -> list[str]:
        return [job["id"] for job in site.call("GET", f"/jobs?{query}").json["items"]]

    assert listed("state=COMPLETED") == [done]
    assert listed("type=t&ref=b") == [waits]
    assert listed("ended_from=2026-01-01T00:00:00Z&ended_to=2027-01-01T00:00:00Z") == [done]
    assert listed("ended_to=2026-01-01T00:00:00Z") == []


@pytest.mark.parametrize(
    ("query", "wrong"),
    [("ref=a", "ref"), ("limit=0", "limit"), ("limit=201", "limit"), ("state=DONE", "state"), ("type=T", "type"),
     ("ended_from=1", "ended_from"), ("cursor=x", "cursor"), ("cursor=" + "x" * 4097, "cursor"),
     ("type=t&ref=", "ref")],
)  # fmt: skip
def test_a_query_that_cant_be_used_is_422_and_named(site: Site, query: str, wrong: str) -> None:
    answer = site.call("GET", f"/jobs?{query}")
    assert answer.refusal == (422, "invalid", f"query.{wrong}")
    assert answer.json["errors"][0]["message"].startswith("must ")


def test_a_forged_place_is_not_looked_up(site: Site) -> None:
    from shared.http.cursors import encode  # noqa: PLC0415

    places: list[list[int | str]] = [[2, 0, ID], [0, -1, ID], [0, 10**400, ID], [0, 0, "' or 1"]]
    for place in places:
        cursor = encode(place, [None] * 5)
        assert site.call("GET", f"/jobs?cursor={cursor}").refusal == (422, "invalid", "query.cursor")


def test_states_are_those_of_jobs() -> None:
    from shared.http.responses import Job  # noqa: PLC0415

    pattern = Job.model_json_schema()["properties"]["state"]["pattern"]
    assert pattern == "^(" + "|".join(state.value for state in State) + ")$"


@pytest.mark.case("storage asked for", was="422")
@pytest.mark.parametrize("name", ["a" * 1024, "new\nline.png", "c1\x85.png"])
def test_whatever_was_ever_recorded_can_be_asked_for(site: Site, name: str) -> None:
    query = urlencode({"type": "image-analysis", "ref": f"images/{name}"})
    assert site.call("GET", f"/jobs?{query}").json["items"] == []


def test_the_longest_reference_of_an_image_finds_its_job(site: Site) -> None:
    taken = site.uploaded("a" * 1024).json
    query = urlencode({"type": "image-analysis", "ref": "images/" + "a" * 1024})
    assert [job["id"] for job in site.call("GET", f"/jobs?{query}").json["items"]] == [taken["id"]]
    assert site.call("GET", f"/jobs?{query}{'a' * 100}").refusal == (422, "invalid", "query.ref")
