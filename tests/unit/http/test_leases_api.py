"""Leases are secrets: who has not claimed a job is given nothing by which to end it."""

from typing import Any

import pytest

from tests.unit.http.client import Site
from tests.unit.http.test_holders_api import CALLS

OPERATORS = [("POST", "/cancel"), ("POST", "/redrive"), ("DELETE", "")]


def is_version(tag: str) -> bool:
    return tag.startswith('"v:')


@pytest.mark.case("security M2", was="the ETag of a GET was the lease")
@pytest.mark.parametrize(("call", "body"), CALLS)
def test_what_a_get_answers_ends_nobodys_job(site: Site, call: str, body: Any) -> None:  # noqa: ANN401 - JSON
    held = site.claimed()
    path = f"/jobs/{held.json['id']}"
    tag = site.call("GET", path).headers["etag"]
    assert site.call("POST", f"{path}/{call}", body, if_match=tag).refusal == (412, "stale", None)
    assert site.call("POST", f"{path}/renew", {}, if_match=held.headers["etag"]).status == 200


@pytest.mark.parametrize(("method", "call"), OPERATORS)
def test_a_lease_names_no_version_for_an_operator(site: Site, method: str, call: str) -> None:
    held = site.claimed()
    path = f"/jobs/{held.json['id']}{call}"
    assert site.call(method, path, if_match=held.headers["etag"]).refusal == (412, "mismatch", None)


def test_only_a_claim_and_a_renewal_answer_with_the_lease(site: Site) -> None:
    added = site.added("a")
    held = site.call("POST", f"/jobs/{added.json['id']}/claim", {"owner": "w"})
    path, lease = f"/jobs/{held.json['id']}", held.headers["etag"]
    renewed = site.call("POST", f"{path}/renew", {}, if_match=lease).headers["etag"]
    others = [added, site.added("a"), site.call("GET", path)]
    others += [site.call("POST", f"{path}/{call}", body, if_match=renewed) for call, body in CALLS[1:2]]
    assert [is_version(tag) for tag in (lease, renewed)] == [False, False]
    assert all(is_version(answer.headers["etag"]) for answer in others)


@pytest.mark.parametrize("call", CALLS[2:], ids=lambda call: str(call[0]))
def test_the_end_of_an_attempt_answers_with_a_version(site: Site, call: tuple[str, Any]) -> None:
    held = site.claimed()
    answer = site.call("POST", f"/jobs/{held.json['id']}/{call[0]}", call[1], if_match=held.headers["etag"])
    assert is_version(answer.headers["etag"])


@pytest.mark.parametrize(("method", "call"), OPERATORS)
def test_an_operator_writes_over_the_version_that_was_looked_at_and_no_other(
    site: Site, method: str, call: str
) -> None:
    job_id = site.added().json["id"]
    path = f"/jobs/{job_id}"
    if call != "/cancel":
        site.call("POST", f"{path}/cancel")
    tag = site.call("GET", path).headers["etag"]
    assert site.call(method, path + call, if_match=tag).status in {200, 202, 204}
    assert site.call(method, path + call, if_match=tag).status in {404, 412}


def test_a_renewal_makes_another_version(site: Site) -> None:
    held = site.claimed()
    path = f"/jobs/{held.json['id']}"
    before = site.call("GET", path).headers["etag"]
    site.call("POST", f"{path}/renew", {}, if_match=held.headers["etag"])
    assert site.call("POST", f"{path}/cancel", if_match=before).refusal == (412, "mismatch", None)
