"""Keys with roles: every operation for every role, without a key, and with a wrong one."""

import hashlib
import logging

import pytest

from shared.http.paths import Paths
from tests.unit.acts import note
from tests.unit.http.client import Client, Response

KEYS = {role: f"{role}-0123456789abcdef" for role in ("reader", "uploader", "worker", "operator")}
SETTING = ",".join(f"{role}/one={hashlib.sha256(key.encode()).hexdigest()}" for role, key in KEYS.items())
LOOK = {"listJobs", "getJob", "jobHistory", "whyNot", "openapi"}
FIGURES = {
    "listImages",
    "getImage",
    "getThumbnail",
    "getStats",
    "getMetrics",
    "getHistory",
    "listCauses",
    "listLocks",
    "countBlobs",
}
BRING = {"uploadImage", "analyzeImage", "addJob"}
WORK = {"claimNext", "claimJob", "renewJob", "completeJob", "retryJob", "abandonJob", "failJob"}
OPERATE = {"cancelJob", "redriveJob", "deleteJob", "purgeJobs", "walkContainer", "actOnJobs", "listActions"} | {
    *("listRejected", "getRejected", "actOnRejected")
}
OPEN = {"getHealth", "getDashboard", "getDashboardFile"}
MAY = {
    "reader": OPEN | LOOK | FIGURES,
    "uploader": OPEN | LOOK | FIGURES | BRING,
    "worker": OPEN | LOOK | WORK,
    "operator": OPEN | LOOK | FIGURES | BRING | WORK | OPERATE,
}
READER = KEYS["reader"]
NO_KEYS = {
    "none": {},
    "wrong": {"authorization": f"Bearer {READER}0"},
    "prefix": {"authorization": f"Bearer {READER[:-1]}"},
    "other case": {"authorization": f"Bearer {READER.upper()}"},
    "its hash": {"authorization": f"Bearer {hashlib.sha256(READER.encode()).hexdigest()}"},
    "empty": {"authorization": "Bearer "},
    "no scheme": {"authorization": READER},
    "another scheme": {"authorization": f"Basic {READER}"},
    "two keys": {"authorization": f"Bearer {READER} {READER}"},
    "a list": {"authorization": f"Bearer {READER}, Bearer {READER}"},
    "no ASCII": {"authorization": f"Bearer {READER}\u00e9"},
    "a function key": {"x_functions_key": READER},
}


@pytest.fixture(name="client")
def _client() -> Client:
    return Client(API_KEYS=SETTING)


def operations(client: Client) -> list[tuple[str, str, str]]:
    paths = Paths(client.app.routes).operations()
    assert {name for _, _, name in paths} == MAY["operator"]
    with_ids = [(method, path.replace("{id}", "t-" + "0" * 32), name) for method, path, name in paths]
    return [(method, path.replace("{image}", "0" * 32), name) for method, path, name in with_ids]


def refusal_code(response: Response) -> str | None:
    """Return the code of an authorizer's refusal; None if it let the request in."""
    codes = {401: "key_required", 403: "wrong_role"}
    return response.refusal[1] if response.status in codes else None


@pytest.mark.case("security M3", was="one key for everything")
@pytest.mark.parametrize("role", MAY)
def test_each_role_may_call_what_the_table_says_and_nothing_else(client: Client, role: str) -> None:
    codes = {
        name: refusal_code(client.call(method, path, authorization=f"Bearer {KEYS[role]}"))
        for method, path, name in operations(client)
    }
    assert codes == {name: None if name in MAY[role] else "wrong_role" for name in codes}


@pytest.mark.parametrize("header", NO_KEYS)
def test_without_a_valid_key_only_public_operations_can_be_called(client: Client, header: str) -> None:
    codes = {
        name: refusal_code(client.call(method, path, **NO_KEYS[header])) for method, path, name in operations(client)
    }
    assert codes == {name: None if name in OPEN else "key_required" for name in codes}


@pytest.mark.parametrize("header", NO_KEYS)
def test_without_a_valid_key_nobody_learns_which_paths_exist(client: Client, header: str) -> None:
    for path in ("/nothing", "/jobs/x/y", "/images", ""):
        response = client.call("PATCH", path, **NO_KEYS[header])
        with note(path):
            assert (response.status, response.json["code"]) == (401, "key_required")
            assert response.headers["www-authenticate"].startswith('Bearer realm="darkroom"')


def test_with_a_key_unknown_paths_and_methods_are_404_and_405(client: Client) -> None:
    bearer = {"authorization": f"Bearer {READER}"}
    assert client.call("GET", "/nothing", **bearer).refusal == (404, "no_such_path", None)
    assert client.call("PATCH", "/jobs", **bearer).refusal == (405, "method_not_allowed", None)
    assert client.call("HEAD", "/jobs", **bearer).status == 200
    assert client.call("HEAD", "/jobs").status == 401


def test_a_scheme_is_known_in_any_case_and_behind_any_blanks(client: Client) -> None:
    assert client.call("GET", "/jobs", authorization=f" bEARER   {READER}\t").status == 200


def test_without_keys_of_its_own_the_api_asks_for_none() -> None:
    client = Client()
    assert {refusal_code(client.call(method, path)) for method, path, _ in operations(client)} == {None}
    assert client.call("GET", "/jobs", authorization="Bearer whatever").status == 200


def test_the_key_is_checked_before_the_body(client: Client) -> None:
    body = b"x" * (65 * 2**20)
    assert client.call("PUT", "/images/a", body).status == 401
    assert client.call("PUT", "/images/a", body, authorization=f"Bearer {READER}").status == 403


def test_no_key_and_no_hash_is_in_a_response_or_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    responses = [
        client.call(method, path, authorization=f"Bearer {key}")
        for key in KEYS.values()
        for method, path, _ in operations(client)
    ]
    text = " ".join(f"{response.headers} {response.body!r}" for response in responses) + caplog.text
    text += repr(client.world.settings)
    assert [
        each for key in KEYS.values() for each in (key, hashlib.sha256(key.encode()).hexdigest()) if each in text
    ] == []


def test_the_log_names_who_made_a_call_for_operators(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    client.call("POST", f"/jobs/t-{'0' * 32}/cancel", authorization=f"Bearer {KEYS['operator']}")
    client.call("GET", "/jobs", authorization=f"Bearer {KEYS['operator']}")
    (line,) = [record.getMessage() for record in caplog.records if "operator call" in record.getMessage()]
    assert '"key": "operator/one"' in line


def test_health_has_details_only_with_a_key(client: Client) -> None:
    assert client.call("GET", "/health", x_darkroom_caller="key operator one").json == {"status": "ok"}
    assert "confinement" in client.call("GET", "/health", authorization=f"Bearer {READER}").json
    assert "confinement" in Client().call("GET", "/health").json


def test_the_contract_says_that_a_key_is_needed(client: Client) -> None:
    document = client.call("GET", "/openapi.json", authorization=f"Bearer {READER}").json
    assert document["security"] == [{"key": []}]
    assert document["paths"]["/health"]["get"]["security"] == []
    assert "security" not in Client().call("GET", "/openapi.json").json
