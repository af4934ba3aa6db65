"""What ``darkroom doctor`` says of the deployed app."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from shared.analysis.report import ANALYZER
from shared.analysis.sandbox.layers import REQUIRED
from shared.cli.app_client import DeployedApp
from shared.ports.deployment import AppReply
from shared.rules.diagnoses import Diagnosis
from shared.rules.symptoms import Symptom
from shared.runtime import Runtime
from shared.steps.operators.doctor.app_check import HEALTH, HOST, STATS, CheckApp
from shared.steps.operators.doctor.side_by_side import side_by_side

HEALTHY: Mapping[str, Any] = {"status": "ok", "confinement": {"mode": "try", "layers": dict.fromkeys(REQUIRED, "")}}
RUNNING = {"state": "Running", "version": "4.1044.400.0", "extensionBundle": {"id": "x", "version": "4.29.0"}}


class App:
    """An app that responds as it is told, and well otherwise."""

    def __init__(self, **replies: AppReply) -> None:
        good = {"health": HEALTHY, "stats": {"oldest_due_age_seconds": None, "poison": 0}, "status": RUNNING}
        self.replies = {name: AppReply(status=200, content=content) for name, content in good.items()} | replies

    def get(self, path: str) -> AppReply:
        """Respond."""
        return self.replies[path.rpartition("/")[2]]

    def forge(self, path: str, headers: Mapping[str, str]) -> AppReply:
        """Respond to who has no key: as ``forged`` says to a principal, and as ``open`` says to nobody."""
        refusal = AppReply(status=401)
        return self.replies.get("forged" if headers else "open", refusal) if path == STATS else refusal


def check(**replies: AppReply) -> list[Diagnosis]:
    return list(CheckApp(app=App(**replies), runtime=Runtime()).check())


def test_an_app_that_is_well_is_told_with_its_bundle_and_layers() -> None:
    found = check()
    assert [each.symptom for each in found] == [Symptom.APP_RESPONDS, Symptom.CONFINED, Symptom.HOST_RUNS]
    assert "4.29.0" in found[-1].text


@pytest.mark.parametrize(
    ("status", "symptom"),
    [
        (401, Symptom.KEY_NEEDED),
        (403, Symptom.KEY_NEEDED),
        (302, Symptom.APP_REDIRECTS),
        (503, Symptom.APP_REFUSES),
        (None, Symptom.APP_SILENT),
    ],
)
@pytest.mark.parametrize(("name", "path"), [("health", HEALTH), ("stats", STATS), ("status", HOST)])
def test_a_path_that_does_not_respond_well_is_named(name: str, path: str, status: int | None, symptom: Symptom) -> None:
    (found,) = [each for each in check(**{name: AppReply(status=status, reason="x")}) if each.symptom is symptom]
    assert path in found.text
    assert found.advice


@pytest.mark.parametrize(
    ("confinement", "symptom"),
    [
        ({"mode": "try", "layers": None}, Symptom.NO_CHILD_YET),
        ({"mode": "try", "layers": {"landlock": ""}}, Symptom.UNCONFINED),
        ({"mode": "off", "layers": None}, Symptom.UNCONFINED),
    ],
)
def test_layers_that_are_missing_are_told(confinement: Mapping[str, Any], symptom: Symptom) -> None:
    content = {"status": "ok", "confinement": confinement}
    assert symptom in [each.symptom for each in check(health=AppReply(status=200, content=content))]


@pytest.mark.parametrize(
    ("forged", "bare", "is_forgeable"),
    [(200, 401, True), (200, 403, True), (200, 200, False), (401, 401, False), (302, 302, False), (None, None, False)],
)
def test_an_app_that_believes_a_forged_principal_is_told(
    forged: int | None, bare: int | None, *, is_forgeable: bool
) -> None:
    found = check(forged=AppReply(status=forged), open=AppReply(status=bare))
    assert (Symptom.FORGEABLE in [each.symptom for each in found]) is is_forgeable


def test_late_jobs_and_poison_of_the_app_are_told() -> None:
    found = check(stats=AppReply(status=200, content={"oldest_due_age_seconds": 7300.5, "poison": 2}))
    assert [(each.symptom, each.text.rstrip(".")[-3:]) for each in found if each.where != "app"] == [
        (Symptom.JOBS_LATE, "2 h"),
        (Symptom.POISON_WAITS, "ait"),
    ]


def test_timers_of_the_app_that_are_late_are_told() -> None:
    upkeep: dict[str, dict[str, object]] = {"sweep": {"age_seconds": 7300.0, "limit_seconds": 3600.0, "late": True}}
    upkeep |= {"purge": {"age_seconds": None, "limit_seconds": 3600.0, "late": True}}
    upkeep |= {"walk": {"age_seconds": 99.0, "limit_seconds": None, "late": False}}
    found = check(stats=AppReply(status=200, content={"upkeep": upkeep}))
    late = [each.symptom for each in found if each.where != "app"]
    assert late == [Symptom.UPKEEP_LATE, Symptom.UPKEEP_NEVER]


def test_the_versions_of_the_app_are_told_and_another_release_than_this() -> None:
    own = ANALYZER.partition("/")[2]
    for release, symptoms in ((own, [Symptom.VERSIONS]), ("9.9", [Symptom.VERSIONS, Symptom.OTHER_RELEASE])):
        content = {"status": "ok", "versions": {"darkroom": release, "python": "3.13.1", "worker": None}}
        found = check(health=AppReply(status=200, content=content))[1:-1]
        assert [each.symptom for each in found] == symptoms
        assert found[0].text == f"The app runs darkroom {release}, python 3.13.1."


def test_a_host_that_does_not_run_is_told_with_its_error() -> None:
    found = check(status=AppReply(status=200, content={"state": "Error", "errors": ["No bundle"]}))
    assert [each.text for each in found if each.symptom is Symptom.HOST_STOPPED] == [
        "The state of the Functions host is Error: No bundle."
    ]


def test_a_call_that_takes_too_long_is_not_waited_for() -> None:
    forever = threading.Event()
    calls: list[Callable[[], int]] = [lambda: 1, partial(_wait, forever)]
    assert side_by_side(calls, within=timedelta(seconds=0.05), runtime=Runtime()) == [1, None]
    forever.set()


def _wait(event: threading.Event) -> int:
    event.wait()
    return 2


@pytest.fixture
def requests() -> list[Mapping[str, str]]:
    return []


@pytest.fixture
def address(requests: list[Mapping[str, str]]) -> Iterator[str]:
    """Serve an app that redirects its statistics, and notes headers."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append({"path": self.path} | {name.lower(): value for name, value in self.headers.items()})
            self.send_response(302 if self.path == STATS else 200)
            self.send_header("Location", "http://127.0.0.1:1/stolen")
            self.end_headers()
            self.wfile.write(b'{"status": "ok"}')

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_each_path_gets_its_own_key_and_no_redirect_is_followed(
    address: str, requests: list[Mapping[str, str]]
) -> None:
    app = DeployedApp(address, {"DARKROOM_KEY": "mine", "DARKROOM_HOST_KEY": "master"})
    assert app.get(HEALTH) == AppReply(status=200, content={"status": "ok"})
    assert (app.get(STATS).status, app.get(HOST).status) == (302, 200)
    assert [each["path"] for each in requests] == [HEALTH, STATS, HOST]
    assert [each.get("authorization") for each in requests] == ["Bearer mine", "Bearer mine", None]
    assert [each.get("x-functions-key") for each in requests] == ["mine", "mine", "master"]


def test_an_app_that_is_not_there_has_no_status_and_the_key_is_in_no_reason() -> None:
    reply = DeployedApp("http://127.0.0.1:9", {"DARKROOM_KEY": "mine"}).get(HEALTH)
    assert (reply.status, reply.reason) == (None, "Connection refused")


@pytest.mark.parametrize("key", ["a\nb", "é"])
def test_a_key_that_no_header_can_hold_is_refused_without_being_told(key: str) -> None:
    with pytest.raises(ValueError, match="ASCII") as refused:
        DeployedApp("https://app.example", {"DARKROOM_KEY": key})
    assert key not in str(refused.value)
