"""Leases are secrets: nobody but the holder of a job gets what could end it."""

from typing import Any

import pytest

from tests.unit.http.client import Client, Response
from tests.unit.http.test_holders_api import CALLS

OPERATORS = [("POST", "/cancel"), ("POST", "/redrive"), ("DELETE", "")]


def is_version(tag: str) -> bool:
    return tag.startswith('"v:')


@pytest.mark.case("security M2", was="the ETag of a GET was the lease")
@pytest.mark.parametrize(("call", "body"), CALLS)
def test_what_a_get_answers_ends_nobodys_job(client: Client, claim: Response, call: str, body: Any) -> None:  # noqa: ANN401 - JSON
    path = f"/jobs/{claim.json['id']}"
    tag = client.call("GET", path).headers["etag"]
    assert client.call("POST", f"{path}/{call}", body, if_match=tag).refusal == (412, "stale", None)
    assert client.call("POST", f"{path}/renew", {}, if_match=claim.headers["etag"]).status == 200


@pytest.mark.parametrize(("method", "call"), OPERATORS)
def test_a_lease_names_no_version_for_an_operator(client: Client, claim: Response, method: str, call: str) -> None:
    path = f"/jobs/{claim.json['id']}{call}"
    assert client.call(method, path, if_match=claim.headers["etag"]).refusal == (412, "mismatch", None)


def test_only_a_claim_and_a_renewal_answer_with_the_lease(client: Client) -> None:
    job = client.add_job("a")
    claim = client.call("POST", f"/jobs/{job.json['id']}/claim", {"owner": "w"})
    path, lease = f"/jobs/{claim.json['id']}", claim.headers["etag"]
    renewed = client.call("POST", f"{path}/renew", {}, if_match=lease).headers["etag"]
    others = [job, client.add_job("a"), client.call("GET", path)]
    others += [client.call("POST", f"{path}/{call}", body, if_match=renewed) for call, body in CALLS[1:2]]
    assert [is_version(tag) for tag in (lease, renewed)] == [False, False]
    assert all(is_version(response.headers["etag"]) for response in others)


@pytest.mark.parametrize("call", CALLS[2:], ids=lambda call: str(call[0]))
def test_the_end_of_an_attempt_answers_with_a_version(client: Client, claim: Response, call: tuple[str, Any]) -> None:
    response = client.report(claim, *call)
    assert is_version(response.headers["etag"])


@pytest.mark.parametrize(("method", "call"), OPERATORS)
def test_an_operator_writes_over_the_version_that_was_looked_at_and_no_other(
    client: Client, method: str, call: str
) -> None:
    job_id = client.add_job().json["id"]
    path = f"/jobs/{job_id}"
    if call != "/cancel":
        client.call("POST", f"{path}/cancel")
    tag = client.call("GET", path).headers["etag"]
    assert client.call(method, path + call, if_match=tag).status in {200, 202, 204}
    assert client.call(method, path + call, if_match=tag).status in {404, 412}


def test_a_renewal_makes_another_version(client: Client, claim: Response) -> None:
    path = f"/jobs/{claim.json['id']}"
    before = client.call("GET", path).headers["etag"]
    client.call("POST", f"{path}/renew", {}, if_match=claim.headers["etag"])
    assert client.call("POST", f"{path}/cancel", if_match=before).refusal == (412, "mismatch", None)
