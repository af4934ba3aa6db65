from typing import Any

import pytest

from tests.unit.http.client import Site

ID = "t-" + "0" * 32


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/jobs", "GET, HEAD, POST"),
        ("/jobs/claim", "POST"),
        ("/jobs/purge", "POST"),
        (f"/jobs/{ID}", "DELETE, GET, HEAD"),
        ("/images/a", "GET, HEAD, PUT"),
        ("/images/a/thumbnail", "PUT"),
        (f"/images/{ID[2:]}/thumbnail", "GET, HEAD"),
        ("/openapi.json", "GET, HEAD"),
    ],
)
def test_a_wrong_method_is_405_with_those_of_all_routes(site: Site, path: str, allow: str) -> None:
    answer = site.call("PATCH", path)
    assert answer.refusal == (405, "method_not_allowed", None)
    assert answer.headers["allow"] == allow


def test_a_path_that_is_spelled_out_is_never_a_jobs(site: Site) -> None:
    assert site.call("GET", "/jobs/claim").status == 405
    assert site.call("DELETE", "/jobs/purge").status == 405


@pytest.mark.parametrize("path", ["/", "", "/jobs/", "/nothing", "/images/a/b", "/docs", "/jobs/a/b/c"])
def test_a_path_to_nothing_is_404(site: Site, path: str) -> None:
    assert site.call("GET", path).status in (404, 405)


def test_a_path_outside_of_the_api_is_404(site: Site) -> None:
    assert site.call("GET", "/../jobs").refusal[0] == 404
    assert site.call("GET", "jobs").refusal[0] == 404


def test_every_answer_forbids_guessing_and_keeping(site: Site) -> None:
    for path in ("/jobs", "/nothing", "/jobs/x", "/%ff", "/metrics"):
        headers = site.call("GET", path).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_a_problem_names_its_path_without_the_query(site: Site) -> None:
    told = site.call("GET", "/jobs/<b>é?code=secret&x=1").json
    assert told["instance"] == "/api/jobs/%3Cb%3E%C3%A9"


def test_what_was_sent_is_not_sent_back(site: Site) -> None:
    answer = site.call("POST", "/jobs", {"type": "SECRET", "ref": "a", "x" * 5000: "SECRET"})
    assert b"SECRET" not in answer.body
    assert len(answer.body) < 2000


def test_many_wrong_fields_are_told_in_part(site: Site) -> None:
    told = site.call("POST", "/jobs", {f"x{n}": 1 for n in range(100)}).json
    assert len(told["errors"]) == 20


def test_a_query_that_is_not_known_or_given_twice_is_422(site: Site) -> None:
    assert site.call("GET", "/jobs?limt=1").refusal == (422, "invalid", "query.limt")
    assert site.call("GET", "/jobs?limit=1&limit=2").refusal == (422, "invalid", "query.limit")
    assert site.call("GET", f"/jobs/{ID}?x").refusal == (422, "invalid", "query.x")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ref": 1}, "must be a valid string; got a number."),
        ({"ref": ""}, "must have at least 1 character; got a string of length 0."),
        ({"ref": None}, "must be a valid string; got null."),
        ({"max_attempts": 101}, "must be less than or equal to 100; got a number."),
        ({"not_before": "now"}, "must be a time with its offset, like 2026-05-04T03:02:01Z; got a string of length 3."),
        ({"size": 1}, "must be a known field."),
    ],
)
def test_a_field_error_says_what_the_field_must_be_and_what_it_looks_like(
    site: Site, fields: dict[str, Any], message: str
) -> None:
    (error,) = site.added(**fields).json["errors"]
    assert error["message"] == message
