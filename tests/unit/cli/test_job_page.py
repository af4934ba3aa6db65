"""One job or image."""

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cli.job_page import show_image, show_job
from tests.doubles.terminal import pipe, terminal, text_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
JOB: dict[str, Any] = {
    "id": f"image-analysis-{7:032x}",
    "ref": "images/cat.png",
    "state": "COMPLETED",
    "attempts": 2,
    "created_at": "2026-05-04T11:00:00.000Z",
    "started_at": "2026-05-04T11:30:00.000Z",
    "ended_at": "2026-05-04T11:30:01.500Z",
    "image": {"container": "images", "name": "cat.png"},
    "report": {"status": "ok", "image": {"width_px": 9}},
    "params": {"bytes": 7},
    "traceparent": f"00-{4711:032x}-{1:016x}-01",
}


def _lines(job: dict[str, Any]) -> list[str]:
    output = pipe()
    show_job(output, job, NOW)
    return text_of(output).splitlines()


def test_a_job_is_shown_with_times_trace_and_report() -> None:
    lines = _lines(JOB)
    assert "ended      2026-05-04T11:30:01.500Z (29 min ago)" in lines
    assert "worked     1.5 s" in lines
    assert f"trace      {4711:032x}" in lines
    assert lines[-3:] == ["report", "status  ok", "image   width_px: 9"]


def test_a_running_job_has_its_worker_lease_and_progress() -> None:
    running = {"state": "RUNNING", "ended_at": None, "owner": "queue/1", "lease_until": "2026-05-04T12:01:00Z"}
    lines = _lines({**JOB, **running, "progress": 0.5})
    assert "progress   50%" in lines
    assert "worker     queue/1" in lines
    assert "leased     until 2026-05-04T12:01:00Z" in lines


def test_a_failed_job_says_why_and_a_clients_params_are_shown() -> None:
    error = {"code": "bad_input", "message": "The text is empty."}
    lines = _lines({**JOB, "state": "FAILED", "image": None, "report": None, "error": error})
    assert "error      bad_input: The text is empty." in lines
    assert lines[-2:] == ["params", "bytes  7"]


def test_an_image_is_shown_with_its_job_or_without_one() -> None:
    for job, state in ((JOB, "COMPLETED"), (None, "FAILED")):
        output = pipe()
        show_image(output, {"name": "cat.png", "image_id": "7", "state": state, "job": job}, NOW)
        lines = text_of(output).splitlines()
        assert lines[0].split() == ["image", "cat.png"]
        assert ["state", state] in [line.split() for line in lines]
        assert ("Its job was purged. No report is kept." in lines) is (job is None)


@pytest.mark.parametrize("report", ["x", [1], {"a": {"b": ["\x1b[2J" * 99]}}, 7])
def test_a_report_of_any_form_is_shown_within_the_terminal(report: object) -> None:
    output = terminal(60)
    show_job(output, {**JOB, "image": None, "result": report}, NOW)
    assert max(map(len, text_of(output).splitlines())) <= 60
    assert "\x1b" not in text_of(output)
