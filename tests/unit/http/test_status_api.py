import hashlib
import platform
import sys
from datetime import UTC, datetime
from importlib import metadata
from types import SimpleNamespace

import pytest

from shared.analysis.report import ANALYZER
from shared.analysis.sandbox.layers import Confinement
from shared.http import versions
from shared.rules.statistics import Stats
from tests.unit.http.client import Client

STATS = Stats(
    as_of=datetime(2026, 1, 1, tzinfo=UTC),
    jobs={"t": {"PENDING": 2}},
    capped=False,
    oldest_due_age_seconds=1.5,
    lock={"holder": None},
    poison=0,
    missed=None,
    stale_reports_total=3,
)


def test_figures_are_told_to_people(client: Client) -> None:
    client.darkroom.statistics.count = lambda: STATS
    body = client.call("GET", "/stats").json
    assert (body["jobs"], body["missed"], body["as_of"]) == ({"t": {"PENDING": 2}}, None, "2026-01-01T00:00:00.000Z")


def test_figures_are_told_to_prometheus(client: Client) -> None:
    client.darkroom.statistics.count = lambda: STATS
    response = client.call("GET", "/metrics")
    assert response.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b'darkroom_jobs{type="t",state="PENDING"} 2\n' in response.body


def test_health_costs_two_reads_and_one_for_who_may_only_know_the_state(client: Client) -> None:
    before = len(client.world.journal)
    assert client.call("GET", "/health").json["status"] == "ok"
    assert client.world.journal[before:] == ["locks.list", "marks.get"]
    keyless = Client(API_KEYS=f"operator/ops={hashlib.sha256(b'secret').hexdigest()}")
    before = len(keyless.world.journal)
    assert keyless.call("GET", "/health").json == {"status": "ok"}
    assert keyless.world.journal[before:] == ["locks.list"]


def test_health_is_degraded_when_a_timer_is_late_and_says_which_to_who_has_a_key() -> None:
    client = Client()
    client.darkroom.sweep.sweep(owner="timer/1")
    client.world.clock.advance(58 * 60)
    response = client.call("GET", "/health")
    assert (response.status, response.json["status"]) == (200, "degraded")
    assert response.json["upkeep"] == {
        "sweep": {"age_seconds": 3480.0, "limit_seconds": 3420.0, "late": True},
        "reconcile": {"age_seconds": None, "limit_seconds": 5760.0, "late": False},
        "purge": {"age_seconds": None, "limit_seconds": 65160.0, "late": False},
        "walk": {"age_seconds": None, "limit_seconds": None, "late": False},
    }


def test_health_says_how_child_processes_are_confined() -> None:
    client = Client(ANALYSIS_ISOLATION="process")
    unknown = {"mode": "try", "layers": None, "refused": None}
    assert client.call("GET", "/health").json["confinement"] == unknown
    confinement = Confinement({"landlock": "ABI 7"}, {"seccomp": "Operation not permitted"})
    client.darkroom.analyst = SimpleNamespace(confinement=confinement)
    assert client.call("GET", "/health").json["confinement"] == {
        "mode": "try",
        "layers": {"landlock": "ABI 7"},
        "refused": {"seccomp": "Operation not permitted"},
    }


def test_health_says_what_runs_and_of_a_worker_that_does_not_run_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    client = Client()
    for name in versions._WORKERS:
        monkeypatch.delitem(sys.modules, name, raising=False)
    versions.versions.cache_clear()
    known = client.call("GET", "/health").json["versions"]
    assert (known["darkroom"], known["worker"]) == (ANALYZER.partition("/")[2], None)
    assert known["python"] == platform.python_version()
    assert known["azure_functions"] == metadata.version("azure-functions")
    monkeypatch.setitem(sys.modules, "azure_functions_worker.version", SimpleNamespace(VERSION="4.36.0"))
    versions.versions.cache_clear()
    assert client.call("GET", "/health").json["versions"]["worker"] == "4.36.0"
    versions.versions.cache_clear()


def test_where_no_process_is_started_none_is_confined() -> None:
    confinement = Client(ANALYSIS_ISOLATION="off").call("GET", "/health").json["confinement"]
    assert confinement == {"mode": "off", "layers": None, "refused": None}
