import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from shared.analysis.sandbox.layers import Confinement
from shared.http import dashboard
from shared.rules.statistics import Stats
from tests.unit.http.client import Site

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


def test_figures_are_told_to_people(site: Site) -> None:
    site.darkroom.statistics.count = lambda: STATS
    told = site.call("GET", "/stats").json
    assert (told["jobs"], told["missed"], told["as_of"]) == ({"t": {"PENDING": 2}}, None, "2026-01-01T00:00:00.000Z")


def test_figures_are_told_to_prometheus(site: Site) -> None:
    site.darkroom.statistics.count = lambda: STATS
    answer = site.call("GET", "/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert b'darkroom_jobs{type="t",state="PENDING"} 2\n' in answer.body


def test_health_costs_one_read(site: Site) -> None:
    before = len(site.world.journal)
    assert site.call("GET", "/health").json["status"] == "ok"
    assert site.world.journal[before:] == ["locks.get"]


def test_health_says_how_child_processes_are_confined() -> None:
    site = Site(ANALYSIS_ISOLATION="process")
    unknown = {"mode": "try", "layers": None, "refused": None}
    assert site.call("GET", "/health").json["confinement"] == unknown
    confinement = Confinement({"landlock": "ABI 7"}, {"seccomp": "Operation not permitted"})
    site.darkroom.analyst = SimpleNamespace(confinement=confinement)
    assert site.call("GET", "/health").json["confinement"] == {
        "mode": "try",
        "layers": {"landlock": "ABI 7"},
        "refused": {"seccomp": "Operation not permitted"},
    }


def test_where_no_process_is_started_none_is_confined() -> None:
    confinement = Site(ANALYSIS_ISOLATION="off").call("GET", "/health").json["confinement"]
    assert confinement == {"mode": "off", "layers": None, "refused": None}


def test_the_page_may_run_its_own_style_and_script_alone(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "page.html"
    file.write_text("<style>\na {}</style><script type=module>é()</script>", encoding="utf-8")
    page = dashboard.page(file)
    monkeypatch.setattr(dashboard, "page", lambda: page)
    policy = site.call("GET", "/dashboard").headers["content-security-policy"]
    for inline in ("\na {}", "é()"):
        assert base64.b64encode(hashlib.sha256(inline.encode()).digest()).decode() in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_page_without_a_script_may_run_none() -> None:
    assert "script-src 'none'" in dashboard.policy("<style>a</style>")
