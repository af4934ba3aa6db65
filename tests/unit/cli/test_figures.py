"""Figures, locks, causes and actions."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from shared.cli.action_list import show_actions
from shared.cli.causes import show_causes, show_reason
from shared.cli.figures import show_locks, show_stats, show_stats_changes
from shared.cli.watch import Watch
from shared.runtime import Runtime
from tests.doubles.service import FakeService, answer
from tests.doubles.terminal import notes_of, pipe, terminal, text_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
STATS: dict[str, Any] = {
    "as_of": "2026-05-04T12:00:00Z",
    "jobs": {"image-analysis": {"PENDING": 1_000, "FAILED": 2}},
    "capped": False,
    "oldest_due_age_seconds": 90.5,
    "lock": {"holder": "timer/1"},
    "poison": 3,
    "missed": None,
    "stale_reports_total": 0,
    "upkeep": {"sweep": {"age_seconds": 12, "late": False}, "purge": {"age_seconds": None, "late": True}},
}


def test_figures_are_a_table_of_jobs_and_lines_of_all_else() -> None:
    output = terminal()
    show_stats(STATS, output, as_json=False)
    lines = [" ".join(line.split()) for line in text_of(output).splitlines()]
    assert lines[:2] == ["type PENDING RUNNING COMPLETED FAILED CANCELED", "image-analysis 1,000 2"]
    assert {
        "counted at 2026-05-04T12:00:00Z",
        "oldest due job 90 s",
        "poison messages 3",
        "last sweep 12 s ago",
        "last purge never, late",
    } <= set(lines)


def test_a_program_gets_the_figures_as_they_are() -> None:
    output = pipe()
    show_stats(STATS, output, as_json=True)
    assert json.loads(text_of(output)) == STATS


def test_a_pipe_that_follows_figures_gets_those_that_change() -> None:
    upkeep = {"sweep": {"age_seconds": 22, "late": False}, "purge": {"age_seconds": None, "late": True}}
    later = {**STATS, "as_of": "2026-05-04T12:00:10Z", "poison": 4, "upkeep": upkeep}
    service, output = FakeService({"GET /stats": [answer(STATS), answer(later), KeyboardInterrupt()]}), pipe()
    with pytest.raises(KeyboardInterrupt):
        show_stats_changes(Watch(service, "/stats", {}, Runtime(pause=lambda _: None)), output, as_json=False)
    lines = [" ".join(line.split()) for line in text_of(output).splitlines()]
    assert lines[0] == "image-analysis PENDING 1,000"
    assert lines[-1] == "poison messages 4"
    assert [line for line in lines if line.startswith(("poison", "last"))] == [
        *("poison messages 3", "last sweep in time", "last purge never, late"),
        "poison messages 4",
    ]


def test_a_lock_that_nobody_holds_is_free() -> None:
    output = terminal()
    held = {
        "name": "sweep",
        "holder": "timer/1",
        "lease_until": "2026-05-04T12:01:00Z",
        "done_at": "2026-05-04T11:59:00Z",
    }
    show_locks({"items": [held, {"name": "purge", "holder": None}]}, output, now=NOW, as_json=False)
    assert [line.split() for line in text_of(output).splitlines()[1:]] == [
        ["sweep", "timer/1", "2026-05-04T12:01:00Z", "60", "s", "ago"],
        ["purge", "free", "never"],
    ]


def test_a_cause_has_its_number_its_age_an_example_and_what_helps() -> None:
    output = terminal()
    group = {"title": "Failed with empty_blob", "code": "empty_blob", "count": 1_200, "oldest_age_seconds": 7_200,
             "first_ids": ["a", "b"], "mend": "darkroom redrive --state FAILED --error empty_blob"}  # fmt: skip
    show_causes({"groups": [group], "complete": False, "as_of": STATS["as_of"]}, output, as_json=False)
    assert [" ".join(line.split()) for line in text_of(output).splitlines()[1:]] == [
        "1,200 2 h Failed with empty_blob",
        "such as a",
        "→ darkroom redrive --state FAILED --error empty_blob",
    ]
    assert notes_of(output).splitlines() == [
        "There are more jobs than were looked at.",
        "As of 2026-05-04T12:00:00Z: the service looks at all of them once a minute.",
    ]


def test_nothing_late_is_said_in_a_line() -> None:
    output = pipe()
    show_causes({"groups": [], "complete": True}, output, as_json=False)
    assert text_of(output) == "No job is late, and none has failed in the last 24 hours.\n"


def test_a_reason_stands_before_what_helps() -> None:
    output = terminal()
    show_reason({"why": "It failed: \x1b[2J.", "mend": "darkroom redrive t-1"}, output, as_json=False)
    assert text_of(output) == "It failed: \\x1b[2J.\n→ darkroom redrive t-1\n"


def test_an_action_has_who_when_how_many_and_what_came_of_it() -> None:
    output = terminal(200)
    result = {"done": 7, "refused": 2, "unknown": 0, "codes": {"ended": 2}}
    known = {"at": "2026-05-04T11:59:00.000Z", "who": "ann\u202e", "action": "redrive", "ids": 9, "result": result,
             "filter": {"state": "FAILED"}}  # fmt: skip
    show_actions([known, {**known, "result": None}], output, as_json=False)
    first, second = text_of(output).splitlines()[1:]
    assert first.split("  ")[0] == "2026-05-04T11:59:00Z"
    assert r"ann\u202e" in first
    assert "7 done, 2 refused (ended: 2)" in first
    assert "state: FAILED" in first
    assert "it was cut short, or still runs" in second
