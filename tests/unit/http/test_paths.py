import re
from typing import Any
from urllib.parse import quote

import pytest

from tests.unit.http.client import Client

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
def test_a_wrong_method_is_405_with_those_of_all_routes(client: Client, path: str, allow: str) -> None:
    response = client.call("PATCH", path)
    assert response.refusal == (405, "method_not_allowed", None)
    assert response.headers["allow"] == allow


@pytest.mark.parametrize("name", ["a", "a.b/c", "/a//b/", ".a/..b", "é \U0001f431"])
def test_the_contract_permits_the_names_of_images_that_the_service_takes(client: Client, name: str) -> None:
    assert (permits(client, name), status(client, name)) == ([True] * 3, 200)


@pytest.mark.parametrize("name", ["a\\b", "\\", ".", "a/..", "a./b", "b/a.", "a\nb", "\x85", "\uffff"])
def test_the_contract_forbids_the_names_of_images_that_the_service_refuses(client: Client, name: str) -> None:
    assert (permits(client, name), status(client, name)) == ([False] * 3, 422)


def permits(client: Client, name: str) -> list[bool]:
    """Return what the contract says of a name in a body, a query and a path."""
    document = client.call("GET", "/openapi.json").json
    schemas = (
        document["components"]["schemas"]["ImageName"]["properties"]["name"],
        document["paths"]["/images"]["get"]["parameters"][0]["schema"],
        document["paths"]["/images/{image}"]["put"]["parameters"][0]["schema"],
    )
    return [re.search(schema["pattern"], name) is not None for schema in schemas]


def status(client: Client, name: str) -> int:
    """Look for an image of that name."""
    return client.call("GET", f"/images?name={quote(name, safe='')}").status


def test_a_path_that_is_spelled_out_is_never_a_jobs(client: Client) -> None:
    assert client.call("GET", "/jobs/claim").status == 405
    assert client.call("DELETE", "/jobs/purge").status == 405


@pytest.mark.parametrize("path", ["/", "", "/jobs/", "/nothing", "/images/a/b", "/docs", "/jobs/a/b/c"])
def test_a_path_to_nothing_is_404(client: Client, path: str) -> None:
    assert client.call("GET", path).status in (404, 405)


def test_a_path_outside_of_the_api_is_404(client: Client) -> None:
    assert client.call("GET", "/../jobs").refusal[0] == 404
    assert client.call("GET", "jobs").refusal[0] == 404


def test_every_answer_forbids_guessing_and_keeping(client: Client) -> None:
    for path in ("/jobs", "/nothing", "/jobs/x", "/%ff", "/metrics"):
        headers = client.call("GET", path).headers
        assert (headers["x-content-type-options"], headers["cache-control"]) == ("nosniff", "no-store")


def test_a_problem_names_its_path_without_the_query(client: Client) -> None:
    problem = client.call("GET", "/jobs/<b>é?code=secret&x=1").json
    assert problem["instance"] == "/api/jobs/%3Cb%3E%C3%A9"


def test_what_was_sent_is_not_sent_back(client: Client) -> None:
    response = client.call("POST", "/jobs", {"type": "SECRET", "ref": "a", "x" * 5000: "SECRET"})
    assert b"SECRET" not in response.body
    assert len(response.body) < 2000


def test_many_wrong_fields_are_told_in_part(client: Client) -> None:
    problem = client.call("POST", "/jobs", {f"x{n}": 1 for n in range(100)}).json
    assert len(problem["errors"]) == 20


def test_a_query_that_is_not_known_or_given_twice_is_422(client: Client) -> None:
    assert client.call("GET", "/jobs?limt=1").refusal == (422, "invalid", "query.limt")
    assert client.call("GET", "/jobs?limit=1&limit=2").refusal == (422, "invalid", "query.limit")
    assert client.call("GET", f"/jobs/{ID}?x").refusal == (422, "invalid", "query.x")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"ref": 1}, "must be a valid string; got a number."),
        ({"params": []}, "must be a valid dictionary; got an array of length 0."),
        ({"ref": ""}, "must have at least 1 character; got a string of length 0."),
        ({"ref": None}, "must be a valid string; got null."),
        ({"max_attempts": 101}, "must be less than or equal to 100; got a number."),
        ({"not_before": "now"}, "must be a time with its offset, like 2026-05-04T03:02:01Z; got a string of length 3."),
        ({"size": 1}, "must be a known field."),
    ],
)
def test_a_field_error_says_what_the_field_must_be_and_what_it_looks_like(
    client: Client, fields: dict[str, Any], message: str
) -> None:
    (error,) = client.add_job(**fields).json["errors"]
    assert error["message"] == message
