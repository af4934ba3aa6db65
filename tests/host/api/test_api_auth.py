"""Keys: who has none learns nothing, and no key is told on: not in an answer, and not in the log."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from localhost.azurite import Azurite
from tests.host.api.api_host import Served, served
from tests.host.api.hostile import ID
from tests.host.api.raw_client import Header, Wire
from tests.rig import empty

NAMES = ("health", "jobs", "stats", "metrics", "dashboard", "openapi.json", "nothing")
PATHS = tuple(f"/api/{name}" for name in NAMES)
HEADER = "x-functions-key"
OTHER = pytest.mark.prove("a host for each level; every day unit tests see the route's, and test_host_keys its keys")


@pytest.fixture(scope="module", name="locked")
def _locked(tmp_path_factory: pytest.TempPathFactory, azurite: Azurite) -> Iterator[Served]:
    empty(azurite)
    with served(tmp_path_factory.mktemp("locked"), "--auth", storage=azurite) as host:
        yield host


@pytest.fixture(scope="module", name="wire")
def _wire(locked: Served) -> Wire:
    return Wire(locked.port, [locked.account_key, *locked.keys.values()])


def brought(key: str) -> list[tuple[str, list[Header]]]:
    """Return the two ways to bring a key: what is added to a target, and the headers."""
    return [("", [(HEADER, key)]), (f"?code={key}", [])]


def test_without_the_right_key_every_path_is_401_and_bare(locked: Served, wire: Wire) -> None:
    right = locked.keys["function"]
    wrong = [way for key in (right[:-1], right + "a", right.swapcase(), "") for way in brought(key)]
    for path in PATHS:
        replies = [wire.ask("GET", path + query, None, headers) for query, headers in [("", []), *wrong]]
        assert {(reply.status, reply.told) for reply in replies} == {(401, "bare")}


def test_a_key_in_the_header_outranks_the_one_in_the_query(locked: Served, wire: Wire) -> None:
    assert wire.ask("GET", f"/api/jobs?code={locked.keys['function']}", None, [(HEADER, "wrong")]).status == 401


def test_either_key_opens_every_path_in_the_header_and_in_the_query(locked: Served, wire: Wire) -> None:
    for query, headers in [way for key in locked.keys.values() for way in brought(key)]:
        told = {path: wire.ask("GET", path + query, None, headers).status for path in PATHS}
        assert told == dict.fromkeys(PATHS, 200) | {"/api/nothing": 404}


def test_no_key_is_told_on(locked: Served, wire: Wire) -> None:
    key = locked.keys["function"]
    for target in (f"/api/jobs/{ID}", "/api/jobs/x", "/api/nothing", "/api/%ff"):
        reply = wire.ask("GET", f"{target}?code={key}")
        assert (reply.status // 100, "?" in reply.json["instance"]) == (4, False)
    assert wire.ask("GET", f"/api/jobs?CODE={key}&code={key}").status == 200
    assert wire.ask("POST", f"/api/jobs?code={key}", b'{"type":"t","ref":"r"}').headers["location"].count("?") == 0
    log = locked.log.read_text("utf-8")
    assert [name for name, secret in locked.keys.items() if secret in log] == []


@OTHER
def test_an_open_api_asks_for_no_key(tmp_path: Path, locked: Served) -> None:
    with served(tmp_path, "--auth", storage=locked.azurite, API_AUTH_LEVEL="anonymous") as host:
        assert [host.ask("GET", path).status for path in PATHS] == [200] * 6 + [404]


@OTHER
def test_an_api_for_administrators_takes_the_master_key_alone(tmp_path: Path, locked: Served) -> None:
    with served(tmp_path, "--auth", storage=locked.azurite, API_AUTH_LEVEL="admin") as host:
        for path in PATHS:
            assert host.ask("GET", path, headers={HEADER: host.keys["function"]}).status == 401
            assert host.ask("GET", path, headers={HEADER: host.keys["master"]}).status in {200, 404}


def test_an_api_with_keys_of_its_own_takes_these_alone(tmp_path: Path, locked: Served) -> None:
    keys = f"reader={hashlib.sha256(b'r').hexdigest()},operator/o={hashlib.sha256(b'o').hexdigest()}"
    with served(tmp_path, "--auth", storage=locked.azurite, API_KEYS=keys) as host:
        for headers in ({}, {HEADER: host.keys["master"]}, {"Authorization": f"Bearer {host.keys['function']}"}):
            assert {host.ask("GET", path, headers=headers).status for path in PATHS} == {200, 401}
            assert host.ask("GET", "/api/health", headers=headers).status == 200
        told = [host.ask("POST", f"/api/jobs/{ID}/cancel", headers={"Authorization": f"Bearer {key}"}) for key in "ro"]
        assert [answer.status for answer in told] == [403, 404]
