"""Attempts as a table and as a timeline."""

import json
from typing import Any

from shared.cli.attempts import show_attempts, show_timeline, timeline
from tests.doubles.terminal import pipe, terminal, text_of


def _at(second: int) -> str:
    return f"2026-05-04T12:{second // 60:02}:{second % 60:02}.000Z"


KILLED = {"token": 1, "owner": "queue/1", "started_at": _at(2), "ended_at": _at(70), "outcome": "lapsed", "refused": 2,
          "refused_report": "complete", "refused_at": _at(75)}  # fmt: skip
LAST = {"token": 2, "owner": "queue/2", "started_at": _at(70), "ended_at": _at(80), "outcome": "complete", "refused": 0}
JOB: dict[str, Any] = {
    "id": f"t-{7:032x}",
    "ref": "r",
    "state": "COMPLETED",
    "token": 2,
    "created_at": _at(0),
    "ended_at": _at(80),
    "traceparent": f"00-{4711:032x}-{1:016x}-01",
}


def test_a_timeline_marks_the_attempt_that_was_killed_and_has_the_late_reports_of_its_worker() -> None:
    found = [(each.at, each.what, each.token, each.seconds) for each in timeline(JOB, [KILLED, LAST])]
    assert found == [
        (_at(0), "added", None, None),
        (_at(2), "claimed", 1, 2),
        (_at(70), "lapsed", 1, 68),
        (_at(70), "claimed", 2, 0),
        (_at(75), "refused", 1, None),
        (_at(80), "complete", 2, 10),
        (_at(80), "COMPLETED", None, 80),
    ]


def test_a_timeline_of_a_running_job_ends_with_its_lease() -> None:
    running = {**LAST, "ended_at": None, "outcome": None}
    job = {**JOB, "state": "RUNNING", "ended_at": None, "updated_at": _at(79), "lease_until": _at(139)}
    last = timeline(job, [running])[-1]
    assert (last.at, last.what, last.detail) == (_at(79), "runs", f"leased until {_at(139)}")


def test_an_error_is_said_once() -> None:
    error = {"code": "empty_blob", "message": "The blob is empty."}
    job, attempt = {**JOB, "state": "FAILED", "error": error}, {**LAST, "outcome": "fail", "error": error}
    assert [each.detail for each in timeline(job, [attempt])][-2:] == ["empty_blob: The blob is empty.", ""]


def test_a_person_gets_a_line_for_each_moment_and_a_program_an_object_with_the_trace() -> None:
    output, program = terminal(), pipe()
    show_timeline(JOB, [KILLED, LAST], output, as_json=False)
    show_timeline(JOB, [KILLED, LAST], program, as_json=True)
    assert f"trace      {4711:032x}" in text_of(output).splitlines()
    shown = " ".join(text_of(output).split())
    assert "lapsed 1 68 s The worker was lost: its lease" in shown
    assert "refused 1 late reports refused: 2, the" in shown
    objects = [json.loads(line) for line in text_of(program).splitlines()]
    assert {(each["job"], each["trace_id"]) for each in objects} == {(JOB["id"], f"{4711:032x}")}
    assert len(objects) == 7


def test_a_history_is_a_table_on_eighty_columns() -> None:
    output = terminal()
    show_attempts([KILLED, {**LAST, "owner": "w" * 128}], output, as_json=False)
    lines = text_of(output).splitlines()
    assert lines[0].split() == ["token", "started", "took", "outcome", "worker", "error"]
    assert "lapsed" in lines[1]
    assert max(map(len, lines)) <= 80


def test_a_job_without_an_attempt_has_an_empty_history() -> None:
    output, program = pipe(), pipe()
    show_attempts([], output, as_json=False)
    show_attempts([], program, as_json=True)
    assert (text_of(output), text_of(program)) == ("There was no attempt yet.\n", "")
