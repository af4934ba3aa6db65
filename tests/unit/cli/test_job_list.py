"""Lists of jobs."""

import json
from datetime import UTC, datetime

from rich.cells import cell_len

from shared.cli.job_list import show
from shared.cli.output import Output
from tests.doubles.service import FakeService, answer
from tests.doubles.terminal import notes_of, pipe, terminal, text_of

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
ID = f"image-analysis-{7:032x}"


def _job(**members: object) -> dict[str, object]:
    return {"id": ID, "state": "PENDING", "ref": "images/cat.png", "created_at": "2026-05-04T11:00:00Z", **members}


def _show(output: Output, *jobs: dict[str, object], limit: int = 50, as_json: bool = False) -> str:
    service = FakeService({"GET /jobs": answer({"items": list(jobs), "cursor": None})})
    show(service, {}, output, limit=limit, as_json=as_json, now=NOW)
    return text_of(output)


def test_each_job_has_a_line_with_its_age() -> None:
    ended = _job(state="FAILED", ended_at="2026-05-04T11:59:00Z", error={"code": "empty_blob", "message": "It is."})
    assert [line.split() for line in _show(pipe(), _job(), ended).splitlines()] == [
        ["id", "state", "age", "error", "reference"],
        [ID, "PENDING", "60", "min", "images/cat.png"],
        [ID, "FAILED", "60", "s", "empty_blob", "images/cat.png"],
    ]


def test_without_errors_there_is_no_column_of_errors_and_a_reference_has_its_place() -> None:
    lines = _show(terminal(), _job(ref="images/" + "n" * 400)).splitlines()
    assert lines[1].split()[-1] == "images/nnnnnnnn…nnnnnnnnnnnnnnn"
    assert "error" not in lines[0]
    assert max(map(cell_len, lines)) <= 80


def test_a_hostile_reference_commands_nothing() -> None:
    shown = _show(terminal(120, is_colored=True), _job(ref="\x1b[2J\u202e[red]x"))
    assert r"\x1b[2J\u202e[red]x" in shown


def test_whoever_sees_a_part_of_a_list_is_told_so() -> None:
    output = pipe()
    assert len(_show(output, _job(), _job(), limit=1).splitlines()) == 2
    assert "set --limit above 1" in notes_of(output)
    output = pipe()
    assert len(_show(output, _job(), _job(), limit=1, as_json=True).splitlines()) == 1
    assert "set --limit above 1" in notes_of(output)


def test_an_empty_list_says_so_to_people_alone() -> None:
    output, program = pipe(), pipe()
    assert (_show(output), notes_of(output)) == ("", "No job matches.\n")
    assert (_show(program, as_json=True), notes_of(program)) == ("", "")


def test_a_program_gets_jobs_as_the_api_has_them() -> None:
    assert json.loads(_show(terminal(), _job(flags=["gps"]), as_json=True)) == _job(flags=["gps"])


def test_jobs_of_another_form_are_shown_as_far_as_they_go() -> None:
    assert _show(pipe(), {"id": 7, "state": None, "error": "x", "ref": ["a"]}).splitlines()[1].split() == ["7", "a"]
