"""Keys: without one a caller learns nothing, and no key is in a response or in the log."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from localhost.azurite import Azurite
from shared.cli.app_client import DeployedApp
from shared.cli.main import app
from shared.rules.symptoms import Symptom
from shared.runtime import Runtime
from shared.steps.operators.doctor.app_check import CheckApp
from tests.host.api.api_host import ApiHost, start_host
from tests.host.api.hostile import ID
from tests.host.api.raw_client import Header, RawClient
from tests.rig import empty

NAMES = ("health", "jobs", "stats", "metrics", "openapi.json", "nothing", "dashboards")
PATHS = tuple(f"/api/{name}" for name in NAMES)
HEADER = "x-functions-key"
OTHER = pytest.mark.prove("a host for each level; every day unit tests see the route's, and test_host_keys its keys")


@pytest.fixture(scope="module", name="auth_host")
def _auth_host(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[ApiHost]:
    empty(azurite)
    with start_host(tmp_path_factory.mktemp("auth_host"), "--auth", storage=azurite) as host:
        yield host


@pytest.fixture(scope="module", name="client")
def _client(auth_host: ApiHost) -> RawClient:
    return RawClient(auth_host.port, [auth_host.account_key, *auth_host.keys.values()])


def ways_to_send(key: str) -> list[tuple[str, list[Header]]]:
    """Return two ways to send a key: what to add to a target, and headers."""
    return [("", [(HEADER, key)]), (f"?code={key}", [])]


def test_without_the_right_key_every_path_is_401_and_bare(auth_host: ApiHost, client: RawClient) -> None:
    right = auth_host.keys["function"]
    wrong = [way for key in (right[:-1], right + "a", right.swapcase(), "") for way in ways_to_send(key)]
    for path in PATHS:
        responses = [client.ask("GET", path + query, None, headers) for query, headers in [("", []), *wrong]]
        assert {(response.status, response.code) for response in responses} == {(401, "bare")}


def test_the_page_of_the_dashboard_is_open_and_no_way_to_anything_else(client: RawClient) -> None:
    assert client.ask("GET", "/api/dashboard").status == 200
    lead = client.ask("GET", "/api/dashboard/?code=k%2F")
    assert (lead.status, lead.headers["location"]) == (302, "../dashboard?code=k%2F")
    ways = (
        "/jobs",
        "/../jobs",
        "/..%2Fjobs",
        "/%2E%2E/jobs",
        "/a/..;/jobs",
        "/..%5Cjobs",
        "/%2F..%2Fstats",
        "/a/b?x=/api/jobs",
    )
    assert {client.ask("GET", f"/api/dashboard{way}").status for way in ways} <= {400, 401, 404, 422}
    assert {client.ask("GET", f"/api/DASHBOARD{way}").status for way in ways} <= {400, 401, 404, 422}


def test_a_key_in_the_header_outranks_the_one_in_the_query(auth_host: ApiHost, client: RawClient) -> None:
    assert client.ask("GET", f"/api/jobs?code={auth_host.keys['function']}", None, [(HEADER, "wrong")]).status == 401


def test_either_key_opens_every_path_in_the_header_and_in_the_query(auth_host: ApiHost, client: RawClient) -> None:
    for query, headers in [way for key in auth_host.keys.values() for way in ways_to_send(key)]:
        statuses = {path: client.ask("GET", path + query, None, headers).status for path in PATHS}
        assert statuses == dict.fromkeys(PATHS, 200) | dict.fromkeys(("/api/nothing", "/api/dashboards"), 404)


def test_the_command_asks_over_http_with_a_key_and_says_what_to_do_about_a_wrong_one(auth_host: ApiHost) -> None:
    environ = {"DARKROOM_URL": f"http://127.0.0.1:{auth_host.port}", "COLUMNS": "400"}
    right = CliRunner().invoke(app, ["jobs", "--json"], env={**environ, "DARKROOM_KEY": auth_host.keys["function"]})
    assert right.exit_code == 0, right.stderr
    wrong = CliRunner().invoke(app, ["jobs"], env={**environ, "DARKROOM_KEY": "wrong"})
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "Set DARKROOM_KEY to a key of the app." in wrong.stderr


def test_no_key_is_in_a_response_or_in_the_log(auth_host: ApiHost, client: RawClient) -> None:
    key = auth_host.keys["function"]
    for target in (f"/api/jobs/{ID}", "/api/jobs/x", "/api/nothing", "/api/%ff"):
        response = client.ask("GET", f"{target}?code={key}")
        assert (response.status // 100, "?" in response.json["instance"]) == (4, False)
    assert client.ask("GET", f"/api/jobs?CODE={key}&code={key}").status == 200
    assert client.ask("POST", f"/api/jobs?code={key}", b'{"type":"t","ref":"r"}').headers["location"].count("?") == 0
    log = auth_host.log.read_text("utf-8")
    assert [name for name, secret in auth_host.keys.items() if secret in log] == []


@OTHER
def test_an_open_api_asks_for_no_key(tmp_path: Path, auth_host: ApiHost) -> None:
    with start_host(tmp_path, "--auth", storage=auth_host.azurite, API_AUTH_LEVEL="anonymous") as host:
        assert [host.ask("GET", path).status for path in PATHS] == [200] * 5 + [404, 404]


@OTHER
def test_an_api_for_administrators_takes_the_master_key_alone(tmp_path: Path, auth_host: ApiHost) -> None:
    with start_host(tmp_path, "--auth", storage=auth_host.azurite, API_AUTH_LEVEL="admin") as host:
        for path in PATHS:
            assert host.ask("GET", path, headers={HEADER: host.keys["function"]}).status == 401
            assert host.ask("GET", path, headers={HEADER: host.keys["master"]}).status in {200, 404}


def test_an_api_with_keys_of_its_own_takes_these_alone(tmp_path: Path, auth_host: ApiHost) -> None:
    keys = f"reader={hashlib.sha256(b'r').hexdigest()},operator/o={hashlib.sha256(b'o').hexdigest()}"
    with start_host(tmp_path, "--auth", storage=auth_host.azurite, API_KEYS=keys) as host:
        for headers in ({}, {HEADER: host.keys["master"]}, {"Authorization": f"Bearer {host.keys['function']}"}):
            assert {host.ask("GET", path, headers=headers).status for path in PATHS} == {200, 401}
            assert host.ask("GET", "/api/health", headers=headers).status == 200
        bearers = [{"Authorization": f"Bearer {key}"} for key in "ro"]
        assert [host.ask("POST", f"/api/jobs/{ID}/cancel", headers=each).status for each in bearers] == [403, 404]


def test_the_doctor_asks_the_app_and_its_host_with_a_key_for_each(auth_host: ApiHost) -> None:
    keys = {"DARKROOM_KEY": auth_host.keys["function"], "DARKROOM_HOST_KEY": auth_host.keys["master"]}
    for environ, refusals in (({}, 3), ({"DARKROOM_KEY": keys["DARKROOM_KEY"]}, 1), (keys, 0)):
        check = CheckApp(app=DeployedApp(auth_host.url, environ), runtime=Runtime())
        symptoms = [each.symptom for each in check.check()]
        assert symptoms.count(Symptom.KEY_NEEDED) == refusals
        assert (Symptom.BUNDLE_UNKNOWN in symptoms, Symptom.APP_RESPONDS in symptoms) == (not refusals, refusals < 3)
